"""Who brings three answers up to date after a change, each in its own way.

`prepare` builds what the contender needs in the plant's database; `refresh` answers with the
server's time; `answers` are the queries whose rows must be those of all others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from bench.clock import Session
from bench.sites import Change
from bench.sql import (
    CREATE_VIEWS,
    MONTH_COLUMNS,
    PARTS,
    REFRESH_VIEWS,
    ROLLUP_COLUMNS,
    VIEWS,
    ZONE,
    add_to_days,
    add_to_months,
    create_aggregates,
    create_rollups,
    month_of,
    refresh_aggregate,
    total,
    upsert_days,
    upsert_months,
    within,
)
from plant import RAW_TABLE

OURS = "ahu-sql"
BARE = "bare upsert"
ADDED = "bare addition"
THREE_VIEWS = "three materialized views"
NATIVE = "strategy native"
AGGREGATES = "continuous aggregates"
MAINTAINED = "pg_ivm"

REFRESH = "call ahu.refresh_dashboard_views()"


class Contender(Protocol):
    """One of them, on one plant."""

    @property
    def name(self) -> str:
        """As it stands in tables."""

    @property
    def follows_history(self) -> bool:
        """Whether its refresh goes through all of history: then it is asked less often."""

    @property
    def session(self) -> Session:
        """In the database where its answers are."""

    def prepare(self) -> None:
        """Build what it needs, and fill it."""

    def refresh(self, change: Change) -> float:
        """Bring its answers up to date; how long that took, in ms of the server's time."""

    @property
    def answers(self) -> Mapping[str, str]:
        """A query by view."""


@dataclass(frozen=True)
class Ours:
    """The product; name: which of its strategies is installed."""

    session: Session
    name: str = OURS
    follows_history: bool = False

    def prepare(self) -> None:
        """It was installed with the plant."""

    def refresh(self, change: Change) -> float:
        """It knows what has changed."""
        return self.session.ms(REFRESH)

    @property
    def answers(self) -> Mapping[str, str]:
        """Its views."""
        return {name: _columns_of(name, f"ahu.{name}") for name in VIEWS}


@dataclass(frozen=True)
class Bare:
    """The limit: the unavoidable work and nothing else, by who knows what has changed.

    The changed keys are summed up from raw and stored, then their months from the days; no log, no
    lock, no evidence, no record.
    """

    session: Session
    name: str = BARE
    follows_history: bool = False

    def prepare(self) -> None:
        """Its own rollups, filled by its own statements."""
        self.session.execute(create_rollups())
        self.session.execute(f"{upsert_days('true')}; {upsert_months('true')}")
        self.session.execute("analyze bench.daily; analyze bench.monthly")

    def refresh(self, change: Change) -> float:
        """Two statements in one transaction."""
        of_days = within(change.day, change.day, change.ahu_id)
        first, last = month_of(change.day)
        of_months = f"day between '{first}' and '{last}'"
        if change.ahu_id:
            of_months += f" and ahu_id = '{change.ahu_id}'"
        return self.session.ms(f"{upsert_days(of_days)}; {upsert_months(of_months)}")

    @property
    def answers(self) -> Mapping[str, str]:
        """From its rollups."""
        return _of_rollups("")


@dataclass(frozen=True)
class Added:
    """The least that anybody could do, where readings are new: add them to what is stored.

    It reads nothing else from raw; a reading that is corrected or deleted it would not see.
    """

    session: Session
    name: str = ADDED
    follows_history: bool = False

    def prepare(self) -> None:
        """Rollups of its own, like ours."""
        self.session.execute(create_rollups("added_"))
        for table, columns in (("daily", ROLLUP_COLUMNS), ("monthly", MONTH_COLUMNS)):
            names = ", ".join(columns)
            self.session.execute(
                f"insert into bench.added_{table} ({names}) select {names} from _ahu.{table}_rollup"
            )

    def refresh(self, change: Change) -> float:
        """Two statements in one transaction."""
        return self.session.ms(f"{add_to_days(change.these)}; {add_to_months(change.these)}")

    @property
    def answers(self) -> Mapping[str, str]:
        """From its rollups."""
        return _of_rollups("added_")


@dataclass(frozen=True)
class ThreeViews:
    """What the site would have done: materialized views over raw, refreshed CONCURRENTLY."""

    session: Session
    name: str = THREE_VIEWS
    follows_history: bool = True

    def prepare(self) -> None:
        """Filled as they are created, each with a unique index."""
        self.session.execute(CREATE_VIEWS)

    def refresh(self, change: Change) -> float:
        """All three, whatever has changed."""
        return self.session.ms(REFRESH_VIEWS)

    @property
    def answers(self) -> Mapping[str, str]:
        """The views."""
        return {name: _columns_of(name, f"bench.{name}") for name in VIEWS}


@dataclass(frozen=True)
class Aggregates:
    """TimescaleDB's continuous aggregates: days in the site's zone, months on top of them."""

    session: Session
    name: str = AGGREGATES
    follows_history: bool = False

    def prepare(self) -> None:
        """Filled by their own refresh."""
        for statement in create_aggregates(RAW_TABLE):
            self.session.execute(statement)
        for name in ("by_day", "by_month"):
            self.session.execute(f"call refresh_continuous_aggregate('bench.{name}', null, null)")

    def refresh(self, change: Change) -> float:
        """The day, then its month: told which, they need not look for what has changed."""
        days = refresh_aggregate("by_day", change.day, change.day)
        months = refresh_aggregate("by_month", *month_of(change.day))
        return self.session.ms(days) + self.session.ms(months)

    @property
    def answers(self) -> Mapping[str, str]:
        """Their buckets are instants, and the total is worked out when it is asked for."""
        date = f"(bucket at time zone '{ZONE}')::date as"
        parts = f"{', '.join(PARTS)}, {total(PARTS)} as total_cost"
        kwh = ", ".join(VIEWS["mv_daily_ahu_kwh"][2:])
        return {
            "mv_daily_ahu_costs": f"select {date} day, ahu_id, {parts} from bench.by_day",
            "mv_daily_ahu_kwh": f"select {date} day, ahu_id, {kwh} from bench.by_day",
            "mv_monthly_ahu_costs": f"select {date} month, ahu_id, {parts} from bench.by_month",
        }


def _of_rollups(prefix: str) -> dict[str, str]:
    return {
        name: _columns_of(name, f"bench.{prefix}{'daily' if columns[0] == 'day' else 'monthly'}")
        for name, columns in VIEWS.items()
    }


def _columns_of(view: str, relation: str) -> str:
    return f"select {', '.join(VIEWS[view])} from {relation}"
