"""Two doors: who gets through which, what they may do behind it, and what others are told."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from ahu_sql.demo.processes import LOOPBACK
from plant import RAW_TABLE
from pooler.site import DATABASE, PooledSite
from servers.pooler import PASSWORDS

OTHER = {"ahu_read": "ahu_write", "ahu_write": "ahu_read"}
REFUSED = {"1.18": "login rejected", "1.24": "no authentication method"}
"""What pgbouncer says to whom no line of its HBA file admits."""


def refusal(dsn: str) -> str:
    """The error with which a login ends."""
    with pytest.raises(psycopg.OperationalError) as caught:
        psycopg.connect(dsn, connect_timeout=5).close()
    return str(caught.value)


class TestWhoGetsIn:
    @pytest.mark.parametrize("role", OTHER)
    def test_each_role_through_its_own_alias(self, pooled: PooledSite, role: str) -> None:
        with pooled.pooler.connect(role) as session:
            who = session.execute("select session_user, current_user, current_database()")
            assert who.fetchone() == (role, role, DATABASE)

    @pytest.mark.parametrize("role", OTHER)
    def test_by_the_poolers_own_socket_too(self, pooled: PooledSite, role: str) -> None:
        dsn = make_conninfo(pooled.pooler.dsn(role), host=str(pooled.pooler.folder))
        with psycopg.connect(dsn) as session:
            assert session.execute("select session_user").fetchone() == (role,)

    @pytest.mark.parametrize("role", OTHER)
    def test_no_role_through_the_others_alias(self, pooled: PooledSite, role: str) -> None:
        for host in (LOOPBACK, str(pooled.pooler.folder)):
            dsn = make_conninfo(pooled.pooler.dsn(OTHER[role], role), host=host)
            assert REFUSED[pooled.version] in refusal(dsn)

    @pytest.mark.parametrize("alias", OTHER)
    @pytest.mark.parametrize("user", ["ahu_owner", "ahu_pgbouncer", "postgres"])
    def test_nobody_else_at_all(self, pooled: PooledSite, alias: str, user: str) -> None:
        said = refusal(pooled.pooler.dsn(alias, user))
        assert "no such user" in said or REFUSED[pooled.version] in said

    @pytest.mark.parametrize("role", OTHER)
    def test_not_to_the_console(self, pooled: PooledSite, role: str) -> None:
        said = refusal(pooled.pooler.dsn("pgbouncer", role))
        assert "no such user" in said or REFUSED[pooled.version] in said
        assert pooled.pooler.is_alive

    @pytest.mark.parametrize("role", PASSWORDS)
    def test_past_the_pooler_nobody_gets_in(self, pooled: PooledSite, role: str) -> None:
        where = {"port": pooled.server.port, "user": role, "password": PASSWORDS[role]}
        doors = [(LOOPBACK, DATABASE), (LOOPBACK, "postgres"), (pooled.server.folder, "postgres")]
        if role == "ahu_pgbouncer":  # by its system user alone, which these tests are not
            doors.append((pooled.server.folder, DATABASE))
        for host, database in doors:
            said = refusal(make_conninfo(host=str(host), dbname=database, **where))
            assert "pg_hba.conf rejects" in said or "Peer authentication failed" in said


class TestClearErrors:
    def test_of_a_wrong_password(self, pooled: PooledSite) -> None:
        said = refusal(pooled.pooler.dsn("ahu_read", password="wrong"))
        assert "FATAL:  SASL authentication failed" in said

    def test_of_an_alias_that_is_not_there(self, pooled: PooledSite) -> None:
        said = refusal(pooled.pooler.dsn("ahu_reed", "ahu_read"))
        assert REFUSED[pooled.version] in said or "no such database: ahu_reed" in said

    def test_of_a_user_that_is_not_there(self, pooled: PooledSite) -> None:
        assert "no such user" in refusal(pooled.pooler.dsn("ahu_read", "nobody"))

    def test_of_a_password_that_has_expired(self, pooled: PooledSite, expired: str) -> None:
        said = refusal(pooled.pooler.dsn(expired))
        # the latter to a pooler that has seen the role before
        assert "no such user" in said or "SASL authentication failed" in said

    @pytest.fixture
    def expired(self, pooled: PooledSite) -> Iterator[str]:
        pooled.database.execute("alter role ahu_write valid until '2020-01-01'")
        yield "ahu_write"
        pooled.database.execute("alter role ahu_write valid until 'infinity'")

    def test_of_a_role_without_a_password(self, pooled: PooledSite) -> None:
        secret = "select rolpassword from pg_authid where rolname = 'ahu_write'"
        kept = pooled.database.scalar(secret)
        pooled.database.execute("alter role ahu_write password null")
        try:
            said = refusal(pooled.pooler.dsn("ahu_write"))
        finally:
            pooled.database.execute(f"alter role ahu_write password '{kept}'")
        assert "FATAL:" in said and "authentication failed" in said

    def test_a_new_password_counts_from_the_next_login_on(self, pooled: PooledSite) -> None:
        secret = "select rolpassword from pg_authid where rolname = 'ahu_read'"
        kept = pooled.database.scalar(secret)
        pooled.database.execute("alter role ahu_read password 'another'")
        try:
            assert "SASL" in refusal(pooled.pooler.dsn("ahu_read"))
            with psycopg.connect(pooled.pooler.dsn("ahu_read", password="another")) as session:
                session.execute("select 1")
        finally:
            pooled.database.execute(f"alter role ahu_read password '{kept}'")


WRITES = {
    "insert": f"insert into {RAW_TABLE} (ahu_id) values ('x')",
    "update": f"update {RAW_TABLE} set ahu_id = 'x'",
    "delete": f"delete from {RAW_TABLE}",
    "truncate": f"truncate {RAW_TABLE}",
    "copy": f"copy {RAW_TABLE} from stdin",
    "merge": f"merge into {RAW_TABLE} as r using (select 1) as n on true when matched then delete",
    "select": f"select from {RAW_TABLE}",
    "lock": f"lock table {RAW_TABLE} in access exclusive mode",
    "an update of a view": "update ahu.mv_daily_ahu_costs set steam_cost = 0",
    "a delete from a view": "delete from ahu.mv_monthly_ahu_costs",
    "settings": "update ahu.settings set stale_after = '1 year'",
    "the refresh": "call ahu.refresh_dashboard_views()",
    "mark_changed": "call ahu.mark_changed('2024-01-01', '2024-01-02')",
    "schedule": "call ahu.schedule_refresh('1 minute')",
    "the look-up of passwords": "select * from ahu.pgbouncer_login('ahu_write')",
    "passwords": "select rolpassword from pg_authid",
    "a table": "create table public.mine (n int)",
    "a table of ours": "create table ahu.mine (n int)",
    "a schema": "create schema mine",
    "a large object": "select lo_create(0)",
    "a large object with content": "select lo_from_bytea(0, 'x')",
    "an old large object": "select lo_creat(-1)",
    "a role": "create role mine",
    "its own limits": "alter role ahu_read connection limit -1",
    "another role": "set role ahu_write",
    "the owner": "set role ahu_owner",
    "another session user": "set session authorization ahu_write",
    "no triggers": "set session_replication_role = replica",
    "a program": "copy (select 1) to program 'true'",
    "a file": "copy (select 1) to '/tmp/mine'",
    "another's backend": "select pg_terminate_backend(pid) from pg_stat_activity "
    "where usename = 'postgres'",
    "a server's file": "select pg_read_file('PG_VERSION')",
}
"""What ahu_read must not be able to do, with its read-only default switched off first."""


@pytest.mark.parametrize("attempt", WRITES)
def test_ahu_read_cannot(pooled: PooledSite, attempt: str) -> None:
    with pooled.database.connect() as someone, pooled.pooler.connect("ahu_read") as session:
        with session.transaction():
            session.execute("set transaction read write")
            with pytest.raises(psycopg.Error) as caught, session.transaction():
                # a COPY that was admitted would wait for data
                session.execute(WRITES[attempt]) if attempt != "copy" else _copy(session)
            assert caught.value.sqlstate in ("42501", "55000"), caught.value
        someone.execute("select 1")


def _copy(session: psycopg.Connection[tuple[object, ...]]) -> None:
    with session.cursor().copy(WRITES["copy"]) as copy:
        copy.write_row((None,) * 19)


def test_ahu_read_is_read_only_unless_it_says_otherwise(pooled: PooledSite) -> None:
    with (
        pooled.pooler.connect("ahu_read") as session,
        pytest.raises(psycopg.errors.ReadOnlySqlTransaction),
    ):
        session.execute("create temporary table mine (n int)")


def test_ahu_write_writes_readings_and_refreshes_and_no_more(pooled: PooledSite) -> None:
    with pooled.pooler.connect("ahu_write") as session:
        with session.transaction(force_rollback=True):
            session.execute(WRITES["insert"])
            session.execute("delete from ahu_data.energy_readings where ahu_id = 'x'")
        session.execute("call ahu.refresh_dashboard_views()")
        for forbidden in ("settings", "mark_changed", "passwords", "the owner", "a schema"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                session.execute(WRITES[forbidden])
