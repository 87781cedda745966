"""AHU631 to AHU633: the log of pending changes and autovacuum."""

from __future__ import annotations

from collections.abc import Iterator

from ahu_sql.console import counted
from ahu_sql.doctor.facts import Facts
from ahu_sql.doctor.findings import Finding

LOG = "_ahu.pending_changes"
MANY_DEAD_ROWS = 10_000
"""Ten times what autovacuum comes for: see sql/30_tables/pending_changes.sql."""

_WHY = (
    "Each refresh and each look at ahu.freshness reads past what earlier ones have deleted, and "
    "takes longer each time."
)


def not_vacuumed(facts: Facts) -> Iterator[Finding]:
    """AHU631: nobody vacuums the log."""
    if facts.log is None:
        return
    if not facts.is_autovacuum_on:
        yield Finding(
            "AHU631",
            LOG,
            "autovacuum is off in the whole server, or counts nothing",
            f"{_WHY} So does every other table that changes.",
            (
                "alter system set autovacuum = on;",
                "alter system set track_counts = on;",
                "select pg_reload_conf();",
            ),
            None if facts.inspection.is_superuser else "a superuser",
        )
    if not facts.log.is_vacuumed:
        yield Finding(
            "AHU631",
            LOG,
            f"autovacuum is switched off for {LOG}",
            _WHY,
            (f"alter table {LOG} reset (autovacuum_enabled);",),
        )


def dead_rows(facts: Facts) -> Iterator[Finding]:
    """AHU632, AHU633: dead rows that somebody keeps, or that nobody has come for."""
    log = facts.log
    if log is None or log.dead_rows is None or log.dead_rows < MANY_DEAD_ROWS:
        return
    dead = f"{LOG} has {counted(log.dead_rows, 'dead row')}"
    for holder in log.holders:
        yield Finding(
            "AHU632",
            LOG,
            f"{dead} that cannot be vacuumed: {holder.what}",
            f"{_WHY} What a transaction may still see is kept for it, in all tables.",
            (holder.statement,),
        )
    if not log.holders:
        yield Finding("AHU633", LOG, f"{dead}, and was not vacuumed", _WHY, (f"vacuum {LOG};",))


RULES = (not_vacuumed, dead_rows)
