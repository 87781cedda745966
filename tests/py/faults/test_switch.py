"""A switch of the strategy that is struck leaves the old one in force, or the new one."""

from __future__ import annotations

import pytest

from databases import Database
from faults.aims import Aim, cases
from faults.bystander import Bystander
from faults.matrix import Matrix, assert_views_equal_raw, strike_all
from faults.sites import ahu_sql, file_names, installed
from in_force import LOOKBACK, NATIVE, ZONE, our_triggers
from refreshing import refresh

TRIGGERS = "refresh.tracking=triggers"
EXPECTED = {
    TRIGGERS: ("incremental", "triggers", 4),
    LOOKBACK: ("incremental", "lookback", 0),
    NATIVE: ("native", "triggers", 0),
}


@pytest.mark.parametrize("other", [NATIVE, LOOKBACK], ids=["native", "lookback"])
def test_a_switch_is_struck(site: Database, subtests: pytest.Subtests, other: str) -> None:
    """There and back; before its files and statements, in its commit, in the refresh after it."""
    installed(site, TRIGGERS)
    # what every strategy shows, with or without a log of what was deleted
    bystander = Bystander(site, from_time="2024-02-03 12:00+09", days=7, takes_back=False)
    there, back = switch(bystander, TRIGGERS, other), switch(bystander, other, TRIGGERS)
    turn = 2 * (other == LOOKBACK)
    strike_all(subtests, (there, aims(there, turn)), (back, aims(back, turn + 1)))


def aims(matrix: Matrix, turn: int) -> list[Aim]:
    """The cases of one direction; the site is where it leads then."""
    return cases(matrix.points(), everywhere=2, elsewhere=5, turn=turn)


def switch(bystander: Bystander, one: str, other: str) -> Matrix:
    """From one way of keeping the views up to date to another."""
    database = bystander.database
    return Matrix(
        database,
        lambda watch: ahu_sql(database, watch, "install", "--set", other),
        lambda: assert_in_force(database, other),
        lambda: start_from(database, one),
        lambda: assert_lives_on(database, one),
        names=file_names(other),
        sows_before="call _ahu.mark_backfill",
        bystander=bystander,
    )


def start_from(database: Database, setting: str) -> None:
    """The case before has left it so, unless it was of the same direction."""
    if way(database) != EXPECTED[setting]:
        installed(database, setting)


def assert_in_force(database: Database, setting: str) -> None:
    """And the views equal raw."""
    assert way(database) == EXPECTED[setting]
    assert_views_equal_raw(database, ZONE)


def assert_lives_on(database: Database, setting: str) -> None:
    """The old strategy serves as before; the new one, once committed, goes on as far as it was."""
    assert way(database) in EXPECTED.values()
    if way(database) == EXPECTED[setting]:
        assert_views_equal_raw(database, ZONE)
    else:
        assert refresh(database).outcome != "skipped"


def way(database: Database) -> tuple[str, str, int]:
    """What is in force, and how many triggers keep it up to date."""
    ((strategy, tracking),) = database.rows("select strategy, tracking from _ahu.source")
    return strategy, tracking, len(our_triggers(database))
