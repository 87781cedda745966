"""What the three views must hold, worked out from the raw readings by other means than the product.

Two oracles, which share nothing with the product and next to nothing with each other: plain Python
(`assert_views_equal_raw`, every zone, up to some ten thousand readings) and SQL that sums column by
column between midnights worked out in Python (`assert_views_equal_raw_sql`, a million readings).
A reading without time or AHU belongs to no key.
"""

from __future__ import annotations

import decimal
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import psycopg

Key = tuple[date, str]
Values = tuple[Decimal | None, ...]
Sums = dict[str, Decimal]
"""Of each raw column that is known of a key."""

# the defaults of the product's settings, written down a second time on purpose
STEAM = ("hcv_steam_cost_krw", "ac_hcv_steam_cost_krw", "dh_hcv_steam_cost_krw")
COLD_WATER = ("ccv_cold_water_cost_krw", "ac_ccv_cold_water_cost_krw", "pc_ccv_cold_water_cost_krw")
ELECTRICITY = ("sf_cost_krw", "electricity_cost_krw")
COSTS: dict[str, tuple[str, ...]] = {
    "steam_cost": STEAM,
    "cold_water_cost": COLD_WATER,
    "electricity_cost": ELECTRICITY,
    "total_cost": STEAM + COLD_WATER + ELECTRICITY,
}
KWH: dict[str, tuple[str, ...]] = {
    "hcv_kwh": ("hcv_steam_kwh", "ac_hcv_steam_kwh"),
    "dh_hcv_kwh": ("dh_hcv_steam_kwh",),
    "ccv_kwh": ("ccv_cold_water_kwh", "ac_ccv_cold_water_kwh"),
    "pc_ccv_kwh": ("pc_ccv_cold_water_kwh",),
    "electricity_kwh": ("sf_electricity_kwh",),
}
INPUTS = tuple(dict.fromkeys(name for names in (*COSTS.values(), *KWH.values()) for name in names))

RAW_TABLE = "ahu_data.energy_readings"
SHOWN_DIFFERENCES = 10


@dataclass
class Views:
    """The contents of the three views: (day or first of the month, AHU) to the values in order."""

    mv_daily_ahu_costs: dict[Key, Values] = field(default_factory=dict)
    mv_daily_ahu_kwh: dict[Key, Values] = field(default_factory=dict)
    mv_monthly_ahu_costs: dict[Key, Values] = field(default_factory=dict)


# view, its time column, its measures
VIEWS: tuple[tuple[str, str, dict[str, tuple[str, ...]]], ...] = (
    ("mv_daily_ahu_costs", "day", COSTS),
    ("mv_daily_ahu_kwh", "day", KWH),
    ("mv_monthly_ahu_costs", "month", COSTS),
)


def expected_views(connection: psycopg.Connection[Any], zone: str, table: str = RAW_TABLE) -> Views:
    """All three views from every raw reading, in Python."""
    site = ZoneInfo(zone)
    days: dict[Key, Sums] = defaultdict(dict)
    months: dict[Key, Sums] = defaultdict(dict)
    names = ", ".join(INPUTS)
    with decimal.localcontext(
        decimal.Context(prec=500)
    ) as context:  # never rounds; 28 digits would
        context.traps[decimal.InvalidOperation] = False  # infinity - infinity is NaN, as in SQL
        for at, ahu, *values in connection.execute(
            f'select "timestamp", ahu_id, {names} from {table} '
            'where "timestamp" is not null and ahu_id is not null'
        ):
            _add(days[at.astimezone(site).date(), ahu], zip(INPUTS, values, strict=True))
        for (day, ahu), sums in days.items():
            _add(months[day.replace(day=1), ahu], sums.items())
        return Views(
            {key: _measured(sums, COSTS) for key, sums in days.items()},
            {key: _measured(sums, KWH) for key, sums in days.items()},
            {key: _measured(sums, COSTS) for key, sums in months.items()},
        )


def expected_views_sql(
    connection: psycopg.Connection[Any], zone: str, table: str = RAW_TABLE
) -> Views:
    """The same by SQL, fast on large tables.

    Not for zones whose clocks have gone back across midnight: there a day is not one interval.
    """
    days = _summed(connection, zone, table, "day", COSTS | KWH)
    return Views(
        {key: values[: len(COSTS)] for key, values in days.items()},
        {key: values[len(COSTS) :] for key, values in days.items()},
        _summed(connection, zone, table, "month", COSTS),
    )


def stored_views(connection: psycopg.Connection[Any]) -> Views:
    """What the views say."""
    stored = Views()
    for view, time, measures in VIEWS:
        contents = getattr(stored, view)
        for at, ahu, *values in connection.execute(
            f"select {time}, ahu_id, {', '.join(measures)} from ahu.{view}"
        ):
            assert (at, ahu) not in contents, f"{view} has ({at}, {ahu}) twice"
            contents[at, ahu] = tuple(values)
    return stored


def assert_views_equal_raw(
    connection: psycopg.Connection[Any], zone: str, table: str = RAW_TABLE
) -> None:
    """The views hold what the raw readings say: to the digit, and NULL is not 0."""
    _assert_equal(stored_views(connection), expected_views(connection, zone, table))


def assert_views_equal_raw_sql(
    connection: psycopg.Connection[Any], zone: str, table: str = RAW_TABLE
) -> None:
    """The same for large tables; see `expected_views_sql`."""
    _assert_equal(stored_views(connection), expected_views_sql(connection, zone, table))


def _add(sums: Sums, values: Iterable[tuple[str, Decimal | float | None]]) -> None:
    """Adds what is known of each raw column."""
    for name, value in values:
        if value is not None:
            sums[name] = sums.get(name, Decimal(0)) + Decimal(value)


def _measured(sums: Sums, measures: Mapping[str, tuple[str, ...]]) -> Values:
    """The sum of each measure's columns: null where nothing of them is known."""
    known = ([sums[name] for name in names if name in sums] for names in measures.values())
    return tuple(sum(values, Decimal(0)) if values else None for values in known)


def _summed(
    connection: psycopg.Connection[Any],
    zone: str,
    table: str,
    unit: str,
    measures: Mapping[str, tuple[str, ...]],
) -> dict[Key, Values]:
    """Sums of each raw column between two midnights, then of the columns of each measure."""
    first, last = connection.execute(
        f'select min("timestamp"), max("timestamp") from {table}'
    ).fetchone() or (None, None)
    if first is None or last is None:
        return {}
    starts = _starts(first, last, ZoneInfo(zone), unit)
    inputs = sorted({name for names in measures.values() for name in names})
    pairs = [(measure, name) for measure, names in measures.items() for name in names]
    contents: dict[Key, dict[str, Decimal | None]] = defaultdict(dict)
    for at, ahu, measure, total in connection.execute(
        f"""
        with slots as (
            select
                width_bucket("timestamp", %(midnights)s::timestamptz[]) as slot,
                ahu_id,
                {", ".join(f"sum({name}) as {name}" for name in inputs)}
            from {table}
            where "timestamp" is not null and ahu_id is not null
            group by 1, 2
        )
        select
            (%(days)s::date[])[slots.slot],
            slots.ahu_id,
            pair.measure,
            sum((to_jsonb(slots) ->> pair.input)::numeric)
        from slots
        cross join unnest(%(measures)s::text[], %(inputs)s::text[]) as pair (measure, input)
        group by 1, 2, 3
        """,
        {
            "midnights": [midnight for _, midnight in starts],
            "days": [day for day, _ in starts],
            "measures": [measure for measure, _ in pairs],
            "inputs": [name for _, name in pairs],
        },
    ):
        contents[at, ahu][measure] = total
    return {key: tuple(sums[measure] for measure in measures) for key, sums in contents.items()}


def _starts(
    first: datetime, last: datetime, zone: ZoneInfo, unit: str
) -> list[tuple[date, datetime]]:
    """Each day (or first of a month) of the span with the instant at which it begins."""
    day, end = first.astimezone(zone).date(), last.astimezone(zone).date()
    starts = []
    while day <= end:
        if unit == "day" or day.day == 1 or not starts:
            named = day if unit == "day" else day.replace(day=1)
            midnight = datetime(named.year, named.month, named.day, tzinfo=zone)
            starts.append((named, midnight.astimezone(UTC)))
        day += timedelta(days=1)
    return starts


def _assert_equal(stored: Views, expected: Views) -> None:
    differences = [
        line
        for view, _, measures in VIEWS
        for line in _differences(view, getattr(stored, view), getattr(expected, view), measures)
    ]
    if differences:
        more = len(differences) - SHOWN_DIFFERENCES
        shown = differences[:SHOWN_DIFFERENCES] + ([f"and {more} more"] if more > 0 else [])
        raise AssertionError("the views differ from raw\n" + "\n".join(shown))


def _differences(
    view: str,
    stored: Mapping[Key, Values],
    expected: Mapping[Key, Values],
    measures: Iterable[str],
) -> list[str]:
    lines = []
    for at, ahu in sorted(stored.keys() | expected.keys()):
        place = f"{view} ({at}, {ahu})"
        ours, raws = stored.get((at, ahu)), expected.get((at, ahu))
        if ours is None:
            lines.append(f"{place}: missing, raw says {_plain(raws or ())}")
        elif raws is None:
            lines.append(f"{place}: view says {_plain(ours)}, raw has no reading")
        else:
            lines += [
                f"{place} {measure}: view {_text(our)}, raw {_text(raw)}"
                for measure, our, raw in zip(measures, ours, raws, strict=True)
                if not _same(our, raw)
            ]
    return lines


def _same(one: Decimal | None, other: Decimal | None) -> bool:
    if one is None or other is None:
        return one is other
    return one == other or (one.is_nan() and other.is_nan())


def _text(value: Decimal | None) -> str:
    return "NULL" if value is None else str(value)


def _plain(values: Values) -> str:
    return f"({', '.join(_text(value) for value in values)})"
