"""One clear error each, and nothing changed: no connection, or nothing of ours at its end."""

from __future__ import annotations

import pytest

from ahu_sql.demo.processes import free_port
from cli.refusal import assert_refused, nothing_changes
from databases import Database
from product import ahu_sql


class TestNoConnection:
    @pytest.mark.parametrize("command", ["install", "status"])
    def test_to_a_closed_port(self, command: str) -> None:
        port = free_port()
        done = ahu_sql(command, "--dsn", f"host=127.0.0.1 port={port} dbname=x user=x")
        assert_refused(
            done,
            exit_code=2,
            message="cannot connect to the server",
            detail=(f"port {port} failed: Connection refused",),
            hint="--dsn 'host=... dbname=... user=...'",
        )

    def test_to_a_database_that_is_not_there(self, bare_site: Database) -> None:
        with nothing_changes(bare_site):
            done = ahu_sql("install", "--dsn", bare_site.server.dsn("nowhere"))
        assert_refused(
            done,
            exit_code=2,
            message="cannot connect to the server",
            detail='database "nowhere" does not exist',
            hint="PGDATABASE",
        )

    def test_to_a_host_that_is_not_there(self) -> None:
        done = ahu_sql("install", "--dsn", "host=nowhere.invalid connect_timeout=5")
        assert_refused(
            done,
            exit_code=2,
            message="cannot connect to the server",
            detail="nowhere.invalid",
            hint="PGHOST",
        )

    @pytest.mark.parametrize("dsn", ["nonsense", "host", "no_such_word=1", "postgresql://h:port/"])
    def test_because_the_string_is_malformed(self, dsn: str) -> None:
        done = ahu_sql("install", "--dsn", dsn)
        message = "the connection string is malformed"
        if "port" in dsn:  # libpq reads it, and only then finds no number
            message = "cannot connect to the server"
        assert_refused(done, exit_code=2, message=message, hint="--dsn")

    def test_because_a_variable_of_libpq_is_wrong(self) -> None:
        done = ahu_sql("status", environment={"PGHOST": "127.0.0.1", "PGPORT": str(free_port())})
        assert_refused(
            done, exit_code=2, message="cannot connect to the server", hint="PGHOST, PGDATABASE"
        )


@pytest.mark.parametrize("command", ["refresh", "status"])
def test_a_database_without_the_product(bare_site: Database, command: str) -> None:
    done = ahu_sql(command, "--dsn", bare_site.dsn)
    assert done.returncode == 1 and done.stdout == ""
    assert done.stderr == (
        f'error: ahu-sql is not installed in database "{bare_site.name}"\n'
        "DETAIL: It has no schema _ahu of ours.\n"
        "HINT: Install it: ahu-sql install\n"
    )
