"""A refresh that is struck, wherever: nothing of it is left, and the next one does it all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import psycopg
import pytest

from databases import Database
from faults.aims import cases
from faults.bystander import Bystander
from faults.matrix import Matrix, assert_views_equal_raw, strike_all
from faults.sites import installed
from faults.watch import Watch, Watched
from in_force import LOOKBACK, NATIVE, ZONE, delete_silently
from plant import RAW_TABLE

CALL = "call ahu.refresh_dashboard_views()"


@dataclass
class Caller:
    """An ETL's session, which lives on after a failed call as behind a transaction pool."""

    database: Database
    _session: Watched | None = field(default=None, repr=False)

    def call(self, watch: Watch) -> bool:
        """Whether the refresh ended well."""
        if self._session is None or self._session.closed:
            dsn = self.database.server.dsn(self.database.name, "ahu_write")
            self._session = watch.connect(dsn, autocommit=True)
        else:
            watch.follow(self._session)
        try:
            self._session.execute(CALL)
        except psycopg.Error:
            return False
        return True


def changes(database: Database) -> Callable[[], None]:
    """What each case has to fold: keys that come, change, go, and lose readings without a trace."""
    numbers = iter(range(1, 10**6))

    def work() -> None:
        number = next(numbers)
        # a key that is stored and will go; one that will have fewer readings than are stored
        database.execute(
            f"insert into {RAW_TABLE} (timestamp, ahu_id) values "
            "('2024-01-07 12:00+09', 'AHU90'), ('2024-01-09 12:00+09', 'AHU91'), "
            f"('2024-01-09 13:00+09', 'AHU91'); {CALL}"
        )
        delete_silently(database, "ahu_id = 'AHU91'")
        database.execute(
            f"delete from {RAW_TABLE} where ahu_id = 'AHU90'; "
            f"update {RAW_TABLE} set sf_cost_krw = {number} where ahu_id = 'AHU02'; "
            f"insert into {RAW_TABLE} (timestamp, ahu_id, sf_cost_krw) "
            f"values ('2024-02-05 12:00+09', 'AHU{100 + number}', 1)"
        )
        # late readings of the second key
        database.execute(
            f"insert into {RAW_TABLE} (timestamp, ahu_id) values ('2024-01-09 14:00+09', 'AHU91')"
        )

    return work


def assert_done(database: Database) -> None:
    """The key that has lost readings waits for a verdict; with it, the views equal raw."""
    assert database.rows("select day::text, ahu_id from _ahu.quarantine") == [
        ("2024-01-09", "AHU91")
    ]
    database.execute(f"delete from {RAW_TABLE} where ahu_id = 'AHU91'")
    database.execute("call ahu.mark_changed('2024-01-09', '2024-01-09', trust_raw => true)")
    assert_views_equal_raw(database, ZONE)


def test_a_refresh_is_struck_at_every_statement(site: Database, subtests: pytest.Subtests) -> None:
    """And at the first, the middle and the last of the rows that a statement writes."""
    installed(site)
    matrix = Matrix(
        site, Caller(site).call, lambda: assert_done(site), changes(site), bystander=Bystander(site)
    )
    points = matrix.points()
    assert {f"fold_days:{place}" for place in ("4", "end")} < set(points)
    assert {
        f"{when} {what}"
        for when in ("before", "after")
        for what in (
            "delete on pending_changes",
            "insert on daily_rollup",
            "update on daily_rollup",
            "delete on daily_rollup",
            "update on monthly_rollup",
            "insert on quarantine",
            "insert on refresh_run",
        )
    } < set(points)
    strike_all(subtests, (matrix, cases(points, everywhere=10, elsewhere=36)))


def test_a_refresh_under_lookback_is_struck_where_it_marks(
    site: Database, subtests: pytest.Subtests
) -> None:
    installed(site, LOOKBACK)
    matrix = Matrix(
        site,
        Caller(site).call,
        lambda: assert_views_equal_raw(site, ZONE),
        lambda: add_readings(site),
        bystander=Bystander(site, from_time="2024-02-03 12:00+09", days=7, takes_back=False),
    )
    points = [
        point
        for point in matrix.points()
        if "lookback" in point or point.endswith("insert on pending_changes")
    ]
    assert len(set(points)) >= 5
    strike_all(subtests, (matrix, cases(points, everywhere=2, elsewhere=3, turn=1)))


def test_a_refresh_of_native_views_is_struck_at_every_statement(
    site: Database, subtests: pytest.Subtests
) -> None:
    installed(site, NATIVE)
    matrix = Matrix(
        site,
        Caller(site).call,
        lambda: assert_views_equal_raw(site, ZONE),
        lambda: add_readings(site),
        bystander=Bystander(site),
    )
    points = [point for point in matrix.points() if not point.startswith("refresh_dashboard")]
    assert len(set(points)) > 10
    strike_all(subtests, (matrix, cases(points, everywhere=3, elsewhere=6, turn=2)))


def add_readings(database: Database) -> None:
    """Of the last days."""
    database.execute(
        f"insert into {RAW_TABLE} (timestamp, ahu_id, sf_cost_krw) select "
        "'2024-02-05 11:00+09'::timestamptz + n * interval '1 day', 'AHU77', random() "
        "from generate_series(0, 4) as n"
    )
