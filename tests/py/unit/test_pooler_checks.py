"""What `ahu-sql pgbouncer check` finds, and above all what it leaves alone."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ahu_sql.linter import CODES as SQL_CODES
from ahu_sql.linter.findings import Code, Finding, as_text
from ahu_sql.locations import pgbouncer_folder
from ahu_sql.pooler.checks import Running, Situation, check
from ahu_sql.pooler.codes import CODES
from ahu_sql.pooler.configuration import running_configuration
from ahu_sql.pooler.configuration_files import read_configuration
from ahu_sql.pooler.files import render_files
from ahu_sql.pooler.folder import write_files
from ahu_sql.pooler.known_settings import default_of
from ahu_sql.pooler.server_facts import LoginFunction, RoleFacts, ServerFacts
from ahu_sql.settings import Pgbouncer

V18, V24 = (1, 18, 0), (1, 24, 1)
NOTES_OF_18 = {"AHU514", "AHU562", "AHU572"}
FUNCTION = LoginFunction("postgres", True, frozenset({"ahu_pgbouncer", "postgres"}))


def roles(**limits: int | None) -> dict[str, RoleFacts]:
    wanted = {"ahu_read": 30, "ahu_write": 15, "ahu_pgbouncer": 4, "postgres": None} | limits
    return {name: RoleFacts(name, limit, "scram", False) for name, limit in wanted.items()}


SERVER = ServerFacts("ahu_monitoring", 100, 3, roles(), FUNCTION, ())
NO_LIMITS = replace(SERVER, roles=roles(ahu_read=None, ahu_write=None))


def folder_of(folder: Path, **settings: Any) -> Path:
    """Our own files, as rendered."""
    files = render_files(pgbouncer_folder(), Pgbouncer(**settings), "geheim")
    write_files(folder, files)
    return folder


def situation_of(folder: Path, version: tuple[int, ...] = V24, **known: Any) -> Situation:
    return Situation(read_configuration(folder, version), version, **known)


def codes(situation: Situation) -> set[str]:
    return {finding.code for finding in check(situation)}


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
BAD_CONSOLES: dict[str, Callable[[Path], Running]] = {
    "AHU581": lambda folder: running(folder, query_wait_timeout="120"),
    "AHU582": lambda folder: running(folder, V18),
    "AHU583": at_rest,
}
OLD = {"AHU514": V18, "AHU544": V18, "AHU562": V18, "AHU571": (1, 17), "AHU572": V18}
ONLY_BY_VERSION = {"AHU514", "AHU562", "AHU571", "AHU572"}
COMPANIONS = {
    # What cannot but come with it.
    "AHU505": {*(f"AHU5{n}" for n in (13, 21, 22, 23, 24, 25, 28, 33, 41, 51, 73))},
}


@pytest.mark.parametrize("code", CODES.values(), ids=CODES)
class TestEveryCode:
    def situation(self, folder: Path, code: Code, text: str, *, is_bad: bool) -> Situation:
        name = code.code
        version = OLD.get(name, V24) if is_bad or name not in ONLY_BY_VERSION else V24
        folder_of(folder, version="1.24")
        if name == "AHU503" and not is_bad:
            (folder / "pgbouncer_hba.conf").rename(folder / "elsewhere.conf")
            text = text.replace("/etc/pgbouncer/pgbouncer_hba.conf", str(folder / "elsewhere.conf"))
        if name not in BAD_SERVERS and name not in BAD_CONSOLES:
            put(folder, code, text)
        if name == "AHU543":
            (folder / "userlist.txt").chmod(0o644 if is_bad else 0o600)
        if name == "AHU542":
            (folder / "userlist.txt").chmod(0o600)
        server = NO_LIMITS if name == "AHU512" else SERVER
        if is_bad:
            server = BAD_SERVERS.get(name, server)
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
    server = replace(SERVER, database="ahu_monitoring")
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
        assert (finding.code, finding.hint.split(",")[0]) == ("AHU511", "pool_size=4")
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
        assert self.found(tmp_path, f"[databases]\n{line} max_db_connections=14\n") == []

    def test_a_cap_on_the_clients_of_the_role_keeps_places_free_too(self, tmp_path: Path) -> None:
        folder = folder_of(tmp_path, write_client_conn=0)
        assert codes(situation_of(folder)) == {"AHU513"}
        change(folder, "[users]\nahu_read = max_user_client_connections=180\n")
        assert codes(situation_of(folder)) == set()


class TestDoors:
    def found(self, folder: Path, hba: str) -> list[Finding]:
        folder_of(folder)
        (folder / "pgbouncer_hba.conf").write_text(hba)
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
