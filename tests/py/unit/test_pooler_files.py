"""The pooler's files: what is rendered for which version and site, and what it promises there."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import itertools
import re
from typing import Any

import jinja2
import pytest
import yaml

from ahu_sql.locations import pgbouncer_folder, sql_folder
from ahu_sql.pooler.files import PoolerFile, is_intact, render_files
from ahu_sql.pooler.folder import NAMES
from ahu_sql.pooler.versions import INTRODUCED, knows
from ahu_sql.renderer import render
from ahu_sql.settings import Pgbouncer, Settings
from ahu_sql.source_tree import read_source_tree

PASSWORD = 'door"keeper \\ 독자'
VERSIONS = ("1.18", "1.18.0", "1.19", "1.21", "1.24", "1.24.1", "1.25")
BY_SOCKET = Pgbouncer()
BY_TCP = Pgbouncer(server_host="db.plant")
SITES = {
    "by its socket": BY_SOCKET,
    "by TCP": BY_TCP,
    "with standbys": dataclasses.replace(BY_TCP, read_hosts=("s1", "s2", "db.plant")),
    "with a standby on the pooler's machine": dataclasses.replace(BY_TCP, read_hosts=("/tmp",)),
    "by its socket, with a standby": dataclasses.replace(BY_SOCKET, read_hosts=("s1",)),
    "with watchers": dataclasses.replace(BY_SOCKET, stats_users=("dba", "ops")),
    "with watchers, by TCP": dataclasses.replace(BY_TCP, stats_users=("dba",)),
    "strict, session": dataclasses.replace(BY_TCP, strict=True, write_pool_mode="session"),
    "in a network of Docker": dataclasses.replace(BY_TCP, docker_network="site_default"),
    "on the pooler's machine, by TCP": dataclasses.replace(BY_TCP, server_host="127.0.0.1"),
    "with lines of its own": dataclasses.replace(BY_TCP, include="/etc/site/pooler.ini"),
}
ALL = [
    pytest.param(dataclasses.replace(site, version=version), id=f"{version} {name}")
    for name, site in SITES.items()
    for version in ("1.18", "1.24", "1.25")
]


@functools.cache
def rendered(pooler: Pgbouncer, password: str | None = PASSWORD) -> dict[str, PoolerFile]:
    files = render_files(pgbouncer_folder(), pooler, None if pooler.uses_socket else password)
    by_name = {file.name: file for file in files}
    assert len(by_name) == len(files)
    return by_name


def text_of(pooler: Pgbouncer, name: str) -> str:
    return rendered(pooler)[name].text


def ini(pooler: Pgbouncer) -> dict[str, dict[str, str]]:
    """The sections of pgbouncer.ini, as pgbouncer itself reads them."""
    sections: dict[str, dict[str, str]] = {}
    for line in text_of(pooler, "pgbouncer.ini").splitlines():
        if header := re.fullmatch(r"\[(\w+)\]", line):
            current = sections[header[1]] = {}
        elif line.startswith("%include "):
            continue
        elif line and not line.startswith((";", "#")):
            key, equals, value = line.partition("=")
            assert equals and key.strip() not in current, line
            current[key.strip()] = value.strip()
    return sections


def alias(pooler: Pgbouncer, name: str) -> dict[str, str]:
    """What one line of [databases] says, where no value needs quotes."""
    return dict(pair.split("=", 1) for pair in ini(pooler)["databases"][name].split())


def hba(pooler: Pgbouncer, name: str) -> list[list[str]]:
    lines = text_of(pooler, name).splitlines()
    return [line.split() for line in lines if line and not line.startswith("#")]


class TestWhichFilesThereAre:
    ALWAYS = frozenset({"pgbouncer.ini", "pgbouncer_hba.conf", "userlist.txt", "server_hba.conf"})

    @pytest.mark.parametrize(
        ("site", "more"),
        [
            ("by its socket", {"server_ident.conf"}),
            ("by TCP", {"docker-compose.yml", ".gitignore"}),
            ("with standbys", {"docker-compose.yml", ".gitignore"}),
            ("on the pooler's machine, by TCP", {".gitignore"}),
            ("by its socket, with a standby", {"server_ident.conf", ".gitignore"}),
            ("with a standby on the pooler's machine", {"server_ident.conf", ".gitignore"}),
        ],
    )
    def test_a_site_gets_what_its_way_to_the_server_needs(self, site: str, more: set[str]) -> None:
        assert set(rendered(SITES[site])) == self.ALWAYS | more

    @pytest.mark.parametrize("pooler", ALL)
    def test_the_folder_knows_every_name_there_may_be(self, pooler: Pgbouncer) -> None:
        assert set(rendered(pooler)) <= set(NAMES)
        assert len(set(NAMES)) == len(NAMES)

    @pytest.mark.parametrize("version", VERSIONS)
    def test_a_container_s_is_there_where_debian_has_just_that_version(self, version: str) -> None:
        files = rendered(dataclasses.replace(BY_TCP, version=version))
        has_package = version.startswith(("1.18", "1.24"))
        assert set(files) == self.ALWAYS | {".gitignore"} | (
            {"docker-compose.yml"} if has_package else set()
        )

    @pytest.mark.parametrize("version", VERSIONS)
    def test_the_server_s_lines_are_those_of_tcp_with_or_without_a_container(
        self, version: str
    ) -> None:
        for host in ("db.plant", "127.0.0.1"):
            pooler = dataclasses.replace(BY_TCP, version=version, server_host=host)
            assert hba(pooler, "server_hba.conf") == hba(BY_TCP, "server_hba.conf")

    def test_every_template_is_used(self) -> None:
        templates = {path.name.removesuffix(".j2") for path in pgbouncer_folder().glob("*.j2")}
        names = {name for site in SITES.values() for name in rendered(site)}
        assert templates == {name.removeprefix(".") for name in names}

    @pytest.mark.parametrize("pooler", ALL)
    def test_each_is_marked_intact_and_ends_with_one_line_break(self, pooler: Pgbouncer) -> None:
        for file in rendered(pooler).values():
            comment = "; " if file.name in ("pgbouncer.ini", "userlist.txt") else "# "
            assert file.text.startswith(f"{comment}Written by ahu-sql pgbouncer render")
            assert is_intact(file.text)
            assert file.text.endswith("\n") and not file.text.endswith("\n\n")
            assert "{{" not in file.text and "{%" not in file.text
            assert "\n\n\n" not in file.text and "\t" not in file.text

    def test_the_same_settings_give_the_same_files(self) -> None:
        assert rendered(BY_TCP) == rendered(BY_TCP)


class TestTheMark:
    TEXT = rendered(BY_TCP)["pgbouncer.ini"].text

    def test_is_broken_by_any_edit(self) -> None:
        for edited in (
            self.TEXT.replace("max_client_conn = 200", "max_client_conn = 300"),
            self.TEXT + "\n",
            self.TEXT.removesuffix("\n"),
            self.TEXT.replace("\n", "\r\n"),
            self.TEXT.replace("Written by", "written by", 1),
            self.TEXT.partition("\n")[2],
            "; a remark\n" + self.TEXT,
            self.TEXT.partition("\n")[0] + "\n",
        ):
            assert edited != self.TEXT
            assert not is_intact(edited)

    def test_is_not_to_be_had_by_a_sum_alone(self) -> None:
        text = "[pgbouncer]\n"
        checksum = hashlib.sha256(text.encode()).hexdigest()[:16]
        assert not is_intact(f"; somebody else's ({checksum})\n{text}")
        assert not is_intact("")


class TestPasswords:
    @pytest.mark.parametrize("pooler", ALL)
    def test_no_file_but_the_userlist_holds_one(self, pooler: Pgbouncer) -> None:
        for name, file in rendered(pooler).items():
            holds = name == "userlist.txt" and not pooler.uses_socket
            assert ("keeper" in file.text) is holds
            assert file.is_secret is holds
            assert "password=" not in file.text

    def test_it_is_kept_out_of_git(self) -> None:
        lines = text_of(BY_TCP, ".gitignore").splitlines()
        assert [line for line in lines if not line.startswith("#")] == [
            "userlist.txt",
            ".userlist.txt.*",  # what is left of one that was being written
        ]

    @pytest.mark.parametrize(
        ("password", "written"),
        [
            ("plain", '"plain"'),
            ('a"b', '"a""b"'),
            ('"', '""""'),
            ("back\\slash", '"back\\slash"'),
            ("; no comment", '"; no comment"'),
            ("독자 €", '"독자 €"'),
            ("{{ 7 * 7 }}", '"{{ 7 * 7 }}"'),
            ("%include /etc/passwd", '"%include /etc/passwd"'),
        ],
    )
    def test_it_is_quoted_as_pgbouncer_reads_it(self, password: str, written: str) -> None:
        text = rendered(BY_TCP, password)["userlist.txt"].text
        assert [line for line in text.splitlines() if not line.startswith(";")] == [
            f'"ahu_pgbouncer" {written}'
        ]

    def test_the_userlist_knows_neither_role_that_logs_in_through_the_pooler(self) -> None:
        for site in SITES.values():
            lines = text_of(site, "userlist.txt").splitlines()
            names = {line.split()[0] for line in lines if not line.startswith(";")}
            own = set() if site.uses_socket else {'"ahu_pgbouncer"'}
            assert names == own | {f'"{user}"' for user in site.stats_users}

    def test_who_watches_needs_none(self) -> None:
        lines = text_of(SITES["with watchers"], "userlist.txt").splitlines()
        assert lines[-2:] == ['"dba" ""', '"ops" ""']

    def test_a_password_that_is_missing_is_no_empty_one(self) -> None:
        with pytest.raises(AttributeError):
            rendered(BY_TCP, None)


class TestVersions:
    LEFT_OUT = re.compile(r"^; ([\w ]+) is left out, it came with ([\d.]+): (.+)\.$", re.MULTILINE)

    @pytest.mark.parametrize("version", VERSIONS)
    def test_no_setting_is_younger_than_the_pooler(self, version: str) -> None:
        for site in SITES.values():
            pooler = dataclasses.replace(site, version=version)
            sections = ini(pooler)
            names = {*sections["pgbouncer"], *sections["users"]}
            for line in sections["databases"].values():
                names |= set(re.findall(r"(\w+)=", line))
            assert [name for name in names if not knows(pooler.numbers, name)] == []

    @pytest.mark.parametrize("pooler", ALL)
    def test_one_that_it_lacks_is_named_with_what_follows(self, pooler: Pgbouncer) -> None:
        text = text_of(pooler, "pgbouncer.ini")
        left = {name: (came, why) for name, came, why in self.LEFT_OUT.findall(text)}
        assert len(left) == text.count("left out")
        for name, (came, why) in left.items():
            assert came == ".".join(str(number) for number in INTRODUCED[name])
            assert not knows(pooler.numbers, name)
            assert why.strip()
            assert f"\n{name} =" not in text and f" {name}=" not in text

    def test_1_18_lacks_these(self) -> None:
        pooler = dataclasses.replace(SITES["with standbys"], version="1.18")
        names = {name for name, *_ in self.LEFT_OUT.findall(text_of(pooler, "pgbouncer.ini"))}
        assert names == {
            "cancel_wait_timeout",
            "load_balance_hosts",
            "max_db_client_connections",
            "max_prepared_statements",
            "track_extra_parameters",
            "transaction_timeout",
        }
        assert "reserve_pool" in alias(pooler, "ahu_read")
        assert "reserve_pool_size" not in alias(pooler, "ahu_read")

    def test_1_24_lacks_this_alone(self) -> None:
        pooler = dataclasses.replace(SITES["with standbys"], version="1.24")
        names = {name for name, *_ in self.LEFT_OUT.findall(text_of(pooler, "pgbouncer.ini"))}
        assert names == {"transaction_timeout"}
        assert ini(pooler)["pgbouncer"]["max_prepared_statements"] == "200"
        assert alias(pooler, "ahu_read")["load_balance_hosts"] == "round-robin"
        assert "reserve_pool_size" in alias(pooler, "ahu_read")

    def test_1_25_lacks_nothing(self) -> None:
        pooler = dataclasses.replace(SITES["with standbys"], version="1.25")
        assert self.LEFT_OUT.findall(text_of(pooler, "pgbouncer.ini")) == []
        assert ini(pooler)["pgbouncer"]["transaction_timeout"] == "0"

    def test_nothing_is_said_to_be_left_out_that_the_site_did_not_want(self) -> None:
        pooler = dataclasses.replace(BY_TCP, version="1.18", write_client_conn=0)
        text = text_of(pooler, "pgbouncer.ini")
        assert "max_db_client_connections" not in text and "load_balance_hosts" not in text

    @pytest.mark.parametrize("version", VERSIONS)
    def test_a_third_number_changes_nothing_but_its_mention(self, version: str) -> None:
        pooler = dataclasses.replace(BY_TCP, version=version)
        patched = dataclasses.replace(BY_TCP, version=".".join([*version.split(".")[:2], "7"]))
        assert ini(pooler) == ini(patched)


TIMES = re.compile(r"\w+_(timeout|lifetime|retry|delay|ttl|keepalive|keepidle|keepintvl|keepcnt)")
TIMEOUTS_OF_1_18 = {
    *("query_timeout", "query_wait_timeout", "idle_transaction_timeout", "client_idle_timeout"),
    *("client_login_timeout", "server_connect_timeout", "server_login_retry", "server_lifetime"),
    *("server_idle_timeout", "server_check_delay", "reserve_pool_timeout", "suspend_timeout"),
    *("dns_max_ttl", "dns_nxdomain_ttl", "tcp_keepalive", "tcp_keepidle", "tcp_keepintvl"),
    *("tcp_keepcnt", "tcp_user_timeout"),
}
"""All that it has, but for that of databases which no site here has (autodb_idle_timeout)."""


class TestTimeouts:
    @pytest.mark.parametrize(
        ("version", "more"),
        [
            ("1.18", set()),
            ("1.24", {"cancel_wait_timeout"}),
            ("1.25", {"cancel_wait_timeout", "transaction_timeout"}),
        ],
    )
    def test_every_one_that_the_version_has_is_set(self, version: str, more: set[str]) -> None:
        settings = ini(dataclasses.replace(BY_TCP, version=version))["pgbouncer"]
        assert {name for name in settings if TIMES.fullmatch(name)} == TIMEOUTS_OF_1_18 | more

    @pytest.mark.parametrize("pooler", ALL)
    def test_each_has_its_reason_above(self, pooler: Pgbouncer) -> None:
        lines = text_of(pooler, "pgbouncer.ini").splitlines()
        reasons = []
        for number, line in enumerate(lines):
            name = line.partition(" =")[0]
            if not TIMES.fullmatch(name):
                continue
            above = number - 1
            # those of one family have one reason together
            while lines[above].partition("_")[0] == name.partition("_")[0] in ("tcp", "dns"):
                above -= 1
            reason = lines[above]
            assert reason.startswith("; ") and reason.endswith("."), name
            assert "left out" not in reason and reason != "; Timeouts, in seconds.", name
            reasons.append((reason, name.partition("_")[0] in ("tcp", "dns")))
        assert len(reasons) >= len(TIMEOUTS_OF_1_18)
        alone = [reason for reason, of_a_family in reasons if not of_a_family]
        assert len(set(alone)) == len(alone)

    def test_what_is_off_says_that_it_is_on_purpose(self) -> None:
        text = text_of(dataclasses.replace(BY_TCP, version="1.25"), "pgbouncer.ini")
        for name in re.findall(r"^(\w+_timeout) = 0$", text, re.MULTILINE):
            assert re.search(rf"^; 0, on purpose: .+\n{name} = 0$", text, re.MULTILINE), name


class TestSizes:
    POOLERS = (
        Pgbouncer(),
        Pgbouncer(version="1.18"),
        Pgbouncer(read_pool_size=1, write_pool_size=1, reserve_pool_size=0),
        Pgbouncer(read_pool_size=60, write_pool_size=7, reserve_pool_size=3, version="1.18"),
    )

    @staticmethod
    def limits(pooler: Pgbouncer) -> dict[str, int]:
        """The limits of connections in _ahu.wanted_limits, as this site installs it."""
        files = render(read_source_tree(sql_folder()), Settings(pgbouncer=pooler))
        (sql,) = (file.sql for file in files if file.path == "50_source/wanted_limits.sql")
        found = re.findall(r"\('(\w+)', 'connection limit', '(\d+)'\)", sql)
        assert len(found) == 3
        return {role: int(limit) for role, limit in found}

    @pytest.mark.parametrize("pooler", POOLERS)
    def test_a_pool_and_its_reserve_fit_twice_into_the_role_s_limit(
        self, pooler: Pgbouncer
    ) -> None:
        limits = self.limits(pooler)
        reserve = (
            "reserve_pool_size"
            if knows(pooler.numbers, "reserve_pool_size of an alias")
            else ("reserve_pool")
        )
        for role in ("ahu_read", "ahu_write"):
            said = alias(pooler, role)
            assert limits[role] == 2 * (int(said["pool_size"]) + int(said[reserve]))
        own = ini(pooler)["users"]["ahu_pgbouncer"]
        assert own == f"max_user_connections={pooler.login_connections}"
        assert limits["ahu_pgbouncer"] == 5 * pooler.login_connections

    @pytest.mark.parametrize("pooler", POOLERS)
    def test_an_alias_holds_its_pool_its_reserve_and_the_look_up(self, pooler: Pgbouncer) -> None:
        for role, connections in (
            ("ahu_read", pooler.read_connections),
            ("ahu_write", pooler.write_connections),
        ):
            most = int(alias(pooler, role)["max_db_connections"])
            assert most == connections + pooler.login_connections

    def test_the_file_says_in_words_how_many_they_are(self) -> None:
        text = text_of(self.POOLERS[3], "pgbouncer.ini")
        assert "Dashboards: many short queries. At most 63 connections to the server." in text
        assert "The ETL: few writers. At most 10 connections to the server." in text

    def test_by_default_they_are_the_issue_s(self) -> None:
        settings = ini(BY_SOCKET)["pgbouncer"]
        assert settings["max_client_conn"] == "200"
        assert alias(BY_SOCKET, "ahu_read")["pool_size"] == "20"
        assert alias(BY_SOCKET, "ahu_write")["pool_size"] == "5"
        for role in ("ahu_read", "ahu_write"):
            assert alias(BY_SOCKET, role)["reserve_pool_size"] == "5"
            assert alias(BY_SOCKET, role)["pool_mode"] == "transaction"

    @pytest.mark.parametrize(("kept", "most"), [(20, "180"), (1, "199"), (0, None)])
    def test_dashboards_leave_the_etl_its_places(self, kept: int, most: str | None) -> None:
        pooler = dataclasses.replace(BY_SOCKET, write_client_conn=kept)
        assert alias(pooler, "ahu_read").get("max_db_client_connections") == most
        assert "max_db_client_connections" not in alias(pooler, "ahu_write")


class TestTheDoors:
    @pytest.mark.parametrize("pooler", ALL)
    def test_there_are_two_and_neither_forces_a_user(self, pooler: Pgbouncer) -> None:
        databases = ini(pooler)["databases"]
        assert set(databases) == {"ahu_read", "ahu_write"}
        for name, line in databases.items():
            assert not re.search(r"(^| )(user|password|auth_query)=", line)
            assert alias(pooler, name)["auth_user"] == "ahu_pgbouncer"
        # a global one lets a client without a password kill pgbouncer 1.18
        assert "auth_user" not in ini(pooler)["pgbouncer"]

    @pytest.mark.parametrize("pooler", ALL)
    def test_each_admits_its_own_role_with_a_password_alone(self, pooler: Pgbouncer) -> None:
        for kind, database, user, *_, method in hba(pooler, "pgbouncer_hba.conf"):
            if database == "pgbouncer":
                assert (kind, method) == ("local", "peer") and user in pooler.stats_users
            else:
                assert (user, method) == (database, "scram-sha-256")
                assert database in ("ahu_read", "ahu_write")

    def test_clients_come_from_the_site_s_networks_and_the_pooler_s_machine(self) -> None:
        networks = ("10.0.0.0/8", "2001:db8::/32")
        pooler = dataclasses.replace(BY_SOCKET, client_networks=networks)
        lines = hba(pooler, "pgbouncer_hba.conf")
        for role in ("ahu_read", "ahu_write"):
            addresses = [line[3:-1] for line in lines if line[2] == role]
            assert addresses == [[], *([network] for network in networks)]
        without = dataclasses.replace(BY_SOCKET, client_networks=())
        assert {line[0] for line in hba(without, "pgbouncer_hba.conf")} == {"local"}

    def test_dashboards_go_to_the_standbys_and_the_etl_never_does(self) -> None:
        pooler = SITES["with standbys"]
        assert alias(pooler, "ahu_read")["host"] == "s1,s2,db.plant"
        assert alias(pooler, "ahu_write")["host"] == "db.plant"
        alone = dataclasses.replace(BY_TCP, read_hosts=("s1",))
        assert "load_balance_hosts" not in alias(alone, "ahu_read")
        by_turns = dataclasses.replace(pooler, load_balance_hosts="disable")
        assert alias(by_turns, "ahu_read")["load_balance_hosts"] == "disable"
        assert "load_balance_hosts" not in alias(by_turns, "ahu_write")

    def test_the_look_up_is_ours_by_its_whole_name(self) -> None:
        query = ini(BY_SOCKET)["pgbouncer"]["auth_query"]
        assert query == "select l.user_name, l.password from ahu.pgbouncer_login($1) as l"

    def test_the_console_is_for_those_who_may_and_admins_need_no_name(self) -> None:
        for site in SITES.values():
            assert ini(site)["pgbouncer"]["admin_users"] == ""
            assert ini(site)["pgbouncer"]["stats_users"] == ", ".join(site.stats_users)

    @pytest.mark.parametrize(("user", "written"), [("all", '"all"'), ("pg-watch", '"pg-watch"')])
    def test_a_watcher_s_name_is_no_word_of_the_hba_file(self, user: str, written: str) -> None:
        pooler = dataclasses.replace(BY_SOCKET, stats_users=(user,))
        assert hba(pooler, "pgbouncer_hba.conf")[-1] == ["local", "pgbouncer", written, "peer"]

    def test_what_a_site_asked_for_is_what_it_gets(self) -> None:
        settings = ini(SITES["strict, session"])["pgbouncer"]
        assert settings["server_reset_query_always"] == "1"
        assert alias(SITES["strict, session"], "ahu_write")["pool_mode"] == "session"
        assert alias(SITES["strict, session"], "ahu_read")["pool_mode"] == "transaction"
        assert ini(BY_TCP)["pgbouncer"]["server_reset_query_always"] == "0"
        pooler = Pgbouncer(
            folder="/srv/p",
            listen_addr="*",
            listen_port=7000,
            unix_socket_dir="/tmp",
            server_port=7,
        )
        settings = ini(pooler)["pgbouncer"]
        assert settings["auth_file"] == "/srv/p/userlist.txt"
        assert settings["auth_hba_file"] == "/srv/p/pgbouncer_hba.conf"
        assert (settings["listen_addr"], settings["listen_port"]) == ("*", "7000")
        assert settings["unix_socket_dir"] == "/tmp"
        assert alias(pooler, "ahu_write")["port"] == alias(pooler, "ahu_read")["port"] == "7"

    def test_nothing_is_ignored_that_a_client_brings_along(self) -> None:
        for version in VERSIONS:
            settings = ini(dataclasses.replace(BY_TCP, version=version))["pgbouncer"]
            assert settings["ignore_startup_parameters"] == ""


class TestTheSiteSOwnLines:
    SITE = SITES["with lines of its own"]

    def test_come_last_and_the_file_says_what_they_may_be(self) -> None:
        lines = text_of(self.SITE, "pgbouncer.ini").splitlines()
        assert lines[-1] == "%include /etc/site/pooler.ini"
        assert "key = value lines and no section" in lines[-3]

    def test_are_named_where_tls_is_set(self) -> None:
        for site, where in (
            (self.SITE, "; in /etc/site/pooler.ini."),
            (BY_TCP, "; in a file of your own that pgbouncer.include in ahu-sql.toml names."),
        ):
            lines = text_of(site, "pgbouncer.ini").splitlines()
            assert lines[lines.index("server_tls_sslmode = prefer") - 1] == where

    def test_without_any_nothing_is_included(self) -> None:
        assert "%include" not in text_of(BY_TCP, "pgbouncer.ini")

    @pytest.mark.parametrize(
        ("folder", "volumes"),
        [
            ("/etc/pgbouncer", ["/etc/site/pooler.ini:/etc/site/pooler.ini:ro"]),
            ("/etc/site", []),
            ("/etc/site/", []),
            ("/etc/sit", ["/etc/site/pooler.ini:/etc/site/pooler.ini:ro"]),
        ],
    )
    def test_a_container_finds_them(self, folder: str, volumes: list[str]) -> None:
        pooler = dataclasses.replace(self.SITE, folder=folder)
        composed = yaml.safe_load(text_of(pooler, "docker-compose.yml"))
        assert composed["services"]["pgbouncer"]["volumes"] == [f".:{folder}:ro", *volumes]


class TestTheServerSide:
    OURS = "ahu_pgbouncer,ahu_read,ahu_write"

    @pytest.mark.parametrize("pooler", ALL)
    def test_our_roles_are_refused_from_everywhere_else(self, pooler: Pgbouncer) -> None:
        *doors, by_socket, by_network = hba(pooler, "server_hba.conf")
        assert by_socket == ["local", "all", self.OURS, "reject"]
        assert by_network == ["host", "all", self.OURS, "all", "reject"]
        assert doors
        for _, database, users, *_ in doors:
            assert database == "ahu_monitoring"
            assert set(users.split(",")) <= set(self.OURS.split(","))

    def test_by_its_socket_the_pooler_itself_is_known_by_its_system_user(self) -> None:
        pooler = dataclasses.replace(BY_SOCKET, os_user="pooler")
        assert hba(pooler, "server_hba.conf")[:-2] == [
            ["local", "ahu_monitoring", "ahu_pgbouncer", "peer", "map=ahu_pgbouncer"],
            ["local", "ahu_monitoring", "ahu_read,ahu_write", "scram-sha-256"],
        ]
        assert hba(pooler, "server_ident.conf") == [["ahu_pgbouncer", "pooler", "ahu_pgbouncer"]]

    def test_by_tcp_it_comes_from_one_place_with_a_password(self) -> None:
        pooler = dataclasses.replace(BY_TCP, address="10.1.2.3/32")
        assert hba(pooler, "server_hba.conf")[:-2] == [
            ["host", "ahu_monitoring", self.OURS, "10.1.2.3/32", "scram-sha-256"]
        ]

    @pytest.mark.parametrize(
        "site", ["by its socket, with a standby", "with a standby on the pooler's machine"]
    )
    def test_where_both_ways_are_used_both_are_open(self, site: str) -> None:
        kinds = [line[0] for line in hba(SITES[site], "server_hba.conf")]
        assert kinds == ["local", "local", "host", "local", "host"]

    def test_it_says_where_the_lines_belong(self) -> None:
        assert "on each standby" in text_of(SITES["with standbys"], "server_hba.conf")
        assert "standby" not in text_of(BY_TCP, "server_hba.conf")


DATABASES = [
    # its name, in pgbouncer.ini, in pg_hba.conf
    ("ahu_monitoring", "ahu_monitoring", "ahu_monitoring"),
    ("two words", "'two words'", '"two words"'),
    ("it's", "'it''s'", '"it\'s"'),
    ('od"d', "'od\"d'", '"od""d"'),
    ("Plant", "Plant", '"Plant"'),
    ("a=b", "'a=b'", '"a=b"'),
    ("x user=postgres", "'x user=postgres'", '"x user=postgres"'),
    ("x' user='postgres", "'x'' user=''postgres'", "\"x' user='postgres\""),
    ("all", "all", '"all"'),
    ("replication", "replication", '"replication"'),
    ("sameuser", "sameuser", '"sameuser"'),
    ("samerole", "samerole", '"samerole"'),
    ("samegroup", "samegroup", '"samegroup"'),
    ("@file", "'@file'", '"@file"'),
    ("a,b", "a,b", '"a,b"'),
    ("#1", "'#1'", '"#1"'),
    ("; drop", "'; drop'", '"; drop"'),
    ("설비", "'설비'", '"설비"'),
    ("{{ 7 * 7 }}", "'{{ 7 * 7 }}'", '"{{ 7 * 7 }}"'),
]


class TestNames:
    @pytest.mark.parametrize(("name", "in_ini", "in_hba"), DATABASES)
    @pytest.mark.parametrize("site", [BY_SOCKET, BY_TCP], ids=["socket", "TCP"])
    def test_a_database_is_itself_whatever_its_name(
        self, site: Pgbouncer, name: str, in_ini: str, in_hba: str
    ) -> None:
        pooler = dataclasses.replace(site, database=name)
        for line in ini(pooler)["databases"].values():
            assert f" port=5432 dbname={in_ini} auth_user=ahu_pgbouncer " in line
        lines = text_of(pooler, "server_hba.conf").splitlines()
        doors = [line for line in lines if line.endswith(("scram-sha-256", "map=ahu_pgbouncer"))]
        assert len(doors) == (2 if site.uses_socket else 1)
        for line in doors:
            assert line.split("  ", 1)[1].strip().startswith(f"{in_hba}  ahu_")

    def test_a_template_s_slip_is_an_error_and_not_an_empty_text(self, tmp_path: Any) -> None:
        for template in pgbouncer_folder().glob("*.j2"):
            text = template.read_text()
            (tmp_path / template.name).write_text(text.replace("pooler.", "pooler.no_", 1))
        with pytest.raises(jinja2.UndefinedError):
            render_files(tmp_path, BY_TCP, PASSWORD)


class TestDocker:
    COMPOSED = ("by TCP", "with standbys", "with watchers, by TCP", "in a network of Docker")

    def test_its_file_is_yaml_and_says_what_it_should(self) -> None:
        for site, version in itertools.product(self.COMPOSED, ("1.18", "1.24")):
            self.check_yaml(site, version)

    def check_yaml(self, site: str, version: str) -> None:
        pooler = dataclasses.replace(SITES[site], version=version, folder="/srv/pooler")
        composed = yaml.safe_load(text_of(pooler, "docker-compose.yml"))
        service = composed["services"]["pgbouncer"]
        image = {"1.18": "debian:bookworm-slim", "1.24": "debian:trixie-slim"}[version]
        assert service["build"]["dockerfile_inline"].startswith(f"FROM {image}\n")
        assert service["ports"] == ["127.0.0.1:6432:6432"]
        assert service["volumes"] == [".:/srv/pooler:ro"]
        shell, options, script = service["command"]
        assert (shell, options) == ("sh", "-euc")
        assert "%include /srv/pooler/pgbouncer.ini" in script
        assert "/srv/pooler/userlist.txt /run/pgbouncer/userlist.txt" in script
        assert "--port=6432 " in service["healthcheck"]["test"]
        assert "environment" not in service and "env_file" not in service
        if pooler.docker_network:
            assert service["networks"] == ["server"]
            assert composed["networks"] == {"server": {"name": "site_default", "external": True}}
        else:
            assert "networks" not in service and "networks" not in composed

    @pytest.mark.parametrize("site", COMPOSED)
    def test_it_has_the_shape_of_yaml(self, site: str) -> None:
        text = text_of(SITES[site], "docker-compose.yml")
        indents = [len(line) - len(line.lstrip(" ")) for line in text.splitlines()]
        assert indents[0] == 0 and all(indent % 2 == 0 for indent in indents)
        assert all(b <= a + 4 for a, b in itertools.pairwise(indents))
        tops = re.findall(r"^(\w+):$", text, re.MULTILINE)
        assert tops == ["services", *(["networks"] if SITES[site].docker_network else [])]

    def test_a_dollar_of_the_shell_would_be_docker_s(self) -> None:
        for site in self.COMPOSED:
            assert "$" not in text_of(SITES[site], "docker-compose.yml")

    @pytest.mark.parametrize(
        ("listens", "port"),
        [("*", "6432:6432"), ("10.0.0.1", "10.0.0.1:6432:6432"), ("::1", "[::1]:6432:6432")],
    )
    def test_its_port_is_published_where_the_site_says(self, listens: str, port: str) -> None:
        pooler = dataclasses.replace(BY_TCP, listen_addr=listens)
        assert f'      - "{port}"\n' in text_of(pooler, "docker-compose.yml")

    def test_the_network_is_the_site_s(self) -> None:
        assert "name: site_default" in text_of(
            SITES["in a network of Docker"], "docker-compose.yml"
        )
        assert "host.docker.internal:host-gateway" in text_of(BY_TCP, "docker-compose.yml")
