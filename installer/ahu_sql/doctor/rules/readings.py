"""AHU611 to AHU622: readings that count nowhere, twice, or no more."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from psycopg import sql

from ahu_sql.console import counted
from ahu_sql.doctor.facts import Facts
from ahu_sql.doctor.findings import Finding
from ahu_sql.doctor.rules.raw_table import run_by
from ahu_sql.renderer import FIRST_INSTANT, LAST_INSTANT

NAIVE = "timestamp without time zone"
_REFRESH = "call ahu.refresh_dashboard_views();"
_DAY = timedelta(days=1)


def naive_times(facts: Facts) -> Iterator[Finding]:
    """AHU611: times that are no instants."""
    source, raw = facts.settings.source, facts.raw
    if facts.inspection.columns.get(source.time_column) != NAIVE:
        return
    column, zone = raw.quoted[source.time_column], sql.Literal(source.time_zone).as_string(None)
    new_type = f"timestamptz using {column} at time zone {zone}"
    partitioned = raw.root.kind == "p"
    yield Finding(
        "AHU611",
        raw.root.name,
        f"{column} of {raw.root.name} is a timestamp without time zone",
        "Which instant it means depends on who asks, and one hour of each autumn comes twice. "
        + (
            "A partitioned table cannot change what its partitions go by: make a new one, and "
            f"move the readings over with {column} at time zone {zone}."
            if partitioned
            else "The statement takes the times for local ones of the site and rewrites the "
            "table, which nobody can read or write meanwhile."
        ),
        ()
        if partitioned
        else (f"alter table {raw.root.name} alter column {column} type {new_type};",),
        run_by(raw),
    )


def uncounted(facts: Facts) -> Iterator[Finding]:
    """AHU612, AHU613, AHU614: readings without a time, without an AHU, of no time."""
    readings, table = facts.readings, facts.raw.root.name
    if readings is None:
        return
    source = facts.settings.source
    time, ahu = (facts.raw.quoted[name] for name in (source.time_column, source.ahu_column))
    cases = (
        ("AHU612", readings.timeless, "no time", f"{time} is null"),
        (
            "AHU614",
            readings.endless,
            "a time outside the calendar",
            f"{time} < '{FIRST_INSTANT}' or {time} >= '{LAST_INSTANT}'",
        ),
        ("AHU613", readings.nameless, "no AHU", _in_span(facts, f"{ahu} is null")),
    )
    for code, count, lack, condition in cases:
        if count:
            newest = f" of the newest {_days(facts)}" if code == "AHU613" else ""
            yield Finding(
                code,
                table,
                f"{counted(count, 'reading')}{newest} in {table} "
                f"{'has' if count == 1 else 'have'} {lack}",
                "They count in no view. Look at them first (select * in place of delete): what "
                "can be told of them is better added.",
                (f"delete from {table} where {condition};",),
                run_by(facts.raw),
            )


def duplicates(facts: Facts) -> Iterator[Finding]:
    """AHU615: the same reading more than once."""
    readings, table = facts.readings, facts.raw.root.name
    if readings is None or not readings.duplicates:
        return
    source, quoted = facts.settings.source, facts.raw.quoted
    names = (source.time_column, source.ahu_column, *([source.metric_column] * source.is_long))
    keys = ", ".join(quoted[name] for name in names)
    span = _in_span(facts, f"{quoted[source.ahu_column]} is not null")
    days = _days(facts)
    yield Finding(
        "AHU615",
        table,
        f"{counted(readings.duplicates, 'reading')} of the newest {days} in {table} "
        f"{'is' if readings.duplicates == 1 else 'are'} there more than once, the first of "
        f"{readings.example}",
        f"Each copy counts, so sums are too high. The statement keeps of each ({keys}) what was "
        "written last, by its place in the table. A unique index prevents more of them.",
        (
            f"delete from {table} as r using (select tableoid, ctid, row_number() over (partition "
            f"by {keys} order by ctid desc) as place from {table} where {span}) as d "
            "where r.tableoid = d.tableoid and r.ctid = d.ctid and d.place > 1;",
        ),
        run_by(facts.raw),
    )


def _days(facts: Facts) -> str:
    readings = facts.readings
    if readings is None or readings.from_time is None or readings.until_time is None:
        return "days"
    return counted((readings.until_time - readings.from_time).days, "day")


def _in_span(facts: Facts, condition: str) -> str:
    """The condition, for the readings that were looked through."""
    readings = facts.readings
    if readings is None or readings.from_time is None or readings.until_time is None:
        return condition
    time = facts.raw.quoted[facts.settings.source.time_column]
    return (
        f"{condition} and {time} >= '{readings.from_time.isoformat(' ')}' and {time} < "
        f"'{readings.until_time.isoformat(' ')}'"
    )


def retention_is_short(facts: Facts) -> Iterator[Finding]:
    """AHU621: readings will be dropped that no refresh has folded."""
    log, refresh, table = facts.log, facts.settings.refresh, facts.raw.root.name
    for policy in facts.retention if refresh.strategy == "incremental" else ():
        where = f"job {policy.job_id} drops readings of {table} after {_shown(policy.drop_after)}"
        if log and log.oldest_age and log.oldest_age > policy.drop_after:
            yield Finding(
                "AHU621",
                table,
                f"{where}, and changes of {log.oldest_day} still wait for a refresh",
                "What is dropped before it is folded is in no view, and cannot be folded later.",
                (_REFRESH,),
            )
        days = 1 if refresh.needs_triggers else refresh.lookback_days + 1
        wanted = days * _DAY + facts.stale_after
        if policy.drop_after < wanted:
            again = -(-wanted // _DAY)
            literal = sql.Literal(table).as_string(None)
            yield Finding(
                "AHU621",
                table,
                f"{where}; a refresh may come to them {_shown(wanted)} later",
                "A reading may wait as long as ahu.settings.stale_after, its day must be over, and "
                "lookback folds each day for lookback_days more. What is dropped before that is "
                "in no view.",
                (
                    f"select remove_retention_policy({literal});",
                    f"select add_retention_policy({literal}, interval '{again} days');",
                ),
                run_by(facts.raw),
            )


def retention_was_short(facts: Facts) -> Iterator[Finding]:
    """AHU622: readings were dropped that no refresh has folded."""
    days = facts.log.lost_days if facts.log else ()
    if days:
        yield Finding(
            "AHU622",
            facts.raw.root.name,
            f"{counted(len(days), 'day')} from {days[0]} on waited for a refresh and "
            f"{facts.raw.root.name} has no readings so old any more",
            "They were dropped before they were folded. The next refresh keeps what was folded "
            "before, and shows it in quarantine; let it run more often than retention.",
            (_REFRESH,),
        )


def _shown(span: timedelta) -> str:
    """As PostgreSQL writes an interval."""
    days, rest = span.days, span - span.days * _DAY
    parts = [counted(days, "day")] if days else []
    return " ".join([*parts, *([str(rest)] if rest or not days else [])])


RULES = (naive_times, uncounted, duplicates, retention_is_short, retention_was_short)
