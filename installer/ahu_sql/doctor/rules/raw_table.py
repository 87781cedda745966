"""AHU601 to AHU605: indexes, statistics and triggers of the raw table."""

from __future__ import annotations

from collections.abc import Iterator

from ahu_sql.console import counted
from ahu_sql.doctor.facts import Facts, RawTable
from ahu_sql.doctor.findings import Finding
from ahu_sql.doctor.indexes import Gap, Need, gap, is_building, leftovers, needs, plan

_FEW_STATEMENTS = 8
"""More of them nobody pastes."""

_FIX = "ahu-sql doctor --fix"
_WORTH_STATISTICS = 512 * 1024
"""Bytes; below that any plan is as good as another."""

_WHY = {
    "AHU601": "Every refresh reads the whole table for the few days that changed",
    "AHU602": "ahu.readings and a fold of single AHUs read every AHU's readings of the days",
}


def run_by(raw: RawTable) -> str | None:
    """Who must change the raw table, where the connected role cannot."""
    return None if raw.may_change else f"role {raw.owner}, who owns it, or a superuser"


def site_needs(facts: Facts) -> tuple[Need, ...]:
    """The indexes that are asked for; none where the table lacks their columns."""
    source, columns = facts.settings.source, facts.inspection.columns
    return tuple(
        need
        for need in needs(source, columns.get(source.ahu_column, ""))
        if all(column in columns for column in need.columns)
    )


def missing_indexes(facts: Facts) -> Iterator[Finding]:
    """AHU601, AHU602: no index that serves."""
    for need in site_needs(facts):
        found = gap(facts.raw, need)
        if not found.is_there:
            continue
        columns = ", ".join(facts.raw.quoted[column] for column in need.columns)
        building = " yet: somebody is building it" if is_building(facts.raw, need) else ""
        yield Finding(
            need.code,
            facts.raw.root.name,
            f"{facts.raw.root.name} has no index on ({columns}){_where(facts.raw, found)}"
            + building,
            f"{_WHY[need.code]}.",
            _statements(facts.raw, need) or ("select * from pg_stat_progress_create_index;",),
            run_by(facts.raw),
            is_fixable=not building,
        )


def _where(raw: RawTable, found: Gap) -> str:
    """Where in the table it is missing."""
    part = "chunk" if raw.is_hypertable else "partition"
    if found.all_leaves == 1 and not found.parents:
        return ""
    if not found.leaves:
        return f" of its own: its {part}s have one, and the next {part} will have none"
    if len(found.leaves) == found.all_leaves:
        return ""
    return f" in {len(found.leaves):,} of its {counted(found.all_leaves, part)}"


def _statements(raw: RawTable, need: Need) -> tuple[str, ...]:
    # What is left of an earlier build is a finding of its own, with its own statement.
    statements = tuple(
        step.statement for step in plan(raw, need) if not step.statement.startswith("drop ")
    )
    return statements if len(statements) <= _FEW_STATEMENTS else (_FIX,)


def invalid_indexes(facts: Facts) -> Iterator[Finding]:
    """AHU603: an index that writers keep and no query may use."""
    names = {relation.oid: relation for relation in facts.raw.relations}
    ours = {index.oid for need in site_needs(facts) for index in leftovers(facts.raw, need)}
    for index in facts.raw.indexes:
        table = names[index.table]
        # A partitioned index is completed rather than dropped, which is said of the gap.
        if index.is_valid or index.is_building or table.kind == "p":
            continue
        on_hypertable = facts.raw.is_hypertable and table.parent is None
        is_left = index.oid in ours or not index.is_unique or "_cc" in index.name
        if is_left:
            drop = "drop index" if on_hypertable else "drop index concurrently"
            statement = f"{drop} {index.name};"
        else:
            statement = f"reindex index concurrently {index.name};"
        yield Finding(
            "AHU603",
            index.name,
            f"index {index.name} of {table.name} is invalid",
            "A build of it was interrupted or failed: every writer keeps it up to date, and no "
            "query may use it.",
            (statement,),
            run_by(facts.raw),
            is_fixable=index.oid in ours,
        )


def no_statistics(facts: Facts) -> Iterator[Finding]:
    """AHU604: the planner knows nothing of the raw table."""
    raw, readings = facts.raw, facts.readings
    if raw.has_statistics is False and readings and readings.size >= _WORTH_STATISTICS:
        by_itself = raw.root.kind == "p"
        yield Finding(
            "AHU604",
            raw.root.name,
            f"no statistics were ever collected of {raw.root.name}",
            "The planner guesses how many readings a span of time has, and may read the whole "
            "table for one day."
            + (" Autovacuum does it for partitions, never for the whole." if by_itself else ""),
            (f"analyze {raw.root.name};",),
            run_by(raw),
        )


def missing_triggers(facts: Facts) -> Iterator[Finding]:
    """AHU605: changes of the raw table that nobody logs."""
    for name in facts.missing_triggers:
        yield Finding(
            "AHU605",
            facts.raw.root.name,
            f"trigger {name} of {facts.raw.root.name} is missing or disabled",
            "What is changed meanwhile gets into no view: install puts the trigger back and folds "
            "everything anew.",
            ("ahu-sql install",),
        )


RULES = (missing_indexes, invalid_indexes, no_statistics, missing_triggers)
