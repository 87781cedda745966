"""The SQL of the others: what a site would have written by hand, and what no one can do without.

All of them sum up as the product does, to the digit and with the same nulls, so that each can be
held against it row by row.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from oracle import COSTS, KWH, RAW_TABLE

ZONE = "Asia/Seoul"
DAY = f"(timestamp at time zone '{ZONE}')::date"

PARTS = {name: inputs for name, inputs in COSTS.items() if name != "total_cost"}
MEASURES = PARTS | KWH
"""Inputs by measure, as the rollup has them; total_cost is worked out there."""

ROLLUP_COLUMNS = ("day", "ahu_id", "readings", "newest_reading", *MEASURES)
MONTH_COLUMNS = ("month", "ahu_id", "readings", *PARTS)

VIEWS = {
    "mv_daily_ahu_costs": ("day", "ahu_id", *COSTS),
    "mv_daily_ahu_kwh": ("day", "ahu_id", *KWH),
    "mv_monthly_ahu_costs": ("month", "ahu_id", *COSTS),
}
"""The columns of the three answers, by the names that the product gives them."""


def total(parts: Mapping[str, object]) -> str:
    """What is known of some summands, null where nothing is."""
    known = " + ".join(f"coalesce({part}, 0)" for part in parts)
    return f"case when num_nonnulls({', '.join(parts)}) > 0 then {known} end"


def sums(measures: Mapping[str, tuple[str, ...]]) -> str:
    """The select list that sums up these measures from raw."""
    return ", ".join(f"{_sum(inputs)} as {name}" for name, inputs in measures.items())


def _sum(inputs: tuple[str, ...]) -> str:
    of_columns = {f"sum({column})": None for column in inputs}
    return total(of_columns) if len(inputs) > 1 else next(iter(of_columns))


def daily_sums(measures: Mapping[str, tuple[str, ...]], where: str = "true") -> str:
    """One row per key from raw."""
    return (
        f"select {DAY} as day, ahu_id, {sums(measures)} from {RAW_TABLE} "
        f"where {where} group by 1, 2"
    )


def midnight(day: date) -> str:
    """The instant at which a day of the site begins."""
    return f"(timestamp '{day}' at time zone '{ZONE}')"


def within(first: date, last: date, ahu_id: str | None = None, column: str = "timestamp") -> str:
    """The condition on raw readings of some days, and perhaps of one AHU."""
    span = f"{column} >= {midnight(first)} and {column} < {midnight(last + timedelta(days=1))}"
    return span + (f" and ahu_id = '{ahu_id}'" if ahu_id else "")


def month_of(day: date) -> tuple[date, date]:
    """The first and the last day of its month."""
    first = day.replace(day=1)
    return first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def create_rollups(prefix: str = "") -> str:
    """Tables shaped like the rollups, indexes included."""
    return (
        f"create table bench.{prefix}daily (like _ahu.daily_rollup including all) "
        "with (fillfactor = 70); "
        f"create table bench.{prefix}monthly (like _ahu.monthly_rollup including all) "
        "with (fillfactor = 50)"
    )


def upsert_days(where: str) -> str:
    """The bare statement that sums up some readings and stores their keys."""
    others = ROLLUP_COLUMNS[2:]
    return (
        f"insert into bench.daily ({', '.join(ROLLUP_COLUMNS)}) "
        f"select {DAY}, ahu_id, count(*), max(timestamp), {sums(MEASURES)} from {RAW_TABLE} "
        f"where {where} group by 1, 2 "
        f"on conflict (day, ahu_id) do update set {_replaced(others)}"
    )


def upsert_months(where: str) -> str:
    """The bare statement that sums up some days and stores their months."""
    parts = ", ".join(f"sum({name})" for name in PARTS)
    return (
        f"insert into bench.monthly ({', '.join(MONTH_COLUMNS)}) "
        f"select date_trunc('month', day::timestamp)::date, ahu_id, sum(readings), {parts} "
        f"from bench.daily where {where} group by 1, 2 "
        f"on conflict (month, ahu_id) do update set {_replaced(MONTH_COLUMNS[2:])}"
    )


def add_to_days(where: str) -> str:
    """The bare statement that adds some readings, which are new, to what is stored."""
    return (
        f"insert into bench.added_daily as b ({', '.join(ROLLUP_COLUMNS)}) "
        f"select {DAY}, ahu_id, count(*), max(timestamp), {sums(MEASURES)} from {RAW_TABLE} "
        f"where {where} group by 1, 2 on conflict (day, ahu_id) do update set "
        f"newest_reading = greatest(b.newest_reading, excluded.newest_reading), {_added(MEASURES)}"
    )


def add_to_months(where: str) -> str:
    """The same for their months."""
    return (
        f"insert into bench.added_monthly as b ({', '.join(MONTH_COLUMNS)}) "
        f"select date_trunc('month', timestamp at time zone '{ZONE}')::date, ahu_id, count(*), "
        f"{sums(PARTS)} from {RAW_TABLE} where {where} group by 1, 2 "
        f"on conflict (month, ahu_id) do update set {_added(PARTS)}"
    )


def _added(measures: Mapping[str, object]) -> str:
    both = {name: total({f"b.{name}": None, f"excluded.{name}": None}) for name in measures}
    return "readings = b.readings + excluded.readings, " + ", ".join(
        f"{name} = {value}" for name, value in both.items()
    )


def _replaced(columns: tuple[str, ...]) -> str:
    return ", ".join(f"{name} = excluded.{name}" for name in columns)


def costs_of_days(where: str = "true") -> str:
    """The answer of mv_daily_ahu_costs, from raw."""
    return (
        f"select day, ahu_id, {', '.join(PARTS)}, {total(PARTS)} as total_cost "
        f"from ({daily_sums(PARTS, where)}) as s"
    )


def costs_of_months(where: str = "true") -> str:
    """The answer of mv_monthly_ahu_costs, from raw."""
    return (
        f"select month, ahu_id, {', '.join(PARTS)}, {total(PARTS)} as total_cost from ("
        f"select date_trunc('month', timestamp at time zone '{ZONE}')::date as month, ahu_id, "
        f"{sums(PARTS)} from {RAW_TABLE} where {where} group by 1, 2) as s"
    )


THREE_VIEWS = {
    "mv_daily_ahu_costs": costs_of_days(),
    "mv_daily_ahu_kwh": daily_sums(KWH),
    "mv_monthly_ahu_costs": costs_of_months(),
}
"""The queries of three materialized views over raw."""

CREATE_VIEWS = "; ".join(
    f"create materialized view bench.{name} as {query}; "
    f"create unique index on bench.{name} ({VIEWS[name][0]}, ahu_id)"
    for name, query in THREE_VIEWS.items()
)
REFRESH_VIEWS = "; ".join(
    f"refresh materialized view concurrently bench.{name}" for name in THREE_VIEWS
)


def maintained_views(table: str) -> dict[str, str]:
    """The three queries as pg_ivm takes them: no expression over an aggregate."""

    def query(unit: str, measures: Mapping[str, tuple[str, ...]]) -> str:
        added = [f"sum({_known(inputs)}) as {name}" for name, inputs in measures.items()]
        return f"select {unit}, ahu_id, {', '.join(added)} from {table} group by 1, 2"

    month = f"date_trunc('month', timestamp at time zone '{ZONE}')::date as month"
    return {
        "mv_daily_ahu_costs": query(f"{DAY} as day", COSTS),
        "mv_daily_ahu_kwh": query(f"{DAY} as day", KWH),
        "mv_monthly_ahu_costs": query(month, COSTS),
    }


def _known(inputs: tuple[str, ...]) -> str:
    return total(dict.fromkeys(inputs)) if len(inputs) > 1 else inputs[0]


def create_aggregates(table: str) -> tuple[str, str]:
    """Continuous aggregates of TimescaleDB over a hypertable: days, and months on top of them."""
    of_parts = ", ".join(f"sum({name}) as {name}" for name in PARTS)
    return (
        "create materialized view bench.by_day with (timescaledb.continuous) as "
        f"select time_bucket('1 day', timestamp, '{ZONE}') as bucket, ahu_id, {sums(MEASURES)} "
        f"from {table} group by 1, 2 with no data",
        "create materialized view bench.by_month with (timescaledb.continuous) as "
        f"select time_bucket('1 month', bucket, '{ZONE}') as bucket, ahu_id, {of_parts} "
        "from bench.by_day group by 1, 2 with no data",
    )


def refresh_aggregate(name: str, first: date, last: date) -> str:
    """Bring it up to date for some days; what has not changed there is left alone."""
    return (
        f"call refresh_continuous_aggregate('bench.{name}', "
        f"{midnight(first)}, {midnight(last + timedelta(days=1))})"
    )


def hashed(query: str) -> str:
    """How many rows a query has, and one number that is the same for the same rows."""
    return (
        "select count(*), coalesce(sum(hashtextextended(t::text, 0)::numeric), 0) "
        f"from ({query}) as t"
    )


def day_by_day() -> str:
    """Lay the daily rollup's rows as they come in over the years, in place of by a backfill."""
    columns = ", ".join(ROLLUP_COLUMNS)
    return f"""
        create temp table laid on commit drop as select {columns} from _ahu.daily_rollup;
        truncate _ahu.daily_rollup;
        insert into _ahu.daily_rollup ({columns}) select {columns} from laid order by day, ahu_id
    """


def lengthen(first: date, until: date) -> str:
    """Fill our rollups from a day until before another, with what each AHU has on that one.

    For what asks rollups alone: raw readings of these days there are none. Rows lie as a backfill
    leaves them.
    """
    days = ", ".join(ROLLUP_COLUMNS[1:])
    months = ", ".join(MONTH_COLUMNS)
    parts = ", ".join(f"sum({name})" for name in PARTS)
    return f"""
        insert into _ahu.daily_rollup (day, {days})
        select d.day::date, {days}
        from generate_series(date '{first}', date '{until}' - 1, interval '1 day') as d (day)
        cross join (select {days} from _ahu.daily_rollup where day = '{until}') as r
        order by date_bin('10 days', d.day::timestamp, timestamp '2000-01-01'), ahu_id, d.day;
        insert into _ahu.monthly_rollup ({months})
        select date_trunc('month', day::timestamp)::date, ahu_id, sum(readings), {parts}
        from _ahu.daily_rollup
        where day < date_trunc('month', timestamp '{until}')
        group by 1, 2
        order by 1, 2
        on conflict do nothing
    """
