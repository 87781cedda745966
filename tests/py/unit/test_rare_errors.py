"""Errors that take a strange machine, server or database: each raised once."""

from __future__ import annotations

import importlib.util
import os
import pwd
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import psycopg
import pytest

from ahu_sql import backfill, remover
from ahu_sql.commands import uninstall
from ahu_sql.demo import account, plant, processes, server, story
from ahu_sql.errors import AhuSqlError
from ahu_sql.init import column_roles, surveyor
from ahu_sql.init.survey import Column, TableFacts
from ahu_sql.pooler import console
from ahu_sql.source_tree import read_source_tree

NOBODY = account.Account("nobody", 65534, 65534)
READINGS = TableFacts("site", "readings", "site.readings")


class Answering:
    """A connection that gives one answer to everything, or raises it."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer
        self.info = SimpleNamespace(dbname="plant", user="guest", parameter_status=lambda name: "")

    def execute(self, *arguments: Any, **options: Any) -> Any:
        if isinstance(self.answer, Exception):
            raise self.answer
        return SimpleNamespace(fetchone=lambda: self.answer)

    def transaction(self) -> Any:
        return self

    def __enter__(self) -> None: ...

    def __exit__(self, *error: object) -> None: ...


def refusal(call: Callable[..., object], *arguments: Any, message: str) -> AhuSqlError:
    """The error that a call ends with; it says what was found and what to do."""
    with pytest.raises(AhuSqlError) as caught:
        call(*arguments)
    assert caught.value.message == message
    assert caught.value.detail and caught.value.hint
    return caught.value


def test_a_refresh_that_gives_no_answer() -> None:
    call = partial(backfill.refresh_pending, Answering(None), wait_for="0", batch_days=1)
    refusal(partial(call, progress=print), message="the refresh gave no answer")


def test_an_uninstall_that_nobody_can_confirm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    message = "nobody is there to be asked, nothing was removed"
    assert refusal(uninstall._is_confirmed, "Remove it?", message=message).exit_code == 1


def test_an_uninstall_by_a_stranger() -> None:
    message = 'role "guest" has too few rights to remove ahu-sql'
    refusal(remover._require_owner, Answering((False,)), message=message)


def test_a_package_without_sql(tmp_path: Path) -> None:
    refusal(read_source_tree, tmp_path, message=f'no SQL in "{tmp_path}"')


class TestInit:
    def test_a_table_without_ahus(self) -> None:
        table = replace(READINGS, columns=(Column("at", "timestamp with time zone"),))
        message = "site.readings has no column that could name the AHU"
        refusal(column_roles.assign_roles, table, message=message)

    def test_a_table_that_settings_cannot_name(self) -> None:
        table = replace(READINGS, name="a\tb", quoted='site."a\tb"')
        message = 'settings cannot name site."a b"'
        refusal(surveyor._require_raw_table, table, message=message)


class TestPooler:
    def test_a_console_that_answers_oddly(self) -> None:
        message = "the console does not answer as a pgbouncer does"
        refusal(console.version_of, Answering(ValueError("odd")), message=message)

    def test_a_console_that_shows_nothing(self) -> None:
        message = "the console of pgbouncer does not answer show pools"
        refusal(console.show, Answering(psycopg.Error("no")), "pools", message=message)


class TestDemo:
    def test_root_on_a_machine_without_users(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def unknown(name: str) -> None:
            raise KeyError(name)

        monkeypatch.setattr(os, "geteuid", lambda: 0)
        monkeypatch.setattr(pwd, "getpwnam", unknown)
        refusal(account.server_account, message="PostgreSQL does not run as root")

    def test_a_user_who_can_enter_nothing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(account.Account, "can_enter", lambda user, folder: False)
        message = 'user "nobody" can enter no temporary folder'
        refusal(account.temporary_folder, NOBODY, message=message)

    def test_an_installation_that_cannot_be_copied(self, tmp_path: Path) -> None:
        message = f'the user that runs PostgreSQL for root cannot read "{tmp_path}"'
        refusal(account.readable_copy, tmp_path, tmp_path, NOBODY, message=message)

    def test_a_database_that_holds_a_plant(self) -> None:
        taken = psycopg.errors.DuplicateSchema('schema "demo" exists')
        message = 'the demo\'s plant does not fit into database "plant"'
        refusal(plant.create_plant, Answering(taken), message=message)

    def test_views_that_differ_from_raw(self, monkeypatch: pytest.MonkeyPatch) -> None:
        answers = iter([(SimpleNamespace(rows=[(1,)]), 1.0), (SimpleNamespace(rows=[]), 1.0)])
        monkeypatch.setattr(story, "timed", lambda *question: next(answers))
        refusal(story.ask_both_ways, None, None, message="the views differ from the raw readings")

    def test_processes_that_do_not_die(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(processes, "KILL_SECONDS", -1.0)
        monkeypatch.setattr(processes, "descendants", lambda pid: [os.getpid()])
        monkeypatch.setattr(os, "kill", lambda pid, number: None)
        ignored = Mock(pid=1)
        message = f"processes [{os.getpid()}] outlive SIGKILL"
        refusal(processes.kill_with_children, ignored, message=message)


class TestServer:
    def test_programs_that_are_not_there(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
        refusal(server.embedded_binaries, message="no PostgreSQL server to start")

    def test_one_that_runs_already(self, tmp_path: Path) -> None:
        local = server.LocalServer(tmp_path, tmp_path, None, keep=True)
        local._process = Mock(pid=1)
        refusal(local.start_again, message="the server on port 0 is running already")

    def test_an_initdb_that_fails(self, tmp_path: Path) -> None:
        _program(tmp_path / "initdb", "echo no room; exit 1")
        local = server.LocalServer(tmp_path, tmp_path, None, keep=True)
        message = f'cannot create the data folder "{tmp_path / "data"}"'
        assert refusal(local._create_data, message=message).detail == "no room"

    def test_a_server_that_ends_at_once(self, tmp_path: Path) -> None:
        _program(tmp_path / "postgres", "echo a wrong setting; exit 1")
        local = server.LocalServer(tmp_path, tmp_path, None, keep=True)
        error = refusal(local._start, message="the PostgreSQL server did not start")
        assert error.detail == "a wrong setting"


def _program(path: Path, script: str) -> None:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
