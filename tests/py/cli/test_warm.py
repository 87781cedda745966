"""What these tests rely on: a call in a warm process is as one that starts from nothing."""

from __future__ import annotations

import os
import socket
import subprocess
from pathlib import Path

import pytest

from ahu_sql.demo.processes import LOOPBACK
from cli.asking import answered
from product import ahu_sql
from warm import warm

CALLS = {
    "data and an end of 0": ["--version"],
    "talk": ["lint"],
    "an error and an end of 2": ["plan", "--dsn", "host=/nowhere"],
}


@pytest.mark.parametrize("name", CALLS)
def test_it_says_and_ends_as_one_that_starts_from_nothing(name: str) -> None:
    warm_one, cold_one = ahu_sql(*CALLS[name]), answered("", *CALLS[name])
    assert warm_one.stdout + warm_one.stderr
    for what in ("returncode", "stdout", "stderr"):
        assert getattr(warm_one, what) == getattr(cold_one, what)


def test_nothing_of_a_call_is_left_for_the_next(tmp_path: Path) -> None:
    (tmp_path / "ahu-sql.toml").write_text("[refresh]\nstrategy = 'weekly'\n")
    for given, folder, expected in (
        ({"PGHOST": "/nowhere"}, None, "/nowhere"),
        ({"PGHOST": "/elsewhere"}, None, "/elsewhere"),
        ({"PGHOST": "/elsewhere"}, tmp_path, "weekly"),
        ({"PGHOST": "/nowhere"}, None, "/nowhere"),
    ):
        done = ahu_sql("plan", folder=folder, environment=given)
        assert done.returncode == 2 and expected in done.stderr


def test_one_that_does_not_end_is_killed(tmp_path: Path) -> None:
    """It waits for a server that takes connections and never says a word."""
    with socket.socket() as silent:
        silent.bind((LOOPBACK, 0))
        silent.listen()
        dsn = f"host={LOOPBACK} port={silent.getsockname()[1]} connect_timeout=60"
        with pytest.raises(subprocess.TimeoutExpired):
            warm().run(["plan", "--dsn", dsn], tmp_path, dict(os.environ), timeout_s=0.5)
        session, _ = silent.accept()
        session.settimeout(10)
        while session.recv(1024):  # what it asked, and then its end
            pass
