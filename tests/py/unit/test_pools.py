"""Pools: what SHOW commands of either version say, and which of it is a concern."""

from __future__ import annotations

import dataclasses
from decimal import Decimal
from typing import Any

import pytest

from ahu_sql.errors import AhuSqlError
from ahu_sql.locations import pgbouncer_folder
from ahu_sql.pooler.concerns import LONG_WAIT_S, concerns_of
from ahu_sql.pooler.pools import ALIASES, Pool, Pooler, place_of, pooler_from

PLACE = "pooler:6432"
COUNTS = (
    *("cl_active", "cl_waiting", "cl_active_cancel_req", "cl_waiting_cancel_req", "sv_active"),
    *("sv_active_cancel", "sv_being_canceled", "sv_idle", "sv_used", "sv_tested", "sv_login"),
    *("maxwait", "maxwait_us"),
)


def alias_row(name: str, **values: Any) -> dict[str, Any]:
    """As pgbouncer 1.18 shows it, unless told otherwise."""
    row = {"name": name, "force_user": None, "pool_size": 20, "reserve_pool": 5}
    return row | {"max_connections": 29, "paused": 0, "disabled": 0} | values


def pool_row(alias: str, user: str, **values: int) -> dict[str, Any]:
    return {"database": alias, "user": user} | dict.fromkeys(COUNTS, 0) | values


def client_row(alias: str, state: str, since: str) -> dict[str, Any]:
    return {"database": alias, "state": state, "request_time": f"2026-11-26 {since} KST"}


def read(*pools: dict[str, Any], **shown: list[dict[str, Any]]) -> Pooler:
    rows: dict[Any, Any] = {
        "config": [
            {"key": "listen_port", "value": "6432"},
            {"key": "max_client_conn", "value": "200"},
        ],
        "lists": [{"list": "databases", "items": 3}, {"list": "used_clients", "items": 7}],
        "databases": [
            alias_row("ahu_read"),
            alias_row("ahu_write", pool_size=5),
            alias_row("pgbouncer", pool_size=2, force_user="pgbouncer"),
        ],
        "pools": list(pools),
    }
    return pooler_from(PLACE, (1, 18, 0), rows | shown)


class TestReading:
    def test_before_the_first_client_each_alias_is_there_with_its_places(self) -> None:
        pooler = read()
        assert [(pool.alias, pool.places) for pool in pooler.pools] == [
            ("ahu_read", 25),
            ("ahu_write", 10),
        ]
        assert (pooler.clients, pooler.max_clients, pooler.is_paused) == (7, 200, None)
        assert pooler.pools[0] == Pool("ahu_read", pool_size=20, reserve_pool_size=5)

    def test_clients_and_servers_are_added_up_by_what_they_do(self) -> None:
        own = pool_row("ahu_read", "ahu_read", cl_active=30, cl_waiting=4, sv_active=15)
        own |= {"sv_being_canceled": 1, "sv_idle": 2, "sv_used": 3, "sv_tested": 4, "sv_login": 5}
        own |= {"maxwait": 2, "maxwait_us": 45_999}
        pool = read(own).pools[0]
        assert (pool.clients, pool.waiting, pool.longest_wait_s) == (34, 4, Decimal("2.045"))
        servers = (pool.servers_active, pool.servers_idle, pool.servers_opening)
        assert servers == (16, 9, 5)

    def test_what_refused_logins_leave_behind_and_other_aliases_count_nowhere(self) -> None:
        refused = pool_row("ahu_read", "ahu_write")
        other = pool_row("billing", "ahu_read", cl_active=9, cl_waiting=9, sv_active=9)
        other_user = pool_row("ahu_read", "eve", sv_active=9)
        own = pool_row("ahu_read", "ahu_read", cl_active=1)
        pooler = read(refused, other, other_user, own)
        assert [(pool.alias, pool.clients) for pool in pooler.pools] == [
            ("ahu_read", 1),
            ("ahu_write", 0),
        ]
        assert pooler.pools[0].servers_active == 0

    def test_connections_that_look_up_passwords_are_counted_apart(self) -> None:
        own = pool_row("ahu_read", "ahu_read", cl_active=1, sv_active=1)
        look_up = pool_row("ahu_read", "ahu_pgbouncer", sv_active=1, sv_idle=2, sv_login=1)
        pool = read(own, look_up).pools[0]
        assert (pool.clients, pool.servers_active, pool.servers_idle) == (1, 1, 0)
        assert (pool.look_up_servers, pool.look_ups_opening) == (3, 1)

    def test_who_waits_for_the_look_up_of_a_password_is_a_client_that_waits(self) -> None:
        own = pool_row("ahu_read", "ahu_read", cl_active=5, cl_waiting=2, maxwait_us=300_000)
        pool = read(own, pool_row("ahu_read", "ahu_pgbouncer", cl_waiting=3)).pools[0]
        assert (pool.clients, pool.waiting, pool.logins_waiting, pool.queue) == (10, 5, 3, 2)
        assert pool.longest_wait_s == Decimal("0.300")

    @pytest.mark.parametrize(
        ("since", "at_least"), [("10:00:09", 0), ("10:00:08", 1), ("10:00:00", 9), ("10:00:10", 0)]
    )
    def test_how_long_it_waits_at_least_is_told_by_the_times_of_clients(
        self, since: str, at_least: int
    ) -> None:
        clients = [
            client_row("ahu_read", "active", "09:00:00"),
            client_row("ahu_write", "waiting", "09:00:00"),
            client_row("ahu_read", "waiting", since),
            client_row("ahu_read", "waiting", "10:00:10"),
            client_row("pgbouncer", "active", "10:00:10"),
        ]
        login = pool_row("ahu_read", "ahu_pgbouncer", cl_waiting=1)
        assert read(login, clients=clients).pools[0].longest_wait_s == at_least

    def test_an_alias_that_forces_a_user_is_read_by_that_one(self) -> None:
        databases = [alias_row("ahu_read", force_user="reader")]
        pooler = read(pool_row("ahu_read", "reader", cl_active=2), databases=databases)
        assert [pool.clients for pool in pooler.pools] == [2]

    def test_what_newer_versions_tell_is_read_too(self) -> None:
        row = alias_row("ahu_read", max_client_connections=180, current_client_connections=9)
        del row["reserve_pool"]
        row |= {"reserve_pool_size": 3, "paused": 1, "disabled": 1}
        state = [{"key": "active", "value": "no"}, {"key": "paused", "value": "yes"}]
        pooler = read(databases=[row], state=state)
        (pool,) = pooler.pools
        assert (pool.places, pool.max_clients, pool.limited_clients) == (23, 180, 9)
        assert (pool.is_paused, pool.is_disabled, pooler.is_paused) == (True, True, True)

    def test_a_limit_of_0_is_none(self) -> None:
        assert (
            read(databases=[alias_row("ahu_read", max_client_connections=0)]).pools[0].max_clients
            is None
        )


class TestPlace:
    @pytest.mark.parametrize(
        ("dsn", "place"),
        [
            ("host=/run/postgresql port=6432 user=dba", "/run/postgresql:6432"),
            ("postgresql://dba:geheim@pooler:6433/pgbouncer", "pooler:6433"),
            ("hostaddr=10.0.0.1", "10.0.0.1:5432"),
            ("user=dba", "the local socket:5432"),
            ("service=pool", "service pool"),
        ],
    )
    def test_is_where_the_string_leads_to(self, dsn: str, place: str) -> None:
        assert place_of(dsn) == place

    def test_follows_libpq_s_variables(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PGHOST", "elsewhere")
        monkeypatch.setenv("PGPORT", "6434")
        assert place_of("user=dba") == "elsewhere:6434"

    def test_of_a_malformed_string_is_a_clear_error(self) -> None:
        with pytest.raises(AhuSqlError, match="malformed") as caught:
            place_of("nonsense")
        assert caught.value.exit_code == 2
        assert "--pgbouncer 'host=" in str(caught.value.hint)


READ = Pool("ahu_read", pool_size=20, reserve_pool_size=5, servers_idle=3, look_up_servers=1)
WRITE = Pool("ahu_write", pool_size=5, reserve_pool_size=0)


def texts(*pools: Pool, **values: Any) -> list[str]:
    """What is said of a pooler with these pools, or else with two healthy ones."""
    pooler = Pooler(PLACE, (1, 24, 1), 12, 200, pools or (READ, WRITE))
    concerns = list(concerns_of(dataclasses.replace(pooler, **values)))
    assert {concern.code for concern in concerns} <= {"pools"}
    return [concern.text for concern in concerns]


def texts_of_read(**values: Any) -> list[str]:
    return texts(dataclasses.replace(READ, **values), WRITE)


def busy(waiting: int, seconds: str, servers: int, **values: Any) -> dict[str, Any]:
    """Clients that wait, the longest for so long, while so many servers are active."""
    return {
        "clients": waiting + servers,
        "waiting": waiting,
        "longest_wait_s": Decimal(seconds),
        "servers_active": servers,
        "servers_idle": 0,
        **values,
    }


class TestConcerns:
    @pytest.mark.parametrize(
        "values",
        [
            {},
            {"is_paused": False},
            {"clients": 179},
            busy(0, "0.000", 25),  # every place is taken, and nobody waits
            busy(3, "0.999", 24),
            busy(1, "0.003", 0, servers_opening=1),  # the first of a quiet hour
            # the first of a quiet hour logs in
            busy(1, "0.000", 0, logins_waiting=1, look_up_servers=0, look_ups_opening=1),
            # somebody logs in while all are busy: that needs no place yet
            busy(1, "0.000", 25, logins_waiting=1),
            {"max_clients": 180, "limited_clients": 161},
        ],
    )
    def test_a_pool_that_does_its_work_is_none(self, values: dict[str, Any]) -> None:
        assert texts_of_read(**values) == []

    @pytest.mark.parametrize(
        ("values", "text"),
        [
            (
                {"is_disabled": True},
                "ahu_read at pooler:6432 is disabled, nobody gets in; type on the console: "
                "enable ahu_read",
            ),
            (
                {"is_paused": True},
                "ahu_read at pooler:6432 is paused, nobody waits; type on the console: "
                "resume ahu_read",
            ),
            (
                busy(2, "4.000", 0, is_paused=True),
                "ahu_read at pooler:6432 is paused, 2 clients wait, the longest for 4.000 s; type "
                "on the console: resume ahu_read",
            ),
            (
                busy(3, "0.010", 25),
                "ahu_read at pooler:6432: 3 clients wait, the longest for 0.010 s, and all its 25 "
                "places are taken; end long queries, or raise "
                "pgbouncer.read_pool_size",
            ),
            (
                busy(1, "1.620", 1, pool_size=1, reserve_pool_size=0),
                "ahu_read at pooler:6432: 1 client waits, the longest for 1.620 s, and its only "
                "place is taken; end long queries, or raise "
                "pgbouncer.read_pool_size",
            ),
            (
                busy(3, "1.000", 24),
                "ahu_read at pooler:6432: 3 clients wait, the longest for 1.000 s, and 24 of its "
                "25 places are taken; find what limits it: ahu-sql pgbouncer check --dsn ADMIN "
                "--server DSN",
            ),
        ],
    )
    def test_each_fault_of_a_pool_is_one_sentence_with_its_cure(
        self, values: dict[str, Any], text: str
    ) -> None:
        assert texts_of_read(**values) == [text]

    @pytest.mark.parametrize(
        "values",
        [
            busy(1, "0.003", 0),
            busy(1, "1.000", 0, servers_opening=1),
            busy(1, "0.000", 0, logins_waiting=1, look_up_servers=0),
            busy(1, "2.000", 0, logins_waiting=1, look_up_servers=0, look_ups_opening=1),
            # sessions go on, and nobody new gets in
            busy(1, "0.000", 3, logins_waiting=1, look_up_servers=0),
        ],
    )
    def test_waiting_without_any_server_is_one_of_the_server(self, values: dict[str, Any]) -> None:
        (text,) = texts_of_read(**values)
        assert "1 client waits" in text
        assert "there is no connection to the server; see whether the server is up" in text
        assert "type on its console: resume" in text

    def test_a_wait_that_nobody_knows_is_not_told(self) -> None:
        (text,) = texts_of_read(**busy(1, "0.000", 0, logins_waiting=1, look_up_servers=0))
        assert "1 client waits, and there is" in text

    def test_a_login_that_takes_long_is_one_although_servers_are_there(self) -> None:
        (text,) = texts_of_read(**busy(1, "1.000", 1, logins_waiting=1))
        assert "and 1 of its 25 places is taken; find what limits it" in text

    def test_each_alias_names_its_own_setting(self) -> None:
        for alias, setting in (("ahu_read", "read_pool_size"), ("ahu_write", "write_pool_size")):
            pool = dataclasses.replace(READ, alias=alias, **busy(3, "2.000", 25))
            other = dataclasses.replace(READ, alias=({*ALIASES} - {alias}).pop())
            (text,) = texts(pool, other)
            assert text.endswith(f"or raise pgbouncer.{setting}")

    def test_an_alias_that_is_not_there_is_one(self) -> None:
        assert texts(READ) == [
            "pgbouncer at pooler:6432 has no alias ahu_write, nobody gets in there; write its "
            "files anew (ahu-sql pgbouncer render --out DIR) and reload it"
        ]

    @pytest.mark.parametrize(("clients", "is_one"), [(179, False), (180, True), (200, True)])
    def test_nine_tenths_of_the_places_for_clients_are_one(
        self, clients: int, is_one: bool
    ) -> None:
        said = texts(clients=clients)
        assert len(said) == is_one
        for text in said:
            assert text.startswith(
                f"{clients} of the 200 places for clients of pgbouncer at pooler:6432 are taken, "
                "who comes after the last is refused; "
            )
            assert text.endswith("or raise pgbouncer.max_client_conn")

    def test_so_are_those_of_a_limit_of_an_alias_s_own(self) -> None:
        (text,) = texts_of_read(max_clients=180, limited_clients=162)
        assert text.startswith("162 of the 180 places for clients of ahu_read at pooler:6432 are")

    def test_a_pause_of_everything_is_told_once(self) -> None:
        read, write = (dataclasses.replace(pool, **busy(2, "3.000", 0)) for pool in (READ, WRITE))
        assert texts(read, write, is_paused=True) == [
            "pgbouncer at pooler:6432 is paused, 4 clients wait, the longest for 3.000 s; type on "
            "its console: resume"
        ]

    def test_a_second_is_what_our_files_let_a_client_wait_for_the_reserve(self) -> None:
        template = (pgbouncer_folder() / "pgbouncer.ini.j2").read_text()
        assert f"\nreserve_pool_timeout = {LONG_WAIT_S}\n" in template
