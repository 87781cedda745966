"""The fuzzer's own tools: what would fail silently if it did not work."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, timedelta
from zoneinfo import ZoneInfo

import pytest

from fuzz.judge import judge
from fuzz.player import Player
from fuzz.sites import Site, site
from fuzz.statements import Statement
from fuzz.tables import KINDS
from fuzz.words import CONDITIONS, ROWS, Words
from fuzz.zones import CHANGES, changes, instants, local_day
from plant import RAW_TABLE
from servers.running import RunningServer

ZONE = "America/Havana"
ALL = Statement(f"update {RAW_TABLE} set sf_cost_krw = 5")
HAVE_ONE = (
    f"insert into {RAW_TABLE} (timestamp, ahu_id, sf_cost_krw) values ('{{}}+00', 'AHU01', 1)"
)


@pytest.fixture(scope="module")
def shared(server: RunningServer) -> Iterator[Site]:
    """One site for all tests."""
    with site(server, KINDS["keyed"]) as made:
        made.move_to(ZONE)
        made.count()
        yield made


@pytest.fixture
def keyed(shared: Site) -> Iterator[Site]:
    """The site, empty, and empty again afterwards."""
    yield shared
    for seat in shared.seats:
        seat.abandon()
    shared.wipe()
    assert shared.session.execute(f"select from {RAW_TABLE}").fetchall() == []
    assert shared.session.execute("select from fuzz.history").fetchall() == []


@pytest.fixture
def player(keyed: Site) -> Player:
    """A program that has one reading."""
    player = Player(keyed)
    player.run(keyed.seats[0], Statement(HAVE_ONE.format("1998-03-29 16:00")))
    return player


def refresh(player: Player) -> None:
    """By the first session."""
    call = "call ahu.refresh_dashboard_views()"
    player.call(player.site.seats[0], "fold", {"max_days": None}, call)


# the judge, on what is really stored

TAMPERING = (
    "update _ahu.daily_rollup set electricity_cost = electricity_cost + 0.01",
    "update _ahu.monthly_rollup set electricity_cost = 0",
    "update _ahu.daily_rollup set hcv_kwh = 0",
    "delete from _ahu.daily_rollup",
    "insert into _ahu.quarantine values ('1998-03-29', 'AHU01', 2, 1, 0)",
    "call ahu.mark_changed('1998-03-29', '1998-03-29')",
    "alter table ahu_data.energy_readings disable trigger ahu_note_inserted",
    "select pg_advisory_lock(1)",
)


@pytest.mark.needs_sessions
@pytest.mark.parametrize("tampering", TAMPERING)
def test_what_is_stored_wrongly_fails_the_program(player: Player, tampering: str) -> None:
    refresh(player)
    judge(player.site)
    with player.site.database.connect() as session:
        session.execute(tampering)
        player.look(player.site.seats[0])
        with pytest.raises(AssertionError, match="not as it must be"):
            judge(player.site)
        session.execute(f"alter table {RAW_TABLE} enable trigger ahu_note_inserted")


@pytest.mark.needs_sessions
def test_an_error_that_nobody_expects_fails_the_program(player: Player) -> None:
    with pytest.raises(AssertionError, match="error 42P01"):
        player.run(player.site.seats[0], Statement("table nowhere"))


# sessions


@pytest.mark.needs_sessions
def test_a_session_waits_for_another_and_goes_on(player: Player) -> None:
    first, second, third = player.site.seats
    player.control(first, "begin")
    player.run(first, ALL)
    assert player.run(second, ALL) is None and second.is_waiting
    outcome = player.run(third, ALL)
    assert outcome and outcome.code == "57014", "the second that waits is cancelled"
    assert player.run(second, ALL) is None, "it is passed over while it waits"
    player.end(first, "commit")
    assert not second.is_waiting and player.is_at_rest
    assert [entry.note for entry in player.script if entry.sql == ALL.sql][:2] == ["", "waits"]
    refresh(player)
    judge(player.site)


@pytest.mark.needs_sessions
def test_a_failed_transaction_is_undone_before_the_next_statement(player: Player) -> None:
    (first, *_) = player.site.seats
    twice = Statement(HAVE_ONE.format("1998-03-29 16:00"))
    player.control(first, "begin")
    player.savepoint(first)
    player.run(first, Statement(HAVE_ONE.format("1998-03-29 17:00")))
    outcome = player.run(first, twice)
    assert outcome and outcome.code == "23505" and first.is_aborted
    player.run(first, Statement(HAVE_ONE.format("1998-03-29 18:00")))
    player.finish()
    found = player.site.session.execute(f"select timestamp from {RAW_TABLE} order by 1").fetchall()
    assert [at.astimezone(UTC).hour for (at,) in found] == [16, 18]


# the words


def test_the_clock_is_changed_where_the_list_says() -> None:
    assert len(CHANGES) >= 12
    for zone in CHANGES:
        for change in changes(zone):
            offsets = {
                (change + away).astimezone(ZoneInfo(zone)).utcoffset()
                for away in (timedelta(minutes=-1), timedelta())
            }
            assert len(offsets) == 2 or zone == "UTC", f"{zone} {change}"


@pytest.mark.parametrize("zone", list(CHANGES))
def test_times_lie_on_both_sides_of_midnights_and_of_the_change(zone: str) -> None:
    for change in changes(zone):
        times = instants(zone, change)
        assert {change, change - timedelta(microseconds=1)} <= set(times)
        near = {local_day(zone, time) for time in times if abs(time - change).days < 3}
        assert len(near) >= 4 and len({local_day(zone, time) for time in times} - near) == 2


def test_every_number_is_a_word() -> None:
    words = Words(ZONE, changes(ZONE)[0], True, True)
    rows = {words.row(number) for number in range(0, ROWS, 977)}
    assert any("null" in row.time for row in rows) and any(row.ahu == "null" for row in rows)
    assert any("infinity" in row.time for row in rows) and any("NaN" in row.value for row in rows)
    conditions = [words.condition(number) for number in range(0, CONDITIONS, 977)]
    assert len({" ".join(text.split()[:2]) for text in conditions}) > 5
