"""What `ahu-sql pgbouncer check` finds, and above all what it leaves alone."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from ahu_sql.errors import AhuSqlError
from ahu_sql.linter import CODES as SQL_CODES
from ahu_sql.linter.findings import Code, Finding, as_text
from ahu_sql.locations import pgbouncer_folder
from ahu_sql.pooler.checks import Running, Situation, check
from ahu_sql.pooler.codes import CODES
from ahu_sql.pooler.configuration import running_configuration
from ahu_sql.pooler.configuration_files import read_configuration
from ahu_sql.pooler.files import render_files
from ahu_sql.pooler.folder import write_files
from ahu_sql.pooler.ini import Place
from ahu_sql.pooler.known_settings import default_of
from ahu_sql.pooler.server_doors import BrokenLine, ServerDoors, ServerRule
from ahu_sql.pooler.server_facts import LoginFunction, RoleFacts, ServerFacts
from ahu_sql.settings import Pgbouncer

V18, V24 = (1, 18, 0), (1, 24, 1)
NOTES_OF_18 = {"AHU514", "AHU562", "AHU572"}
FUNCTION = LoginFunction("postgres", True, frozenset({"ahu_pgbouncer", "postgres"}))


def roles(**limits: int | None) -> dict[str, RoleFacts]:
    wanted = {"ahu_read": 30, "ahu_write": 15, "ahu_pgbouncer": 4, "postgres": None} | limits
    return {name: RoleFacts(name, limit, "scram", False) for name, limit in wanted.items()}


SERVER = ServerFacts("ahu_monitoring", 100, 3, roles(), FUNCTION, ())
DEBIAN = """
local all postgres peer
local all all peer
host all all 127.0.0.1/32 scram-sha-256
host all all ::1/128 scram-sha-256
local replication all peer
"""
NO_LIMITS = replace(SERVER, roles=roles(ahu_read=None, ahu_write=None))


rendered = cache(render_files)


def folder_of(folder: Path, **settings: Any) -> Path:
    """Our own files, as rendered."""
    write_files(folder, rendered(pgbouncer_folder(), Pgbouncer(**settings), "geheim"))
    return folder


def situation_of(folder: Path, version: tuple[int, ...] = V24, **known: Any) -> Situation:
    return Situation(read_configuration(folder, version), version, **known)


def codes(situation: Situation) -> set[str]:
    return {finding.code for finding in check(situation)}


def doors_of(hba: str, ident: str = "", **known: Any) -> ServerDoors:
    """What a server tells of these two files."""
    rules = []
    for number, line in enumerate(hba.splitlines(), 1):
        kind, *fields = line.partition("#")[0].split() or [""]
        if not kind:
            continue
        databases, users, *rest = fields
        address = None if kind == "local" else rest.pop(0)
        method, *options = rest
        given = dict(option.split("=") for option in options)
        lists = (tuple(databases.split(",")), tuple(users.split(",")))
        rules.append(ServerRule(kind, *lists, address, method, given, Place("hba", number)))
    lines = (line.split() for line in ident.splitlines() if line and line[0] != "#")
    mappings = frozenset((name, role) for name, _, role in lines)
    return ServerDoors(tuple(rules), **({"mappings": mappings} | known))


def our_doors(folder: Path, **known: Any) -> ServerDoors:
    """A server that has what we rendered at the top of its files, and Debian's own lines below."""
    ident = folder / "server_ident.conf"
    return doors_of(
        (folder / "server_hba.conf").read_text() + DEBIAN,
        ident.read_text() if ident.exists() else "",
        **known,
    )


def change(folder: Path, text: str) -> None:
    """Our pgbouncer.ini with the lines of another: in its place where the key is there already."""
    lines = (folder / "pgbouncer.ini").read_text().split("\n")
    section = ""
    for line in text.strip().split("\n"):
        if line.startswith("["):
            section = line
            continue
        begin = lines.index(section)
        key = re.match(r"[\w*]+ *=", line)
        ends = (at for at in range(begin + 1, len(lines)) if lines[at].startswith("["))
        end = next(ends, len(lines))
        same = [
            at for at in range(begin, end) if key and re.match(re.escape(key[0]), lines[at])
        ] or [begin]
        lines[same[0] : same[0] + 1] = [*([section] if same[0] == begin else []), line]
    (folder / "pgbouncer.ini").write_text("\n".join(lines))


REPORTS = "reports = host=/var/run/postgresql dbname=plant max_db_client_connections=10"


def put(folder: Path, code: Code, text: str) -> None:
    """An example into our files."""
    if code.code == "AHU505":
        path = folder / "pgbouncer.ini"
        path.write_text(path.read_text() + text)
    elif code.code == "AHU531":
        path = folder / "pgbouncer.ini"
        path.write_text(re.sub(r"(?m)^ahu_\w+ = host.*\n", "", path.read_text()))
        change(folder, text)
    elif code.path == "pgbouncer.ini":
        change(folder, text)
    elif code.path == "pgbouncer_hba.conf":
        rules = "" if code.code == "AHU537" else (folder / code.path).read_text()
        (folder / code.path).write_text(text + rules)
        if code.code == "AHU538":
            change(folder, "[pgbouncer]\nadmin_users = admin\n")
        if code.code == "AHU539":
            change(folder, "[databases]\n" + REPORTS)
    else:
        (folder / code.path).write_text(text)


def running(folder: Path, version: tuple[int, ...] = V24, **other: str) -> Running:
    """A pgbouncer that does what the file says, but for `other`."""
    configuration = read_configuration(folder, version)
    settings = [
        {"key": name, "value": other.get(name, given.value), "changeable": "yes"}
        for name, given in configuration.settings.items()
    ]
    names = {
        "dbname": "database",
        "max_db_connections": "max_connections",
        "max_db_client_connections": "max_client_connections",
    }
    databases = [
        {"name": alias.name, "paused": 0, "disabled": 0, "force_user": None}
        | {names.get(name, name): value for name, value in alias.parameters.items()}
        for alias in configuration.aliases.values()
    ]
    return Running(version, settings, databases)


def at_rest(folder: Path) -> Running:
    now = running(folder)
    return replace(now, databases=[{**row, "paused": 1} for row in now.databases])


BAD_SERVERS: dict[str, ServerFacts] = {
    "AHU554": replace(SERVER, login_function=None),
    "AHU555": replace(SERVER, login_function=replace(FUNCTION, owner_is_superuser=False)),
    "AHU556": replace(SERVER, login_function=replace(FUNCTION, executors=frozenset())),
    "AHU557": replace(
        SERVER, roles=roles() | {"ahu_read": RoleFacts("ahu_read", 30, "none", False)}
    ),
}
BAD_DOORS: dict[str, Callable[[Code], ServerDoors]] = {
    "AHU591": lambda code: doors_of(code.bad),
    "AHU592": lambda code: doors_of(code.bad),
    "AHU593": lambda code: doors_of(
        CODES["AHU591"].good,
        broken=(BrokenLine("pg_hba.conf", 'invalid method "scram"', Place("hba", 1)),),
        mappings=None,
    ),
    "AHU594": lambda code: doors_of(
        CODES["AHU591"].good, changed=(("pg_hba.conf", Place("hba")),), mappings=None
    ),
}
BAD_CONSOLES: dict[str, Callable[[Path], Running]] = {
    "AHU581": lambda folder: running(folder, query_wait_timeout="120"),
    "AHU582": lambda folder: running(folder, V18),
    "AHU583": at_rest,
}
OLD = {"AHU514": V18, "AHU544": V18, "AHU562": V18, "AHU571": (1, 17), "AHU572": V18}
ONLY_BY_VERSION = {"AHU514", "AHU562", "AHU571", "AHU572"}
COMPANIONS = {
    # What cannot but come with it.
    "AHU505": {*(f"AHU5{n}" for n in (13, 21, 22, 23, 24, 25, 27, 28, 33, 41, 51, 73))},
    "AHU507": {"AHU591"},
}


@pytest.mark.parametrize("code", CODES.values(), ids=CODES)
class TestEveryCode:
    def situation(self, folder: Path, code: Code, text: str, *, is_bad: bool) -> Situation:
        name = code.code
        version = OLD.get(name, V24) if is_bad or name not in ONLY_BY_VERSION else V24
        by_tcp = {"server_host": "db1"} if name in ("AHU506", "AHU558", "AHU574") else {}
        folder_of(folder, version="1.24", **by_tcp)
        if name == "AHU503" and not is_bad:
            (folder / "pgbouncer_hba.conf").rename(folder / "elsewhere.conf")
            text = text.replace("/etc/pgbouncer/pgbouncer_hba.conf", str(folder / "elsewhere.conf"))
        if name not in BAD_SERVERS | BAD_CONSOLES | BAD_DOORS:
            put(folder, code, text)
        if name in ("AHU534", "AHU546"):
            bad_mode = 0o664 if name == "AHU546" else 0o600
            (folder / "pgbouncer.ini").chmod(bad_mode if is_bad else 0o644)
        if name == "AHU543":
            (folder / "userlist.txt").chmod(0o644 if is_bad else 0o600)
        if name in ("AHU542", "AHU558"):
            (folder / "userlist.txt").chmod(0o600)
        server = NO_LIMITS if name == "AHU512" else SERVER
        server = replace(server, doors=our_doors(folder))
        if is_bad:
            server = BAD_SERVERS.get(name, server)
        if is_bad and name in BAD_DOORS:
            server = replace(server, doors=BAD_DOORS[name](code))
        console = BAD_CONSOLES[name](folder) if is_bad and name in BAD_CONSOLES else None
        return situation_of(folder, version, server=server, running=console)

    def test_finds_its_bad_example_and_nothing_else_in_it(self, code: Code, tmp_path: Path) -> None:
        found = codes(self.situation(tmp_path, code, code.bad, is_bad=True))
        expected = COMPANIONS.get(code.code, set())
        if code.code in OLD:
            expected = expected | NOTES_OF_18 | {"AHU502"}
        assert code.code in found
        assert found - {code.code} <= expected

    def test_finds_nothing_in_its_good_example(self, code: Code, tmp_path: Path) -> None:
        found = codes(self.situation(tmp_path, code, code.good, is_bad=False))
        expected = NOTES_OF_18 | {"AHU502"} if code.code == "AHU544" else set()
        assert found <= expected

    def test_explains_itself_in_two_to_six_sentences(self, code: Code, tmp_path: Path) -> None:
        assert 2 <= code.explanation.count(". ") + 1 <= 6
        assert code.title[0].islower() and not code.title.endswith(".")

    def test_gives_a_message_without_full_stop_and_a_hint(self, code: Code, tmp_path: Path) -> None:
        for finding in check(self.situation(tmp_path, code, code.bad, is_bad=True)):
            assert not finding.message.endswith(".")
            assert finding.hint and not finding.hint.endswith(".")
            assert finding.path

    def test_has_a_number_of_its_own(self, code: Code, tmp_path: Path) -> None:
        assert re.fullmatch(r"AHU5\d\d", code.code)
        assert code.code not in SQL_CODES


@pytest.mark.parametrize(
    "settings",
    [
        {"version": "1.24"},
        {"version": "1.18"},
        {"version": "1.24", "server_host": "db1"},
        {"version": "1.18", "server_host": "db1"},
        {"version": "1.24", "strict": True},
        {"version": "1.18", "strict": True},
        {"version": "1.24", "write_pool_mode": "session"},
        {"version": "1.24", "read_hosts": ("s1", "s2"), "server_host": "db1"},
        {"version": "1.18", "read_hosts": ("s1",), "server_host": "db1"},
        {"version": "1.24", "stats_users": ("operator",), "client_networks": ("10.0.0.0/8",)},
        {"version": "1.25"},
        {"version": "1.21"},
    ],
    ids=str,
)
def test_our_own_files_give_no_finding_only_notes(settings: Any, tmp_path: Path) -> None:
    version = tuple(int(part) for part in settings["version"].split("."))
    folder = folder_of(tmp_path, **settings)
    server = replace(SERVER, doors=our_doors(folder, host=settings.get("server_host", "")))
    found = check(situation_of(folder, version, server=server, running=running(folder, version)))
    assert [as_text(one) for one in found if not CODES[one.code].is_note] == []
    assert {one.code for one in found} <= NOTES_OF_18


class TestSizes:
    def found(self, folder: Path, text: str, server: ServerFacts = SERVER) -> list[Finding]:
        change(folder_of(folder), text)
        return check(situation_of(folder, server=server))

    def test_the_default_reserve_counts_for_every_pool(self, tmp_path: Path) -> None:
        line = "[databases]\nahu_write = host=/x dbname=ahu_monitoring auth_user=ahu_pgbouncer"
        [finding] = self.found(
            tmp_path, f"[pgbouncer]\nreserve_pool_size = 11\n{line} pool_size=5\n"
        )
        assert (finding.code, finding.hint) == (
            "AHU511",
            "ahu-sql install with the same settings, which sets the limit; or pool_size=4",
        )
        assert "up to 5 and a reserve of 11" in finding.message

    def test_look_ups_and_limits_of_other_roles_take_their_part(self, tmp_path: Path) -> None:
        # 25 + 10 + 4 look-ups are 39, in 100 - 3 less what other roles may take.
        fits = replace(SERVER, roles=roles(meters=58))
        assert self.found(tmp_path / "a", "[pgbouncer]\n", fits) == []
        tight = replace(SERVER, roles=roles(meters=59))
        [finding] = self.found(tmp_path / "b", "[pgbouncer]\n", tight)
        assert finding.code == "AHU512"
        assert "pools and reserves of 35 and 4 look-ups" in finding.message
        assert "max_connections = 101" in finding.hint

    def test_servers_are_counted_apart(self, tmp_path: Path) -> None:
        small = replace(NO_LIMITS, max_connections=35)
        assert {f.code for f in self.found(tmp_path / "a", "[pgbouncer]\n", small)} == {"AHU512"}
        folder = folder_of(tmp_path / "b", read_hosts=("standby",), server_host="primary")
        assert codes(situation_of(folder, server=small)) == set()

    def test_max_db_connections_caps_a_pool(self, tmp_path: Path) -> None:
        line = "ahu_write = host=/x dbname=ahu_monitoring auth_user=ahu_pgbouncer pool_size=50"
        found = self.found(tmp_path, f"[databases]\n{line} max_db_connections=14\n")
        assert [f.code for f in found] == ["AHU516"]

    def test_a_cap_on_the_clients_of_the_role_keeps_places_free_too(self, tmp_path: Path) -> None:
        folder = folder_of(tmp_path, write_client_conn=0)
        assert codes(situation_of(folder)) == {"AHU513"}
        change(folder, "[users]\nahu_read = max_user_client_connections=180\n")
        assert codes(situation_of(folder)) == set()


class TestDoors:
    def found(self, folder: Path, hba: str) -> list[Finding]:
        folder_of(folder)
        path = folder / "pgbouncer_hba.conf"
        path.write_text(hba + path.read_text())
        return check(situation_of(folder))

    @pytest.mark.parametrize(
        ("rule", "who"),
        [
            ("local ahu_read all scram-sha-256", "anybody"),
            ("local all all scram-sha-256", "anybody"),
            ("local all ahu_read scram-sha-256", "ahu_read"),
            ("local ahu_read,ahu_write ahu_write scram-sha-256", "ahu_write"),
            ("local ahu_read ahu_read,postgres scram-sha-256", "postgres"),
            ("local ahu_read @users scram-sha-256", "anybody"),
        ],
    )
    def test_whoever_is_not_the_role_of_the_alias_is_named(
        self, tmp_path: Path, rule: str, who: str
    ) -> None:
        found = self.found(tmp_path, rule + "\n")
        assert {f.code for f in found} == {"AHU532"}
        assert f"lets {who} in by alias" in found[0].message

    @pytest.mark.parametrize(
        "rules",
        [
            "local sameuser all scram-sha-256",
            "local ahu_read ahu_read scram-sha-256",
            "local pgbouncer postgres peer",
            "local other all scram-sha-256",
            "local ahu_read ahu_write reject\nlocal ahu_read ahu_read,ahu_write scram-sha-256",
            "",
        ],
    )
    def test_rules_for_the_role_itself_and_others_are_left_alone(
        self, tmp_path: Path, rules: str
    ) -> None:
        assert self.found(tmp_path, rules + "\n") == []

    def test_a_reject_that_comes_too_late_or_for_fewer_does_not_count(self, tmp_path: Path) -> None:
        open_rule = "host ahu_read ahu_read,ahu_write 0.0.0.0/0 scram-sha-256\n"
        for at, reject in enumerate(
            (
                f"{open_rule}host all all all reject\n",
                f"host all all 10.0.0.0/8 reject\n{open_rule}",
            )
        ):
            assert {f.code for f in self.found(tmp_path / str(at), reject)} == {"AHU532"}

    def test_a_broken_rule_may_be_a_reject_that_is_missing(self, tmp_path: Path) -> None:
        [finding] = self.found(tmp_path, "# x\nlocal all all everywhere reject\n")
        assert (finding.code, finding.path, finding.line) == ("AHU501", "pgbouncer_hba.conf", 2)

    @pytest.mark.parametrize("method", ["trust", "password", "md5", "peer", "cert"])
    def test_every_method_but_scram_is_found(self, tmp_path: Path, method: str) -> None:
        kind = "hostssl" if method == "cert" else "host"
        found = self.found(tmp_path, f"{kind} ahu_read ahu_read 10.0.0.0/8 {method}\n")
        assert {f.code for f in found} == {"AHU541"}


class TestLookUp:
    def found(self, folder: Path, query: str) -> set[str]:
        change(folder_of(folder), f"[pgbouncer]\nauth_query = {query}\n")
        return codes(situation_of(folder))

    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            ("select * from ahu.pgbouncer_login($1)", set()),
            ("SELECT usename, passwd FROM pg_shadow WHERE usename=$1", {"AHU551", "AHU552"}),
            (default_of("auth_query", V24), {"AHU551"}),
            ("select * from user_lookup($1)", {"AHU551", "AHU553"}),
            ("select * from ops.user_lookup($1)", {"AHU553"}),
            ("select a, b from ops.passwords where a operator(pg_catalog.=) $1", {"AHU553"}),
            ("select 'x'", {"AHU553"}),
            ("selec", {"AHU553"}),
            ("", {"AHU553"}),
        ],
    )
    def test_queries_are_judged_by_their_syntax_tree(
        self, tmp_path: Path, query: str, expected: set[str]
    ) -> None:
        assert self.found(tmp_path, query) == expected

    def test_a_query_of_an_alias_counts_instead_of_the_global_one(self, tmp_path: Path) -> None:
        folder = folder_of(tmp_path)
        ini = (folder / "pgbouncer.ini").read_text()
        own = "auth_user=ahu_pgbouncer auth_query='select * from x($1)' pool_mode"
        changed = ini.replace("auth_user=ahu_pgbouncer pool_mode", own)
        (folder / "pgbouncer.ini").write_text(changed.replace("ahu.pgbouncer_login", "nobody.asks"))
        found = check(situation_of(folder))
        assert {f.code for f in found} == {"AHU551", "AHU553"}
        assert not any("nobody" in f.message for f in found)

    def test_nobody_asks_where_nobody_looks_up(self, tmp_path: Path) -> None:
        folder = folder_of(tmp_path)
        path = folder / "pgbouncer.ini"
        path.write_text(re.sub(r"auth_user=\w+|auth_query = .*", "", path.read_text()))
        assert codes(situation_of(folder, server=SERVER)) == {"AHU545"}

    def test_a_secret_that_may_not_be_seen_is_not_guessed(self, tmp_path: Path) -> None:
        unseen = {name: replace(role, secret=None) for name, role in roles().items()}
        folder = folder_of(tmp_path)
        assert codes(situation_of(folder, server=replace(SERVER, roles=unseen))) == set()
        unseen["ahu_read"] = replace(unseen["ahu_read"], is_expired=True)
        assert codes(situation_of(folder, server=replace(SERVER, roles=unseen))) == {"AHU557"}

    def test_an_auth_user_that_is_no_role_is_named(self, tmp_path: Path) -> None:
        missing = {name: role for name, role in roles().items() if name != "ahu_pgbouncer"}
        found = check(situation_of(folder_of(tmp_path), server=replace(SERVER, roles=missing)))
        assert [f.code for f in found] == ["AHU556"]
        assert "there is no role ahu_pgbouncer" in found[0].message


class TestServerDoors:
    """The first rule, as PostgreSQL finds it; for pgbouncers that come from who knows where too."""

    def found(self, folder: Path, hba: str, host: str = "", **known: Any) -> set[str]:
        folder_of(folder, **({"server_host": host} if host else {}))
        doors = doors_of(hba, "ahu_pgbouncer postgres ahu_pgbouncer", **({"host": host} | known))
        return codes(situation_of(folder, server=replace(SERVER, doors=doors)))

    @pytest.mark.parametrize(
        ("host", "expected"), [("", "AHU591"), ("127.0.0.1", None), ("db1", "AHU591")]
    )
    def test_forgotten_files_are_found_on_a_server_as_debian_makes_it(
        self, tmp_path: Path, host: str, expected: str | None
    ) -> None:
        # By TCP from the server itself scram-sha-256 is there anyway.
        assert self.found(tmp_path, DEBIAN, host) == ({expected} if expected else set())

    @pytest.mark.parametrize(
        ("host", "hba", "expected"),
        [
            ("db1", "", {"AHU591"}),
            ("db1", "local all all scram-sha-256", {"AHU591"}),
            ("db1", "host all all all scram-sha-256", set()),
            ("db1", "host all all 0.0.0.0/0 scram-sha-256", set()),
            (
                "db1",
                "host all all 0.0.0.0/0.0.0.0 reject\nhost all all all scram-sha-256",
                {"AHU591"},
            ),
            (
                "db1",
                "host all all 10.0.0.0/255.0.0.0 scram-sha-256\nhost all all all reject",
                set(),
            ),
            ("db1", "host all all samenet scram-sha-256\nhost all all all trust", set()),
            ("db1", "host all all .plant scram-sha-256\nhost all all all reject", set()),
            ("db1", "host all all 10.0.0.0/8 trust", {"AHU592"}),
            ("db1", "host all all localhost trust\nhost all all all scram-sha-256", set()),
            ("db1", "host all all all cert", {"AHU591"}),
            ("db1", "host all all all ldap", {"AHU591"}),
            ("db1", "host all all all password", {"AHU591", "AHU592"}),
            ("127.0.0.1", "host all all 127.0.0.0/8 reject\nhost all all all md5", {"AHU591"}),
            ("127.0.0.1", "host all all samehost md5\nhost all all all reject", {"AHU592"}),
            ("127.0.0.1", "host all all ::1/128 reject\nhost all all all scram-sha-256", set()),
            ("127.0.0.1", "host all all 10.0.0.0/8 reject\nhost all all all scram-sha-256", set()),
            ("::1", "host all all 127.0.0.1/8 reject\nhost all all ::1/128 scram-sha-256", set()),
            ("localhost", "host all all localhost scram-sha-256\nhost all all all reject", set()),
            ("", "local all all trust", {"AHU592"}),
            ("", "local /^ahu_m /^ahu_ reject\nlocal all all trust", {"AHU591"}),
            ("", "local /( all reject\nlocal all all trust", {"AHU592"}),
            ("", "local all +readers reject\nlocal all all trust", {"AHU591", "AHU592"}),
            ("", "local samerole all reject\nlocal all all trust", {"AHU592"}),
        ],
    )
    def test_the_first_rule_that_can_be_reached_decides(
        self, tmp_path: Path, host: str, hba: str, expected: set[str]
    ) -> None:
        members = frozenset({("readers", "ahu_read")})
        assert self.found(tmp_path, hba, host, members=members) == expected

    def test_loopback_to_a_server_in_a_container_is_no_loopback_there(self, tmp_path: Path) -> None:
        hba = "host all all 127.0.0.1/32 scram-sha-256"
        assert self.found(tmp_path / "a", hba, "127.0.0.1", address="127.0.0.1") == set()
        assert self.found(tmp_path / "b", hba, "127.0.0.1", address="172.17.0.2") == {"AHU591"}

    @pytest.mark.parametrize(
        ("mode", "has_tls", "expected"),
        [
            ("prefer", True, set()),
            ("prefer", False, {"AHU591"}),
            ("require", True, set()),
            ("disable", True, {"AHU574", "AHU591"}),
            ("allow", True, set()),
        ],
    )
    def test_whether_pgbouncer_comes_by_tls_is_counted_in(
        self, tmp_path: Path, mode: str, has_tls: bool, expected: set[str]
    ) -> None:
        folder = folder_of(tmp_path, server_host="db1")
        change(folder, f"[pgbouncer]\nserver_tls_sslmode = {mode}\n")
        hba = "hostssl all all all scram-sha-256\nhostgssenc all all all trust"
        doors = doors_of(hba, host="db1", has_tls=has_tls)
        assert codes(situation_of(folder, server=replace(SERVER, doors=doors))) == expected

    @pytest.mark.parametrize(
        ("mapping", "expected"),
        [
            ("m postgres ahu_pgbouncer", set()),
            ("m /^(.*)$ \\1", set()),
            ("m postgres /^ahu_", set()),
            ("m postgres all", set()),
            ("m postgres ahu_read", {"AHU591"}),
            ("other postgres ahu_pgbouncer", {"AHU591"}),
            ("", {"AHU591"}),
        ],
    )
    def test_a_map_must_have_a_line_for_the_role(
        self, tmp_path: Path, mapping: str, expected: set[str]
    ) -> None:
        hba = "local all ahu_pgbouncer peer map=m\nlocal all all scram-sha-256"
        for at, known in enumerate(({}, {"mappings": None})):
            folder = folder_of(tmp_path / str(at))
            doors = doors_of(hba, mapping, **known)
            found = codes(situation_of(folder, server=replace(SERVER, doors=doors)))
            assert found == (set() if known else expected)

    def test_a_password_over_the_socket_will_do_where_the_userlist_has_it(
        self, tmp_path: Path
    ) -> None:
        assert self.found(tmp_path, "local all all scram-sha-256") == {"AHU591"}
        (tmp_path / "userlist.txt").write_text('"ahu_pgbouncer" "geheim"\n')
        (tmp_path / "userlist.txt").chmod(0o600)
        doors = doors_of("local all all scram-sha-256")
        assert codes(situation_of(tmp_path, server=replace(SERVER, doors=doors))) == set()

    def test_of_several_servers_the_one_that_was_looked_at_counts(self, tmp_path: Path) -> None:
        folder = folder_of(tmp_path, server_host="db1", read_hosts=("db2",))
        for host, address, expected in (
            ("db1", "10.0.0.1", "ahu_pgbouncer and ahu_write"),
            ("db2", "10.0.0.2", "ahu_pgbouncer and ahu_read"),
            ("10.0.0.9", "10.0.0.9", None),
        ):
            doors = doors_of("host all all all reject", host=host, address=address)
            found = check(situation_of(folder, server=replace(SERVER, doors=doors)))
            assert [f.message.split(" to database")[0] for f in found] == (
                [f"the first rule for {expected}"] if expected else []
            )

    def test_the_hint_can_be_typed(self, tmp_path: Path) -> None:
        doors = doors_of(DEBIAN)
        found = check(situation_of(folder_of(tmp_path), server=replace(SERVER, doors=doors)))
        assert {f.path + f":{f.line}" for f in found} == {"hba:3"}
        assert all(
            "at the top of pg_hba.conf, then: select pg_reload_conf()" in f.hint for f in found
        )


class TestItsOwnPassword:
    def found(self, folder: Path, **facts: Any) -> list[Finding]:
        known = roles()
        known["ahu_pgbouncer"] = replace(known["ahu_pgbouncer"], **facts)
        return check(situation_of(folder, server=replace(SERVER, roles=known)))

    @pytest.mark.parametrize(
        ("facts", "said"),
        [
            ({"secret": "none"}, "has no password on the server"),
            ({"secret": "md5"}, "has an MD5 password"),
            ({"is_expired": True}, "VALID UNTIL is over"),
            ({"is_other": True}, "in the userlist is not the one on the server"),
        ],
    )
    def test_what_the_server_has_is_compared_by_tcp_alone(
        self, tmp_path: Path, facts: dict[str, Any], said: str
    ) -> None:
        assert self.found(folder_of(tmp_path / "socket"), **facts) == []
        folder = folder_of(tmp_path / "tcp", server_host="db1")
        [finding] = self.found(folder, **facts)
        assert finding.code == "AHU558" and said in finding.message
        change(folder, "[pgbouncer]\nserver_tls_key_file = /x\n")
        assert self.found(folder, **facts) == []

    @pytest.mark.parametrize("line", ["", '"ahu_pgbouncer" ""', '"other" "x"'])
    def test_a_userlist_without_it_needs_no_server_to_be_found(
        self, tmp_path: Path, line: str
    ) -> None:
        folder = folder_of(tmp_path, server_host="db1")
        (folder / "userlist.txt").write_text(line + "\n")
        (folder / "userlist.txt").chmod(0o600)
        assert codes(situation_of(folder)) == {"AHU558"}
        (folder / "userlist.txt").unlink()
        assert codes(situation_of(folder)) == {"AHU503"}
        path = folder / "pgbouncer.ini"
        path.write_text(re.sub("(?m)^auth_file.*$", "", path.read_text()))
        assert codes(situation_of(folder)) == {"AHU558"}

    @pytest.mark.parametrize("secret", ["md5" + "0" * 32, "SCRAM-SHA-256$4096:x"])
    def test_a_hash_of_it_is_no_password(self, tmp_path: Path, secret: str) -> None:
        folder = folder_of(tmp_path, server_host="db1")
        (folder / "userlist.txt").write_text(f'"ahu_pgbouncer" "{secret}"\n')
        (folder / "userlist.txt").chmod(0o600)
        assert codes(situation_of(folder)) == {"AHU558"}


class TestPortsInHosts:
    @pytest.mark.parametrize(
        ("host", "is_found"),
        [
            ("127.0.0.1:5456", True),
            ("db1,db2:5433", True),
            ("[::1]:5432", True),
            ("[::1]", True),
            ("::1", False),
            ("fe80::1%eth0", False),
            ("/var/run/a:b", False),
            ("db1,db2", False),
        ],
    )
    def test_a_port_behind_a_host_is_found(self, tmp_path: Path, host: str, is_found: bool) -> None:
        folder = folder_of(tmp_path, server_host="db1")
        path = folder / "pgbouncer.ini"
        path.write_text(path.read_text().replace("host=db1", f"host={host}"))
        found = [f for f in check(situation_of(folder)) if f.code == "AHU506"]
        assert len(found) == (2 if is_found else 0)
        if host == "127.0.0.1:5456":
            assert found[0].hint.startswith("host=127.0.0.1 port=5456")


class TestHintsAndPlaces:
    def test_no_hint_puts_a_password_on_a_command_line(self, tmp_path: Path) -> None:
        known = roles() | {"ahu_read": RoleFacts("ahu_read", 30, "none", False)}
        [finding] = check(situation_of(folder_of(tmp_path), server=replace(SERVER, roles=known)))
        assert finding.hint == "AHU_READ_PASSWORD_FILE=FILE ahu-sql install"
        for code in CODES.values():
            assert "PASSWORD=" not in code.good + code.explanation

    def test_a_role_limit_of_files_of_others_is_altered_by_hand(self, tmp_path: Path) -> None:
        path = folder_of(tmp_path) / "pgbouncer.ini"
        path.write_text(re.sub("(?m)^;.*\n", "", path.read_text()))
        found = check(situation_of(tmp_path, server=replace(SERVER, roles=roles(ahu_read=9))))
        [hint] = [f.hint for f in found if f.code == "AHU511"]
        assert hint == "pool_size=4, or the limit: alter role ahu_read connection limit 25"

    def test_what_is_absent_is_missed_where_it_belongs(self, tmp_path: Path) -> None:
        path = folder_of(tmp_path) / "pgbouncer.ini"
        text = re.sub("(?m)^(ahu_write = |query_wait_timeout|auth_query).*\n", "", path.read_text())
        path.write_text(text)
        lines = {f.code: f.line for f in check(situation_of(tmp_path)) if f.code != "AHU513"}
        section = {line: at for at, line in enumerate(text.split("\n"), 1) if line[:1] == "["}
        assert lines["AHU531"] == section["[databases]"]
        assert lines["AHU521"] == section["[pgbouncer]"]
        assert all(
            f.line == 0 for f in check(situation_of(tmp_path, (1, 17))) if f.code == "AHU571"
        )

    def test_a_query_that_nobody_wrote_is_not_called_unqualified(self, tmp_path: Path) -> None:
        path = folder_of(tmp_path) / "pgbouncer.ini"
        path.write_text(re.sub("(?m)^auth_query.*\n", "", path.read_text()))
        [finding] = check(situation_of(tmp_path))
        assert finding.code == "AHU551"
        assert finding.message == (
            "auth_query is not set; its default reads pg_authid, which ahu_pgbouncer may not"
        )

    def test_files_that_lie_elsewhere_are_put_there_before_a_reload(self, tmp_path: Path) -> None:
        folder = folder_of(tmp_path)
        now = running(folder, query_wait_timeout="120")
        for conffile, expected in ((folder / "pgbouncer.ini", "reload"), ("/etc/x.ini", "put the")):
            row = {"key": "conffile", "value": str(conffile), "changeable": "yes"}
            started = replace(now, settings=[*now.settings, row])
            [finding] = check(situation_of(folder, running=started))
            assert finding.hint.startswith(expected) and "reload" in finding.hint


def test_a_configuration_that_one_may_not_read_says_who_may(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: Path, *_: object) -> bool:
        raise PermissionError(13, "Permission denied")

    folder = folder_of(tmp_path)
    for method in ("is_dir", "open"):
        with monkeypatch.context() as patch, pytest.raises(AhuSqlError) as caught:
            patch.setattr(Path, method, refuse)
            read_configuration(folder, V24)
        assert caught.value.detail and "permission denied" in caught.value.detail
        assert f"sudo -u postgres ahu-sql pgbouncer check {folder}" in str(caught.value.hint)


class TestVersions:
    @pytest.mark.parametrize(
        ("version", "expected"),
        [((1, 18), {"AHU502"}), ((1, 20), {"AHU502"}), ((1, 24), set()), ((1, 26), set())],
    )
    def test_a_file_for_another_version(
        self, tmp_path: Path, version: tuple[int, ...], expected: set[str]
    ) -> None:
        folder = folder_of(tmp_path, version="1.24")
        assert codes(situation_of(folder, version)) - NOTES_OF_18 == expected

    def test_a_later_setting_says_when_it_came(self, tmp_path: Path) -> None:
        change(folder_of(tmp_path), "[pgbouncer]\ntransaction_timeout = 0\n")
        [finding] = check(situation_of(tmp_path))
        assert finding.message.startswith('setting "transaction_timeout" came with 1.25')
        assert codes(situation_of(tmp_path, (1, 25))) == set()

    @pytest.mark.parametrize("line", ["[foo]", "[pgbouncer]\nFoo = 1", "[users]\nu = pool=1"])
    def test_what_no_version_knows_is_left_to_later_ones(self, tmp_path: Path, line: str) -> None:
        folder_of(tmp_path)
        path = tmp_path / "pgbouncer.ini"
        path.write_text(line + "\n" + path.read_text())
        assert "AHU502" in codes(situation_of(tmp_path))
        assert "AHU502" not in codes(situation_of(tmp_path, (1, 26)))

    @pytest.mark.parametrize(
        ("version", "is_found"),
        [((1, 18), False), ((1, 20), True), ((1, 24), True), (V24, True), ((1, 25), False)],
    )
    def test_the_spin_is_found_where_options_are_read(
        self, tmp_path: Path, version: tuple[int, ...], is_found: bool
    ) -> None:
        change(folder_of(tmp_path), "[pgbouncer]\nignore_startup_parameters = extra_float_digits\n")
        assert ("AHU566" in codes(situation_of(tmp_path, version))) is is_found

    @pytest.mark.parametrize("version", [(1, 21), (1, 23, 1)])
    def test_prepared_statements_are_off_by_default_before_1_24(
        self, tmp_path: Path, version: tuple[int, ...]
    ) -> None:
        folder = folder_of(tmp_path, version="1.18")
        assert "AHU561" in codes(situation_of(folder, version))
        assert "AHU561" not in codes(situation_of(folder, V24))


class TestRunning:
    def test_what_needs_a_restart_is_told_so(self, tmp_path: Path) -> None:
        folder = folder_of(tmp_path)
        now = running(folder, listen_port="7000")
        rows = [{**row, "changeable": "no"} for row in now.settings]
        [finding] = check(situation_of(folder, running=replace(now, settings=rows)))
        assert finding.code == "AHU581"
        assert 'listen_port is "6432" here and "7000"' in finding.message
        assert "restart" in finding.hint

    def test_an_alias_that_differs_or_is_not_there_yet(self, tmp_path: Path) -> None:
        folder = folder_of(tmp_path)
        now = running(folder)
        rows = [{**now.databases[0], "pool_size": 50}]
        found = check(situation_of(folder, running=replace(now, databases=rows)))
        assert [f.code for f in found] == ["AHU581", "AHU581"]
        assert 'pool size of "ahu_read" is "20" here and "50"' in found[0].message
        assert 'alias "ahu_write" is not in the running' in found[1].message

    def test_a_container_may_listen_elsewhere_by_a_file_that_includes_ours(
        self, tmp_path: Path
    ) -> None:
        folder = folder_of(tmp_path)
        now = running(folder, listen_addr="*", auth_file="/run/pgbouncer/userlist.txt")
        for conffile, expected in ((folder / "pgbouncer.ini", 2), ("/run/pgbouncer.ini", 0)):
            row = {"key": "conffile", "value": str(conffile), "changeable": "yes"}
            started = replace(now, settings=[*now.settings, row])
            found = check(situation_of(folder, running=started))
            assert [f.code for f in found] == ["AHU581"] * expected

    def test_the_running_configuration_alone_is_checked_as_far_as_it_shows(
        self, tmp_path: Path
    ) -> None:
        now = running(folder_of(tmp_path), query_wait_timeout="120", query_timeout="5")
        shown = running_configuration(now.settings, now.databases)
        found = check(Situation(shown, V24, SERVER, now))
        assert {f.code for f in found} == {"AHU521", "AHU529"}
        assert as_text(found[0]).startswith("SHOW CONFIG: AHU521 query_wait_timeout is 120 s")


def test_no_finding_shows_a_password(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, server_host="db1")
    path = folder / "pgbouncer.ini"
    path.write_text(
        path.read_text().replace("pool_mode=", "user=x password=streng'  'geheim pool_mode=")
    )
    (folder / "userlist.txt").write_text('"ahu_read" "geheim"\n"x" "geheim"\n"geheim\n')
    (folder / "userlist.txt").chmod(0o644)
    found = check(situation_of(folder, server=SERVER))
    assert {"AHU501", "AHU534", "AHU542", "AHU543"} <= {f.code for f in found}
    assert "geheim" not in "".join(map(as_text, found))
