"""The backfill after an install, and every other refresh from the command line: bounded batches."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ahu_sql.database import Connection
from ahu_sql.errors import AhuSqlError

Progress = Callable[[int, int], None]
"""Told how many days are done, of how many."""


@dataclass(frozen=True)
class Totals:
    """What some refreshes did together: days, keys and raw readings, and keys in quarantine."""

    days: int = 0
    keys: int = 0
    readings: int = 0
    quarantined: int = 0
    skipped: bool = False

    def plus(self, other: Totals) -> Totals:
        """The totals of both."""
        return Totals(
            self.days + other.days,
            self.keys + other.keys,
            self.readings + other.readings,
            self.quarantined + other.quarantined,
            self.skipped or other.skipped,
        )


def backfill(connection: Connection, *, batch_days: int, progress: Progress) -> Totals:
    """Folds what was in the raw table before us, newest days first, each batch a transaction.

    Interrupted, it goes on where it was when it is called again; when done, it does nothing.
    """
    connection.execute("call _ahu.mark_backfill()")
    totals = Totals()
    total = left = _backfill_days(connection)
    while left > 0:
        progress(total - left, total)
        totals = totals.plus(_refresh_once(connection, "1 day", batch_days)[0])
        left = _backfill_days(connection)
    if total:
        progress(total, total)
    return totals


def refresh_pending(
    connection: Connection, *, wait_for: str, batch_days: int, progress: Progress
) -> Totals:
    """Folds the days that are pending now, in batches, each a transaction.

    wait_for: an interval, how long to wait for another refresh; 0: give up at once and say so.
    """
    totals, total = _refresh_once(connection, wait_for, batch_days)
    # What has waited for longest is folded first: after as many days as were pending at the start,
    # just those are done, whatever writers have added meanwhile.
    while totals.days < total and not totals.skipped:
        progress(totals.days, total)
        batch, _ = _refresh_once(connection, wait_for, batch_days)
        if batch.days == 0 and not batch.skipped:
            break
        totals = totals.plus(batch)
    if not totals.skipped:
        progress(total, total)
    return totals


def _refresh_once(connection: Connection, wait_for: str, batch_days: int) -> tuple[Totals, int]:
    """What one call did, and how many days were pending when it came to work."""
    row = connection.execute(
        "call ahu.refresh_dashboard_views(wait_for => %s::interval, max_days => %s)",
        (wait_for, batch_days),
    ).fetchone()
    if row is None:
        raise AhuSqlError(
            "the refresh gave no answer",
            detail="ahu.refresh_dashboard_views is not the procedure that ahu-sql installs.",
            hint="Put it right: ahu-sql install",
            exit_code=1,
        )
    outcome, days, keys, readings, quarantined, days_pending = row
    totals = Totals(days, keys, readings, quarantined, skipped=outcome == "skipped")
    return totals, days + days_pending


def _backfill_days(connection: Connection) -> int:
    row = connection.execute(
        """
        select
            count(distinct p.day)
        from _ahu.pending_changes as p
        cross join _ahu.source as s
        where p.reason = 'backfill'
            and s.strategy = 'incremental'
        """
    ).fetchone()
    return int(row[0]) if row else 0
