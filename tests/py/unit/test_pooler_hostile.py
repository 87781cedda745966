"""Configurations and consoles of somebody who means harm, or is mistaken in earnest."""

from __future__ import annotations

import json
import os
import re
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from ahu_sql.demo.processes import LOOPBACK, free_port
from ahu_sql.errors import AhuSqlError
from ahu_sql.linter.findings import Finding
from ahu_sql.pooler.checks import Situation, check
from ahu_sql.pooler.checks.evidence import gather
from ahu_sql.pooler.codes import CODES
from ahu_sql.pooler.configuration_files import read_configuration
from ahu_sql.pooler.ini import MAX_BYTES, Inclusion
from ahu_sql.pooler.pools import read_pooler
from product import ahu_sql
from unit.test_pooler_checks import change, folder_of

V24 = (1, 24, 1)
REPORTS = "reports = host=/x dbname=plant max_db_client_connections=10"
LOOK_UP = "select l.user_name, l.password from ahu.pgbouncer_login($1) as l"


def found_in(folder: Path) -> list[Finding]:
    return check(Situation(read_configuration(folder, V24), V24))


def codes(folder: Path) -> set[str]:
    return {finding.code for finding in found_in(folder)}


def hba(folder: Path, above: str, *, ours: bool = True) -> None:
    path = folder / "pgbouncer_hba.conf"
    path.write_text(above + "\n" + (path.read_text() if ours else ""))


class TestConsole:
    @pytest.mark.parametrize(
        ("rule", "is_open"),
        [
            ("host pgbouncer admin 0.0.0.0/0 trust", True),
            ("local pgbouncer all trust", True),
            ("host pgbouncer @people 10.0.0.0/8 trust", True),
            ("local pgbouncer admin peer map=console", True),
            ("host pgbouncer admin 10.0.0.0/8 password", True),
            ("hostnossl pgbouncer all 10.0.0.0/8 md5", True),
            ("local pgbouncer admin peer", False),
            ("local pgbouncer admin md5", False),
            ("local pgbouncer admin scram-sha-256", False),
            ("host pgbouncer admin 10.0.0.0/8 scram-sha-256", False),
            ("local pgbouncer somebody trust", False),
            ("local all admin reject\nlocal pgbouncer all trust", False),
            ("local pgbouncer all trust\nlocal all admin reject", True),
        ],
    )
    @pytest.mark.parametrize("setting", ["admin_users", "stats_users"])
    def test_needs_proof(self, tmp_path: Path, rule: str, is_open: bool, setting: str) -> None:
        change(folder_of(tmp_path), f"[pgbouncer]\n{setting} = admin\n")
        hba(tmp_path, rule)
        assert codes(tmp_path) == ({"AHU538"} if is_open else set())

    def test_without_users_is_nobody_s(self, tmp_path: Path) -> None:
        hba(folder_of(tmp_path), "local pgbouncer all trust")
        assert codes(tmp_path) == set()


class TestOtherAliases:
    @pytest.mark.parametrize(
        ("rule", "is_open"),
        [
            ("host reports all 10.0.0.0/8 trust", True),
            ("local reports,plant somebody trust", True),
            ("local other all trust", False),
            ("local reports somebody reject\nlocal reports all trust", True),
            ("host reports all 10.0.0.0/8 reject\nlocal reports all trust", True),
            ("local reports all reject\nlocal reports somebody trust", False),
            ("host reports all 10.0.0.0/8 scram-sha-256", False),
        ],
    )
    def test_ask_for_a_password(self, tmp_path: Path, rule: str, is_open: bool) -> None:
        change(folder_of(tmp_path), f"[databases]\n{REPORTS}\n")
        hba(tmp_path, rule)
        assert codes(tmp_path) == ({"AHU539"} if is_open else set())

    def test_of_any_name_do_so_too(self, tmp_path: Path) -> None:
        line = "* = host=/x max_db_client_connections=10"
        change(folder_of(tmp_path), f"[databases]\n{line}\n")
        hba(tmp_path, "local plant all trust")
        assert codes(tmp_path) == {"AHU535", "AHU539"}

    @pytest.mark.parametrize(
        ("forced", "is_found"),
        [
            ("user=postgres", True),
            ("user=ahu_write", True),
            ("user=ahu_pgbouncer", True),
            ("user=reporter password=geheim", True),
            ("user=reporter", False),
        ],
    )
    def test_force_nobody_mighty(self, tmp_path: Path, forced: str, is_found: bool) -> None:
        change(folder_of(tmp_path), f"[databases]\n{REPORTS} {forced}\n")
        (tmp_path / "pgbouncer.ini").chmod(0o640)
        assert codes(tmp_path) == ({"AHU534"} if is_found else set())

    @pytest.mark.parametrize(
        ("limit", "is_found"),
        [
            ("", True),
            ("max_db_client_connections=0", True),
            ("max_db_client_connections=20", True),
            ("max_db_client_connections=19", False),
        ],
    )
    def test_leave_places_for_the_etl(self, tmp_path: Path, limit: str, is_found: bool) -> None:
        change(folder_of(tmp_path), f"[databases]\nreports = host=/x dbname=plant {limit}\n")
        assert codes(tmp_path) == ({"AHU515"} if is_found else set())


class TestNobodyGetsIn:
    OURS = "local ahu_read ahu_read scram-sha-256\nlocal ahu_write ahu_write scram-sha-256"

    @pytest.mark.parametrize(
        ("rules", "aliases"),
        [
            ("", ["ahu_read", "ahu_write"]),
            ("local ahu_read ahu_read scram-sha-256", ["ahu_write"]),
            (f"local all all reject\n{OURS}", ["ahu_read", "ahu_write"]),
            (f"local ahu_write all reject\n{OURS}", ["ahu_write"]),
            (OURS.replace("local", "hostssl").replace(" scram", " 0.0.0.0/0 scram"), ["ahu_read"]),
            (f"{OURS}\nlocal all all reject", []),
            (f"host all all 0.0.0.0/0 reject\n{OURS}", []),
            ("local sameuser all scram-sha-256", []),
        ],
    )
    def test_is_said_of_each_alias(self, tmp_path: Path, rules: str, aliases: list[str]) -> None:
        hba(folder_of(tmp_path), rules, ours=False)
        found = [f.message.split('"')[1] for f in found_in(tmp_path) if f.code == "AHU537"]
        assert found[: len(aliases)] == aliases and bool(found) is bool(aliases)

    def test_is_not_said_of_a_file_that_is_not_there(self, tmp_path: Path) -> None:
        (folder_of(tmp_path) / "pgbouncer_hba.conf").unlink()
        assert codes(tmp_path) == {"AHU503"}


@pytest.mark.parametrize(
    ("query", "is_found"),
    [
        (LOOK_UP, False),
        (f"{LOOK_UP};", False),
        ("select * from ahu.pgbouncer_login($1::text)", False),
        (f"{LOOK_UP} union all select u, p from evil.pw", True),
        (f"{LOOK_UP} union all select 'postgres', 'x'", True),
        (f"{LOOK_UP}, evil.look_up($1) as e", True),
        (f"{LOOK_UP} join evil.pw on true", True),
        ("select l.user_name, 'x' from ahu.pgbouncer_login($1) as l", True),
        ("select l.user_name, (select p from evil.pw) from ahu.pgbouncer_login($1) as l", True),
        ("with x as (select 1) select * from ahu.pgbouncer_login($1)", True),
        ("select * from ahu.pgbouncer_login('ahu_write')", True),
        ("select * from ahu.pgbouncer_login(evil.other($1))", True),
        ("select u, p from pg_catalog.pg_shadow, evil.pw", True),
        (f"{LOOK_UP}; select 1", True),
        ("select " + "(" * 20000 + "1" + ")" * 20000, True),
    ],
)
def test_a_look_up_asks_our_function_alone(tmp_path: Path, query: str, is_found: bool) -> None:
    change(folder_of(tmp_path), "[pgbouncer]\nauth_query = QUERY\n")
    path = tmp_path / "pgbouncer.ini"
    path.write_text(path.read_text().replace("QUERY", query))
    assert ("AHU553" in codes(tmp_path)) is is_found


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("client_login_timeout = 15", None),
        ("client_login_timeout = 16", "AHU527"),
        ("query_wait_timeout = 60", None),
        ("query_wait_timeout = 86400", "AHU521"),
        ("server_connect_timeout = 11", "AHU522"),
        ("server_login_retry = 6", "AHU523"),
        ("idle_transaction_timeout = 3600", None),
        ("idle_transaction_timeout = 99999999", "AHU524"),
        ("client_idle_timeout = 86401", "AHU525"),
        ("server_idle_timeout = 3601", "AHU526"),
        ("tcp_keepidle = 600", None),
        ("tcp_keepidle = 7200", "AHU528"),
    ],
)
def test_a_timeout_may_be_too_long_as_well(tmp_path: Path, line: str, code: str | None) -> None:
    change(folder_of(tmp_path), f"[pgbouncer]\n{line}\n")
    assert codes(tmp_path) == ({code} if code else set())


class TestAliasesOfOurs:
    def changed(self, folder: Path, before: str, after: str, **settings: Any) -> set[str]:
        path = folder_of(folder, **settings) / "pgbouncer.ini"
        text = path.read_text()
        assert before in text
        path.write_text(text.replace(before, after, 1))
        return codes(folder)

    @pytest.mark.parametrize(
        ("most", "is_found"), [(20, True), (25, True), (26, False), (0, False)]
    )
    def test_have_room_for_pool_and_look_ups(
        self, tmp_path: Path, most: int, is_found: bool
    ) -> None:
        cap = f"max_db_connections={most}"
        found = self.changed(tmp_path, "max_db_connections=29", cap)
        assert found == ({"AHU516"} if is_found else set())

    @pytest.mark.parametrize("database", ["plant", "template1", "postgres"])
    def test_lead_to_one_database(self, tmp_path: Path, database: str) -> None:
        found = self.changed(tmp_path, "dbname=ahu_monitoring", f"dbname={database}")
        assert found == {"AHU507"}

    @pytest.mark.parametrize(
        ("database", "asked", "is_found"),
        [
            ("template1", "", True),
            ("postgres", "", False),
            ("postgres", "auth_dbname=ahu_monitoring", True),
            ("plant", "auth_dbname=ahu_monitoring", False),
        ],
    )
    def test_do_not_both_lead_astray(
        self, tmp_path: Path, database: str, asked: str, is_found: bool
    ) -> None:
        path = folder_of(tmp_path) / "pgbouncer.ini"
        text = path.read_text().replace("dbname=ahu_monitoring", f"dbname={database} {asked}")
        path.write_text(text)
        assert codes(tmp_path) == ({"AHU507"} if is_found else set())

    def test_run_no_query_for_everybody(self, tmp_path: Path) -> None:
        query = "connect_query='set role ahu_owner' pool_mode="
        assert self.changed(tmp_path, "pool_mode=", query) == {"AHU568"}


class TestNetwork:
    def test_a_server_across_it_without_tls_is_noted(self, tmp_path: Path) -> None:
        for host, expected in (("db1", {"AHU574"}), ("127.0.0.1", set()), ("/run/x", set())):
            folder = folder_of(tmp_path / host.strip("/"), server_host=host)
            change(folder, "[pgbouncer]\nserver_tls_sslmode = disable\n")
            assert codes(folder) == expected

    @pytest.mark.parametrize("mode", ["allow", "prefer", "require"])
    def test_clients_that_may_do_without_tls_are_noted(self, tmp_path: Path, mode: str) -> None:
        lines = f"listen_addr = 10.0.0.5\nclient_tls_sslmode = {mode}\n"
        change(folder_of(tmp_path), f"[pgbouncer]\n{lines}")
        assert codes(tmp_path) == (set() if mode == "require" else {"AHU573"})
        assert CODES["AHU573"].is_note and CODES["AHU574"].is_note


class TestModes:
    @pytest.mark.parametrize(
        ("name", "mode", "expected"),
        [
            ("pgbouncer.ini", 0o664, {"AHU546"}),
            ("pgbouncer.ini", 0o646, {"AHU546"}),
            ("pgbouncer.ini", 0o644, set()),
            ("pgbouncer_hba.conf", 0o666, {"AHU546"}),
            ("more.ini", 0o660, {"AHU546"}),
            ("userlist.txt", 0o640, set()),
            ("userlist.txt", 0o660, {"AHU546"}),
            ("userlist.txt", 0o644, {"AHU543"}),
            ("userlist.txt", 0o664, {"AHU543", "AHU546"}),
        ],
    )
    def test_nobody_else_writes_and_secrets_are_not_for_everybody(
        self, tmp_path: Path, name: str, mode: int, expected: set[str]
    ) -> None:
        folder_of(tmp_path, server_host="db1")
        (tmp_path / "more.ini").write_text("verbose = 0\n")
        ini = tmp_path / "pgbouncer.ini"
        ini.write_text(ini.read_text() + "\n%include more.ini\n")
        for path in tmp_path.glob("*.*"):
            path.chmod(0o600)
        (tmp_path / name).chmod(mode)
        assert codes(tmp_path) == expected

    @pytest.mark.parametrize(("mode", "is_found"), [(0o644, True), (0o640, False)])
    def test_a_password_of_an_alias_is_a_secret(
        self, tmp_path: Path, mode: int, is_found: bool
    ) -> None:
        change(folder_of(tmp_path), f"[databases]\n{REPORTS} password=geheim\n")
        (tmp_path / "pgbouncer.ini").chmod(mode)
        assert codes(tmp_path) == ({"AHU543"} if is_found else set())


class TestReading:
    """Whatever stands in a file, there are findings or one error, and soon."""

    @pytest.mark.parametrize(
        ("line", "code"),
        [
            ("[databases]\nx = host=/x pool_size=" + "9" * 5000, "AHU504"),
            ("[databases]\nx = host=/x pool_size=-" + "9" * 5000, "AHU504"),
            ("max_client_conn = 0x" + "f" * 5000, "AHU504"),
            ("max_client_conn = " + "9" * 5000, "AHU504"),
            ("%include ~nosuch/x", "AHU503"),
            ("auth_hba_file = ~nosuch/x", "AHU503"),
            ("%include /" + "x" * 300, "AHU503"),
            ("%include pgbouncer.ini\n" * 100, "AHU503"),
            ("%include fifo", "AHU503"),
            ("%include /dev/zero", "AHU503"),
            ("[a]" * 3000, "AHU502"),
            ("[users]\nx = " + "a=b " * 200_000, "AHU502"),
        ],
        ids=lambda value: str(value)[:40],
    )
    def test_ends_in_a_finding(self, tmp_path: Path, line: str, code: str) -> None:
        path = folder_of(tmp_path) / "pgbouncer.ini"
        os.mkfifo(tmp_path / "fifo")
        path.write_text(path.read_text() + "\n" + line + "\n")
        assert code in codes(tmp_path)

    @pytest.mark.parametrize("place", ["fifo", "/dev/zero", "x" * 300, "~nosuch", "large"])
    @pytest.mark.parametrize("setting", ["auth_file", "auth_hba_file"])
    def test_a_file_that_is_none_is_not_looked_at(
        self, tmp_path: Path, place: str, setting: str
    ) -> None:
        os.mkfifo(folder_of(tmp_path) / "fifo")
        (tmp_path / "large").write_bytes(b"\n" * (MAX_BYTES + 1))
        change(tmp_path, f"[pgbouncer]\n{setting} = {place}\n")
        evidence = gather(tmp_path, None, None, V24)
        [file] = [f for f in evidence.situation.configuration.files if f.setting == setting]
        assert file.reason
        check(evidence.situation)

    @pytest.mark.parametrize("place", ["fifo", "/dev/zero", "x" * 300, "large"])
    def test_a_place_that_is_none_is_one_error(self, tmp_path: Path, place: str) -> None:
        os.mkfifo(tmp_path / "fifo")
        (tmp_path / "large").write_bytes(b"\n" * (MAX_BYTES + 1))
        with pytest.raises(AhuSqlError, match="cannot read the configuration") as caught:
            read_configuration(tmp_path / place, V24)
        assert caught.value.detail and caught.value.hint

    def test_a_version_of_many_digits_is_none(self, tmp_path: Path) -> None:
        ini = tmp_path / "pgbouncer.ini"
        ini.write_text(f"; pgbouncer 1.{'9' * 5000} in front of it\n[pgbouncer]\n")
        assert read_configuration(ini, None).made_for is None

    def test_files_that_include_each_other_widely_are_given_up_once(self, tmp_path: Path) -> None:
        for at in range(9):
            (tmp_path / f"{at}.ini").write_text(f"%include {at + 1}.ini\n" * 10)
        (tmp_path / "9.ini").write_text("pkt_buf = 4096\n")
        (tmp_path / "pgbouncer.ini").write_text("[pgbouncer]\n%include 0.ini\n")
        lines = read_configuration(tmp_path, V24).lines
        [reason] = [line.reason for line in lines if isinstance(line, Inclusion) and line.reason]
        assert "over and over" in reason


def message(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("!I", len(body) + 4) + body


def rows(table: list[dict[str, str | None]]) -> bytes:
    """What a server sends for a query: all columns are text, whatever a real one has."""
    names = list(table[0]) if table else ["nothing"]
    columns = b"".join(
        n.encode() + b"\0" + struct.pack("!IHIhih", 0, 0, 25, -1, -1, 0) for n in names
    )
    sent = message(b"T", struct.pack("!H", len(names)) + columns)
    for row in table:
        fields = b""
        for value in row.values():
            data = b"" if value is None else value.encode("utf-8", "surrogateescape")
            fields += struct.pack("!i", -1 if value is None else len(data)) + data
        sent += message(b"D", struct.pack("!H", len(row)) + fields)
    return sent + message(b"C", b"SHOW\0")


HONEST: dict[str, list[dict[str, str | None]]] = {
    "version": [{"version": "PgBouncer 1.24.1"}],
    "config": [{"key": "max_client_conn", "value": "200", "changeable": "yes"}],
    "lists": [{"list": "used_clients", "items": "7"}],
    "databases": [
        {
            **{"name": "ahu_read", "host": None, "port": "5432", "database": "plant"},
            **{"force_user": None, "pool_mode": None, "pool_size": "20"},
            **{"reserve_pool_size": "5", "paused": "0", "disabled": "0"},
        }
    ],
    "pools": [
        {"database": "ahu_read", "user": "ahu_read", "cl_active": "1", "cl_waiting": "0"},
        {"database": "ahu_read", "user": "ahu_pgbouncer", "cl_active": "0", "cl_waiting": "1"},
    ],
    "clients": [
        {"database": "ahu_read", "state": "waiting", "request_time": "2026-11-26 00:00:00 UTC"}
    ],
    "state": [{"key": "paused", "value": "no"}],
}


def lie(subject: str, **values: str | None) -> dict[str, list[dict[str, str | None]]]:
    """The honest answers, but for columns of the first row; one called MISSING is left out."""
    first, *others = HONEST[subject]
    changed = {key: value for key, value in (first | values).items() if value != "MISSING"}
    return HONEST | {subject: [changed, *others]}


LIES = {
    "no lists": HONEST | {"lists": []},
    "no config": HONEST | {"config": []},
    "no such column": lie("pools", user="MISSING"),
    "no state": HONEST | {"state": [{"nothing": "x"}]},
    "no name": lie("databases", name="MISSING"),
    "no size": lie("databases", pool_size="MISSING"),
    "size of null": lie("databases", pool_size=None),
    "size of words": lie("databases", pool_size="many"),
    "size of digits": lie("databases", pool_size="9" * 5000),
    "negative clients": lie("pools", cl_active="-5"),
    "fractions": lie("pools", cl_waiting="1.5"),
    "huge wait": lie("pools", cl_waiting="9" * 40),
    "paused of null": lie("databases", paused=None),
    "max of null": lie("config", value=None),
    "max of words": lie("config", value="NaN"),
    "time of null": lie("clients", request_time=None),
    "time of words": lie("clients", request_time="yesterday"),
    "no utf-8": lie("pools", database="\udcff"),
    "version of digits": lie("version", version="PgBouncer " + "9" * 5000 + ".1"),
    "version of null": lie("version", version=None),
}


@contextmanager
def console(answers: dict[str, list[dict[str, str | None]]]) -> Iterator[str]:
    """A server on loopback that says what it likes; its connection string."""
    with socket.create_server((LOOPBACK, 0)) as server:
        thread = threading.Thread(target=_serve, args=(server, answers), daemon=True)
        thread.start()
        try:
            port = server.getsockname()[1]
            yield f"host={LOOPBACK} port={port} user=x dbname=pgbouncer sslmode=disable"
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join(10)


def _serve(server: socket.socket, answers: dict[str, list[dict[str, str | None]]]) -> None:
    with suppress(OSError):
        while True:
            client, _ = server.accept()
            with client, client.makefile("rb") as words, suppress(OSError, struct.error):
                words.read(struct.unpack("!I", words.read(4))[0] - 4)
                encoding = message(b"S", b"client_encoding\0UTF8\0")
                ready = message(b"Z", b"I")
                client.sendall(message(b"R", struct.pack("!I", 0)) + encoding + ready)
                while words.read(1) == b"Q":
                    query = words.read(struct.unpack("!I", words.read(4))[0] - 4)
                    subject = query.rstrip(b"\0").decode().removeprefix("show ")
                    client.sendall(rows(answers[subject]) + ready)


class TestConsoles:
    def test_an_honest_one_is_read(self) -> None:
        with console(HONEST) as dsn:
            pooler = read_pooler(dsn)
        assert (pooler.clients, pooler.max_clients, pooler.is_paused) == (7, 200, False)
        [pool] = pooler.pools
        assert (pool.clients, pool.logins_waiting, pool.places) == (2, 1, 25)

    @pytest.mark.parametrize("answers", LIES.values(), ids=LIES)
    def test_a_lie_is_one_error(self, answers: dict[str, list[dict[str, str | None]]]) -> None:
        with console(answers) as dsn, pytest.raises(AhuSqlError) as caught:
            read_pooler(dsn)
        assert caught.value.detail and len(caught.value.detail) < 300
        assert "--dsn 'host=" in str(caught.value.hint)

    @pytest.mark.parametrize("what", ["no name", "no config", "no utf-8", "max of words"])
    def test_status_and_check_go_on_without_a_traceback(self, what: str) -> None:
        closed = f"host={LOOPBACK} port={free_port()}"
        with console(LIES[what]) as dsn:
            done = ahu_sql("status", "--dsn", closed, "--pgbouncer", dsn, "--json")
            checked = ahu_sql("pgbouncer", "check", "--dsn", dsn)
        assert "Traceback" not in done.stderr + checked.stderr
        concerns = json.loads(done.stdout)["concerns"]
        assert {concern["code"] for concern in concerns} == {"pooler", "database"}
        assert re.search("does not answer as a pgbouncer does|not answer show", done.stdout)
