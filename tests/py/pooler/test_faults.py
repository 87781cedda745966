"""Faults of pgbouncer itself: those that a configuration prevents, and the one that it cannot.

Each is tried against the files of the product, and against files that bring it about, which shows
that the attempt is a real one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator

import asyncpg
import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from pooler import protocol
from pooler.site import DATABASE, PooledSite
from product import ahu_sql
from servers.pooler import PoolerProcess, start_pooler
from sessions import wait_until

Attack = Callable[[PoolerProcess], None]


# The pool is full as soon as two want it.
NARROW = ("read_pool_size=1", "reserve_pool_size=0")


@pytest.fixture
def victim(pooled: PooledSite) -> Iterator[PoolerProcess]:
    """A pooler with the product's files that may die."""
    with start_pooler(pooled.server, pooled.version, DATABASE, *NARROW) as pooler:
        yield pooler


def ask_for_the_console(pooler: PoolerProcess) -> None:
    """By its name, as users that stand in no list."""
    for user in ("nobody", "ahu_read", "ahu_owner", "postgres", "pgbouncer"):
        for host in ("127.0.0.1", str(pooler.folder)):
            with pytest.raises(psycopg.OperationalError):
                dsn = make_conninfo(pooler.dsn("pgbouncer", user), host=host)
                psycopg.connect(dsn, connect_timeout=5)


def cancel_with_data(pooler: PoolerProcess) -> None:
    """Requests to cancel a query, each with more behind it, while the pool has no place free.

    Any client knows the key of its own queries.
    """

    async def attack() -> None:
        where = conninfo_to_dict(pooler.dsn("ahu_read"))
        where["database"] = where.pop("dbname")
        sessions = [await asyncpg.connect(**where) for _ in range(2)]
        keys = [(s._protocol.backend_pid, s._protocol.backend_secret) for s in sessions]
        queries = [asyncio.ensure_future(s.execute("select pg_sleep(1)")) for s in sessions]
        await asyncio.sleep(0.3)
        for key in (*keys, *keys, *keys):
            protocol.send(pooler.port, protocol.cancel_request(*key) + b"x" * 64, answer_s=0)
        await asyncio.gather(*queries, return_exceptions=True)

    asyncio.run(attack())


def odd_options(pooler: PoolerProcess) -> None:
    """Options without a name, as PGOPTIONS='-c=' sends them; no password is needed."""
    packet = protocol.startup(user="ahu_read", database="ahu_read", options="-c=")
    protocol.send(pooler.port, packet, answer_s=0.5)


def serves(pooler: PoolerProcess) -> bool:
    """Whether a reader gets an answer, within seconds."""
    if not pooler.is_alive:
        return False
    try:
        with pooler.connect("ahu_read", connect_timeout=3) as session:
            return session.execute("select 1").fetchone() == (1,)
    except psycopg.OperationalError:
        return False


def checked(pooler: PoolerProcess) -> tuple[int, str]:
    """What `ahu-sql pgbouncer check` says of its files."""
    done = ahu_sql("pgbouncer", "check", str(pooler.folder))
    return done.returncode, done.stdout


def with_line(pooler: PoolerProcess, old: str, new: str) -> None:
    """Starts it anew with one line of its configuration changed."""
    pooler.kill()
    pooler.edit(old, new)
    pooler.start()


@pytest.mark.parametrize("attack", [ask_for_the_console, odd_options])
def test_our_files_prevent_it(victim: PoolerProcess, attack: Attack) -> None:
    for _ in range(3):
        attack(victim)
    assert serves(victim)
    assert checked(victim)[0] == 0


def test_a_cancel_request_with_data_ends_118_and_check_says_so(victim: PoolerProcess) -> None:
    cancel_with_data(victim)
    _, said = checked(victim)
    says_so = "cancel" in said and "note" in said
    if victim.version == "1.18":
        wait_until(lambda: not serves(victim), "it dies")
        assert says_so
        victim.start()  # what a supervisor does
        assert serves(victim)
    else:
        assert serves(victim)
        assert not says_so


@pytest.mark.parametrize("name", ["ahu_pgbouncer", "pgbouncer"])
def test_a_global_auth_user_would_be_118s_end(poolers: dict[str, PooledSite], name: str) -> None:
    """A name of ours makes who asks for the console wait; the console's own name is fatal."""
    with start_pooler(poolers["1.18"].server, "1.18", DATABASE) as pooler:
        with_line(pooler, "auth_type = hba", f"auth_user = {name}\nauth_type = hba")
        assert serves(pooler)
        said = ""
        try:
            psycopg.connect(pooler.dsn("pgbouncer", "nobody"), connect_timeout=2)
        except psycopg.OperationalError as error:
            said = str(error)
        if name == "pgbouncer":
            wait_until(lambda: not pooler.is_alive, "it dies")
        else:
            assert "timeout" in said and serves(pooler)
        code, said = checked(pooler)
        assert code == 1 and "auth_user" in said


def test_extra_float_digits_would_let_anybody_spin_124(poolers: dict[str, PooledSite]) -> None:
    with start_pooler(poolers["1.24"].server, "1.24", DATABASE) as pooler:
        with_line(
            pooler,
            "ignore_startup_parameters =",
            "ignore_startup_parameters = extra_float_digits",
        )
        assert serves(pooler)
        odd_options(pooler)
        assert pooler.is_alive and not serves(pooler)
        code, said = checked(pooler)
        assert code == 1 and "extra_float_digits" in said
        pooler.kill()


def test_a_search_path_at_startup_reaches_no_look_up(poolers: dict[str, PooledSite]) -> None:
    """CVE-2025-12819: 1.24.1 sets it on the connection that asks for the password."""
    site = poolers["1.24"]
    site.database.execute(
        "create schema evil; grant usage on schema evil to public; "
        "create function evil.pgbouncer_login(text) returns table (user_name text, password text) "
        "language sql as $$select 'ahu_read', 'open sesame'$$"
    )
    try:
        with start_pooler(site.server, "1.24", DATABASE) as pooler:
            for search_path in ("evil, ahu", "evil, pg_catalog", '"'):
                packet = protocol.startup(
                    user="ahu_read", database="ahu_read", search_path=search_path
                )
                # SASL is asked for: the role was found, with its own secret
                assert b"SCRAM-SHA-256" in protocol.send(pooler.port, packet)
            assert "open sesame" not in pooler.log.read_text()
            with pytest.raises(psycopg.OperationalError, match="SASL"):
                psycopg.connect(pooler.dsn("ahu_read", password="open sesame"))
            assert serves(pooler)
    finally:
        site.database.execute("drop schema evil cascade")
