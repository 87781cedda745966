"""Every command's help ends with an example, and each example works as it is printed."""

from __future__ import annotations

import functools
import os
import re
import shlex
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from ahu_sql.cli import main
from ahu_sql.demo import processes
from ahu_sql.demo.server import LocalServer
from cli.asking import libpq
from cli.sites import fill, is_installed
from databases import Database, fresh_database
from product import ahu_sql

DATABASE = "ahu_monitoring"
NEEDS_NO_SERVER = ("render", "lint")
OF_THE_POOLER = ("pgbouncer", "pgbouncer render", "pgbouncer check")
"""Need no server either; in an order in which each finds the files that it needs."""
ON_A_SITE = ("init", "install", "plan", "refresh", "status", "verify", "doctor", "uninstall")
"""In an order in which each finds what it needs; "" is `ahu-sql` itself, whose example installs."""


def commands_below(group: click.Group, above: str = "") -> Iterator[tuple[str, click.Command]]:
    """Every command by all of its words, such as `pgbouncer render`; groups are among them."""
    for name, command in group.commands.items():
        yield above + name, command
        if isinstance(command, click.Group):
            yield from commands_below(command, f"{above}{name} ")


COMMANDS = dict(commands_below(main))


@functools.cache
def examples(command: str) -> list[list[str]]:
    """The arguments of the examples at the very end of a command's help."""
    done = ahu_sql(*command.split(), "--help")
    assert done.returncode == 0 and done.stderr == ""
    found = re.search(r"\n\s*Example:\n((?:\s+ahu-sql .+\n)+)\Z", done.stdout)
    assert found, f"the help of ahu-sql {command} does not end with an example:\n{done.stdout}"
    lines = [shlex.split(line) for line in found[1].splitlines()]
    return [line[1:] for line in lines]


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_every_help_ends_with_an_example_of_the_command(command: str) -> None:
    """That of a group, and of `ahu-sql` itself, with one of a command in it."""
    names = command.split()
    for arguments in examples(command):
        assert arguments[: len(names)] == names
        if isinstance(COMMANDS.get(command, main), click.Group):
            assert " ".join(arguments[: len(names) + 1]) in COMMANDS


def test_every_command_is_run_here() -> None:
    assert {"demo", *NEEDS_NO_SERVER, *OF_THE_POOLER, *ON_A_SITE} == set(COMMANDS)


def test_every_option_and_command_is_explained() -> None:
    for name, command in COMMANDS.items():
        assert command.get_short_help_str()
        for option in command.params:
            if isinstance(option, click.Option):
                assert option.help, f"{name} {option.name}"


@pytest.mark.parametrize("command", NEEDS_NO_SERVER)
def test_the_examples_that_need_no_server_work(command: str) -> None:
    for arguments in examples(command):
        done = ahu_sql(*arguments)
        assert done.returncode == 0, done.stderr


def test_the_examples_of_the_pooler_work_one_after_the_other(tmp_path: Path) -> None:
    for command in OF_THE_POOLER:
        for arguments in examples(command):
            done = ahu_sql(*arguments, folder=tmp_path)
            assert done.returncode == 0, (arguments, done.stderr)


@pytest.fixture
def plant_of_the_examples(server: LocalServer) -> Iterator[Database]:
    """The database of the examples, under its real name."""
    with fresh_database(server) as database:
        fill(database)
        postgres = Database(server, "postgres")
        postgres.execute(f"alter database {database.name} rename to {DATABASE}")
        yield Database(server, DATABASE)
        postgres.execute(f"alter database {DATABASE} rename to {database.name}")


def test_the_examples_that_need_a_site_work_word_by_word(
    plant_of_the_examples: Database, tmp_path: Path
) -> None:
    where = libpq(plant_of_the_examples)
    del where["PGHOST"], where["PGDATABASE"]  # which the examples name
    for command in ("", *ON_A_SITE):
        for arguments in examples(command):
            # In a folder of their own: from the second on, with the file that `init` proposes.
            done = ahu_sql(*arguments, folder=tmp_path, environment=where)
            assert done.returncode == 0, (arguments, done.stderr)
            if command == "install":
                assert is_installed(plant_of_the_examples)
    schemas = "select from pg_namespace where nspname in ('ahu', '_ahu')"
    assert plant_of_the_examples.rows(schemas) == []


def test_the_example_of_the_demo_works_and_says_how_to_stop_it() -> None:
    (arguments,) = examples("demo")
    done = ahu_sql(*arguments)
    pid = re.search(r"^Stop it: kill -INT (\d+); ", done.stderr, re.MULTILINE)
    folder = re.search(r"; rm -r (.+)$", done.stderr, re.MULTILINE)
    status = re.search(r"^Or: .+ (status --dsn '.+')$", done.stderr, re.MULTILINE)
    try:
        assert done.returncode == 0, done.stderr
        assert pid and folder and status
        assert ahu_sql(*shlex.split(status[1])).returncode == 0
    finally:
        if pid:
            os.kill(int(pid[1]), signal.SIGINT)
            deadline = time.monotonic() + 30
            while int(pid[1]) in processes.alive():
                assert time.monotonic() < deadline
                time.sleep(0.05)
        if folder:
            shutil.rmtree(Path(folder[1]), ignore_errors=True)
