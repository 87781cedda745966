"""Whether the views equal raw, asked month by month while everybody works, and the repair."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import groupby

from ahu_sql.backfill import Progress, Totals, refresh_pending
from ahu_sql.database import Connection
from ahu_sql.errors import AhuSqlError

PENDING = "pending"
QUARANTINED = "quarantined"
RAW_DROPPED = "raw dropped"
BYPASSED = "tracking bypassed"
REASONS = (PENDING, QUARANTINED, RAW_DROPPED, BYPASSED)

_BATCH_DAYS = 31
_WAIT_FOR = "5 minutes"


@dataclass(frozen=True)
class Difference:
    """A row of ahu.verify_dashboard_views: a key, or an AHU's month, that differs from raw."""

    unit: str
    day: date
    ahu_id: str
    reason: str
    stored_readings: int
    raw_readings: int
    measures: Sequence[str]


@dataclass(frozen=True)
class Span:
    """Days of one month, both included."""

    first_day: date
    last_day: date

    @property
    def days(self) -> int:
        """How many they are."""
        return (self.last_day - self.first_day).days + 1


def spans(from_day: date, until_day: date) -> tuple[Span, ...]:
    """The days from_day to until_day, cut where months end: none where they run backwards."""
    found = []
    first = from_day
    while first <= until_day:
        end_of_month = first.replace(day=monthrange(first.year, first.month)[1])
        found.append(Span(first, min(end_of_month, until_day)))
        if until_day <= end_of_month:
            break  # before the day after it, which the year 9999 may not have
        first = end_of_month + timedelta(days=1)
    return tuple(found)


def chosen_spans(
    connection: Connection, from_day: date | None, until_day: date | None
) -> tuple[Span, ...]:
    """What is to be verified: where None is given, all that raw and the rollups know."""
    if from_day is None or until_day is None:
        row = connection.execute(
            "select e.oldest_day, e.newest_day from _ahu.whole_extent() as e"
        ).fetchone()
        oldest, newest = row or (None, None)
        if oldest is None or newest is None:
            return ()
        return spans(from_day or oldest, until_day or newest)
    if until_day < from_day:
        raise AhuSqlError(
            "the last day lies before the first",
            detail=f"--from is {from_day}, --until is {until_day}.",
            hint="Name the first and the last day, both included: "
            "ahu-sql verify --from 2025-01-01 --until 2025-01-31",
        )
    return spans(from_day, until_day)


def require_verification(connection: Connection) -> None:
    """Raises AhuSqlError where what is installed is older than this."""
    row = connection.execute(
        """
        select
            pg_catalog.to_regprocedure('ahu.verify_dashboard_views(date, date)') is not null,
            (
                select
                    l.version
                from _ahu.ledger as l
                order by
                    l.applied_at desc
                limit 1
            )
        """
    ).fetchone()
    is_there, version = row or (False, None)
    if not is_there:
        raise AhuSqlError(
            "what is installed here cannot verify yet",
            detail="The function ahu.verify_dashboard_views is missing; the last install was by "
            f"ahu-sql {version or 'of an unknown version'}.",
            hint="Bring it up to date: ahu-sql install",
            exit_code=1,
        )


def require_primary(connection: Connection) -> None:
    """Raises AhuSqlError on a standby, which can be verified and not repaired."""
    row = connection.execute("select pg_catalog.pg_is_in_recovery()").fetchone()
    if row and row[0]:
        raise AhuSqlError(
            "the server is a standby and cannot be repaired",
            detail="It is in recovery and only replays what its primary writes.",
            hint="Connect to the primary for --repair, or leave --repair out to verify here.",
            exit_code=1,
        )


def verified(
    connection: Connection, wanted: Sequence[Span], progress: Progress
) -> Iterator[tuple[Span, list[Difference]]]:
    """What differs in each span. Each is a statement and a transaction of its own.

    So no snapshot is older than a span takes, and vacuum goes on; so does whoever wants to drop
    what was verified already.
    """
    total = sum(span.days for span in wanted)
    done = 0
    for span in wanted:
        progress(done, total)
        rows = connection.execute(
            "select v.unit, v.day, v.ahu_id, v.reason, v.stored_readings, v.raw_readings, "
            "v.measures from ahu.verify_dashboard_views(%s, %s) as v",
            (span.first_day, span.last_day),
        ).fetchall()
        yield span, [Difference(*row) for row in rows]
        done += span.days
    progress(done, total)


@dataclass
class Repair:
    """Puts right what it is shown, in bounded memory.

    trust_raw: where raw has fewer readings than the summary, raw is right too.
    spans: where something differed. keys: how many were marked; months: how many were summed up
    again. totals: of the refresh after that.
    """

    connection: Connection
    trust_raw: bool
    spans: list[Span] = field(default_factory=list)
    keys: int = 0
    months: int = 0
    totals: Totals = field(default_factory=Totals)
    _is_pending: bool = False

    @property
    def is_due(self) -> bool:
        """Whether a refresh has something to do."""
        return self._is_pending or self.keys > 0

    def take(self, span: Span, differences: Sequence[Difference]) -> None:
        """Marks the keys of one span, and sums up its month where that alone is wrong."""
        if not differences:
            return
        self.spans.append(span)
        self._is_pending |= any(each.reason == PENDING for each in differences)
        with self.connection.transaction():
            # What is pending may hide more: a refresh that only adds would leave that.
            self._mark(differences, [PENDING], trust_raw=False)
            self.keys += self._mark(differences, [BYPASSED], trust_raw=False)
            if self.trust_raw:
                self.keys += self._mark(differences, [RAW_DROPPED, QUARANTINED], trust_raw=True)
        self._sum_up(differences)

    def refresh(self, progress: Progress) -> None:
        """Folds what was marked, and whatever else is pending by now."""
        self.totals = refresh_pending(
            self.connection, wait_for=_WAIT_FOR, batch_days=_BATCH_DAYS, progress=progress
        )

    def _mark(
        self, differences: Sequence[Difference], reasons: Sequence[str], *, trust_raw: bool
    ) -> int:
        keys = [each for each in differences if each.unit == "day" and each.reason in reasons]
        for day, of_day in groupby(keys, key=lambda key: key.day):
            ahu_ids = [key.ahu_id for key in of_day]
            self.connection.execute(
                "call ahu.mark_changed(%s, %s, %s::text[], %s)", (day, day, ahu_ids, trust_raw)
            )
        return len(keys)

    def _sum_up(self, differences: Sequence[Difference]) -> None:
        wrong = [each for each in differences if each.unit == "month" and each.reason == BYPASSED]
        for month, of_month in groupby(wrong, key=lambda each: each.day):
            ahu_ids = [each.ahu_id for each in of_month]
            self.connection.execute("call _ahu.repair_month(%s, %s::text[])", (month, ahu_ids))
        self.months += len(wrong)
