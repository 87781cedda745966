"""What an operator watches, read by roles that are no superusers while sessions are at work."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from databases import Database, fresh_database
from in_force import put_in_force
from plant import RAW_TABLE, plant_readings, raw_table
from servers.running import RunningServer
from sessions import background, wait_until, wait_until_blocked

pytestmark = pytest.mark.needs_sessions

VIEWS = ("freshness", "refresh_runs", "connections", "long_running_queries")
LONGEST_NAME = 63


@pytest.fixture(scope="module")
def watched(server: RunningServer) -> Iterator[Database]:
    """An installed site where every open transaction runs for long.

    `watcher` is a member of pg_monitor, `guest` may read the two views of sessions, and no more.
    """
    with fresh_database(server) as database:
        raw_table(database)
        plant_readings(database, ahus=2, days=2, minutes=360)
        put_in_force(database)
        database.execute(
            "create role watcher login; grant pg_monitor to watcher; create role guest login; "
            "grant usage on schema ahu to guest; "
            "grant select on ahu.connections, ahu.long_running_queries to guest; "
            "update ahu.settings set long_running_after = '0'"
        )
        yield database


def look(database: Database, query: str, user: str = "watcher") -> list[tuple[Any, ...]]:
    with database.connect(user=user) as session:
        return session.execute(query).fetchall()


@contextmanager
def writing(
    database: Database, user: str = "ahu_write", **options: Any
) -> Iterator[psycopg.Connection[Any]]:
    """A session that has changed something and not committed; nothing is left of it."""
    with database.connect(autocommit=False, user=user, **options) as session:
        session.execute(f"update {RAW_TABLE} set sf_cost_krw = 7 where ahu_id = 'AHU01'")
        yield session
        session.rollback()


def is_watched(database: Database, condition: str) -> bool:
    return bool(look(database, f"select from ahu.long_running_queries where {condition}"))


class TestWhoMayWatch:
    def test_a_member_of_pg_monitor_reads_all_four_views(self, watched: Database) -> None:
        for view in VIEWS:
            look(watched, f"select * from ahu.{view}")
        assert len(look(watched, "select * from ahu.freshness")) == 3
        with writing(watched) as etl:
            (row,) = look(watched, "select pid, role_name, query from ahu.long_running_queries")
            assert row[:2] == (etl.info.backend_pid, "ahu_write")
            assert row[2].startswith("update ahu_data.energy_readings")
            assert ("ahu_write", "idle in transaction") in look(
                watched, "select role_name, state from ahu.connections"
            )

    def test_who_is_granted_the_views_alone_sees_no_text_and_no_state_of_others(
        self, watched: Database
    ) -> None:
        seen = "select role_name, state, connections from ahu.connections where role_name <> %r"
        with writing(watched), watched.connect(autocommit=False, user="guest") as own:
            own.execute("select 'mine'")
            rows = look(watched, "select * from ahu.long_running_queries", "guest")
            assert len(rows) == 1 and rows[0][-1] == "select 'mine'"
            theirs = {
                name: (state, count)
                for name, state, count in look(watched, seen % "guest", "guest")
            }
            assert theirs["ahu_write"] == (None, 1)
            assert {state for state, _ in theirs.values()} == {None}

    @pytest.mark.parametrize("view", VIEWS)
    def test_the_etl_and_strangers_may_not(self, watched: Database, view: str) -> None:
        refused = ("guest",) if view in VIEWS[:2] else ("ahu_read",)
        for user in ("ahu_write", *refused):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                look(watched, f"select from ahu.{view}", user)


class TestConnections:
    def test_are_counted_by_role_alias_and_state_against_their_limits(
        self, watched: Database
    ) -> None:
        watched.execute("alter role ahu_read connection limit 40")
        names = (
            *("app - 10.0.0.7:51234", "two - words - unix(4711@db1):6432", "- [fe80::1]:9"),
            *("straight", "ends - in words", "10.0.0.7:51234", "x" * (LONGEST_NAME - 1)),
            "x" * (LONGEST_NAME + 20),
        )
        with ExitStack() as stack, writing(watched, "postgres", application_name=names[0]):
            for name in names:
                session = watched.connect(user="ahu_read", application_name=name)
                stack.enter_context(session)
            session.execute("begin")
            rows = look(
                watched,
                "select alias, state, connections, longest > '0', role_connections, role_limit "
                "from ahu.connections where role_name = 'ahu_read' order by alias, state",
            )
            assert rows == [
                ("ahu_read", "idle", 2, True, 8, 40),
                ("ahu_read", "idle in transaction", 1, True, 8, 40),
                (None, "idle", 5, True, 8, 40),
            ]
            others = "select alias from ahu.connections where role_name = 'postgres'"
            assert set(look(watched, others)) == {(None,)}
            counted = look(
                watched,
                "select distinct c.server_connections - (select count(*) from pg_stat_activity "
                "where backend_type = 'client backend'), c.server_limit from ahu.connections as c",
            )
            assert counted == [(0, int(watched.scalar("show max_connections")) - 3)]

    def test_a_role_that_left_has_a_row_of_none(self, watched: Database) -> None:
        with watched.connect(user="ahu_read"):
            pass
        of_readers = "select state, connections from ahu.connections where role_name = 'ahu_read'"
        wait_until(lambda: look(watched, of_readers) == [(None, 0)], "nobody is connected")

    def test_columns_of_text_can_be_compared_with_others(self, watched: Database) -> None:
        query = (
            "select from ahu.connections as c join (values ('ahu_read')) as v (name) "
            "on v.name in (c.role_name, c.alias, c.state)"
        )
        assert len(look(watched, query)) == 1


class TestLongRunningQueries:
    def test_how_long_is_long_is_set_by_a_dba(self, watched: Database) -> None:
        with writing(watched):
            assert is_watched(watched, "role_name = 'ahu_write'")
            for setting, shows in (("1 hour", False), ("0", True)):
                watched.execute(f"update ahu.settings set long_running_after = '{setting}'")
                assert is_watched(watched, "role_name = 'ahu_write'") is shows

    def test_an_idle_session_is_none(self, watched: Database) -> None:
        with watched.connect(user="ahu_read") as session:
            session.execute("select 1")
            assert not is_watched(watched, f"pid = {session.info.backend_pid}")

    def test_what_counts_is_the_transaction_and_not_its_last_statement(
        self, watched: Database
    ) -> None:
        with writing(watched) as etl:
            began = etl.execute("select now()").fetchone()
            etl.execute("select 2")
            seen = look(
                watched,
                "select started_at, state, state_since > started_at, waits_for, blocked_by, query, "
                "running_for > clock_timestamp() - state_since from ahu.long_running_queries",
            )
            assert seen == [
                (*(began or ()), "idle in transaction", True, None, None, "select 2", True)
            ]

    def test_who_waits_is_shown_with_what_for_and_who_blocks_it(self, watched: Database) -> None:
        with writing(watched) as first, watched.connect(user="ahu_write") as second:
            pids = first.info.backend_pid, second.info.backend_pid
            change = f"update {RAW_TABLE} set sf_cost_krw = 8 where ahu_id = 'AHU01'"

            def wait() -> None:
                second.execute("begin")
                second.execute(change)
                second.execute("rollback")

            with background(wait):
                wait_until_blocked(watched, pids[1])
                seen = look(
                    watched,
                    "select pid, state, waits_for, blocked_by, query "
                    "from ahu.long_running_queries order by started_at",
                )
                first.rollback()
            assert [row[0] for row in seen] == list(pids)
            assert seen[0][3] is None
            assert seen[1][1:] == ("active", "Lock: transactionid", [pids[0]], change)

    def test_workers_of_a_parallel_query_are_not_told_beside_it(self, watched: Database) -> None:
        watched.execute("create table public.wide as select generate_series(1, 9000) as n")
        watched.execute("grant select on public.wide to ahu_read")
        with watched.connect(user="ahu_read") as reader:
            pid = reader.info.backend_pid
            reader.execute(
                "set parallel_setup_cost = 0; set parallel_tuple_cost = 0; "
                "set min_parallel_table_scan_size = 0; set statement_timeout = 0"
            )

            def sleep() -> None:
                with pytest.raises(psycopg.errors.QueryCanceled):
                    reader.execute(
                        "select count(*) from public.wide where pg_sleep(60) is not null"
                    )

            with background(sleep):
                workers = f"select from pg_stat_activity where leader_pid = {pid}"
                wait_until(lambda: bool(watched.rows(workers)), "it has a worker")
                running = look(watched, "select pid from ahu.long_running_queries")
                watched.execute(f"select pg_cancel_backend({pid})")
            assert running == [(pid,)]

    def test_another_database_s_are_not_told(self, watched: Database) -> None:
        with psycopg.connect(watched.server.dsn()) as elsewhere:
            elsewhere.execute("select 1")
            assert not is_watched(watched, f"pid = {elsewhere.info.backend_pid}")

    def test_what_sends_to_a_subscriber_is_none(self, watched: Database) -> None:
        dsn = make_conninfo(watched.dsn, replication="database")
        with psycopg.connect(dsn, autocommit=True) as sender:
            # the extended protocol, which psycopg speaks otherwise, is not for it
            sender.pgconn.exec_(b"begin; select 1")
            pid = sender.info.backend_pid
            state = f"select state, backend_type from pg_stat_activity where pid = {pid}"
            assert watched.rows(state) == [("idle in transaction", "walsender")]
            assert not is_watched(watched, f"pid = {pid}")
