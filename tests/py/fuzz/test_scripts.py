"""What is printed of a program that fails is SQL that a person can run."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import oracle
from databases import Database, fresh_database
from fuzz import statements as sql
from fuzz.player import Player
from fuzz.scripts import script
from fuzz.seats import Seat
from fuzz.sites import site
from fuzz.statements import Statement
from fuzz.tables import KINDS
from fuzz.words import Words
from fuzz.zones import changes
from servers.running import RunningServer

ZONE = "Pacific/Apia"


def play(player: Player, seat: Seat) -> None:
    """A program of one session that has a bit of everything."""
    words = Words(ZONE, changes(ZONE)[0], True, True)
    player.run(seat, sql.insert(words, [0, 65, 40_000, 90_001], 0))
    player.control(seat, "begin isolation level repeatable read")
    player.run(seat, sql.copy(words, [3, 64 * 9 + 8, 77_777]))
    player.savepoint(seat)
    player.run(seat, sql.delete(words, 0))
    player.back_to_savepoint(seat, 0)
    player.run(seat, Statement("set datestyle = 'German'"))
    player.run(seat, sql.insert(words, [0], 0))  # the key is taken
    player.call(seat, "mark", {"trust": False}, "call ahu.mark_changed('2011-12-29', '2011-12-31')")
    player.end(seat, "commit")
    player.run(seat, sql.merge(words, [0, 66, 5], 1, False))
    player.switch("lookback")
    player.run(seat, sql.move(words, 0, 4))
    call = "call ahu.refresh_dashboard_views(max_days => 100)"
    player.call(seat, "fold", {"max_days": 100}, call)


@pytest.mark.needs_sessions
def test_psql_runs_the_script_of_one_session(server: RunningServer, tmp_path: Path) -> None:
    with site(server, KINDS["partitioned"]) as made:
        made.move_to(ZONE)
        player = Player(made)
        play(player, made.seats[0])
        with made.database.connect() as session:
            views = oracle.stored_views(session)
        printed = script(made, player.script)
    assert any("23505" in entry.note for entry in player.script)
    with fresh_database(server) as fresh:
        said = psql(fresh, printed, tmp_path)
        with fresh.connect() as session:
            assert oracle.stored_views(session) == views, said
    assert len(views.mv_daily_ahu_costs) > 3


def psql(database: Database, text: str, folder: Path) -> str:
    """Runs a script, with `ahu-sql` on the path; what psql says of it."""
    path = folder / "program.sql"
    path.write_text(text)
    programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        [database.server.binaries / "psql", "--no-psqlrc", f"--file={path}", database.dsn],
        env=os.environ | {"PATH": programs},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return done.stdout + done.stderr


@pytest.mark.needs_sessions
def test_sessions_and_what_became_of_their_statements_are_named(server: RunningServer) -> None:
    with site(server, KINDS["keyed"]) as made:
        made.move_to(ZONE)
        player = Player(made)
        first, second, _ = made.seats
        words = Words(ZONE, changes(ZONE)[0], False, True)
        player.run(first, sql.insert(words, [0], 0))
        player.control(first, "begin")
        player.run(first, sql.delete(words, 0))
        player.run(second, sql.delete(words, 0))
        player.end(first, "commit")
        lines = script(made, player.script).splitlines()
        first.abandon()
    assert [line for line in lines if line.startswith("-- ")][2:] == [
        "-- session 1",
        "-- session 2",
        "-- waits",
        "-- session 1",
    ]
