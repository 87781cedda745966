"""A configuration is read as pgbouncer 1.18 and 1.24 were seen to read it."""

from __future__ import annotations

from pathlib import Path

import pytest

from ahu_sql.errors import AhuSqlError
from ahu_sql.pooler.configuration import Configuration
from ahu_sql.pooler.configuration_files import read_configuration
from ahu_sql.pooler.ini import Inclusion, Nonsense, connection_pairs
from ahu_sql.pooler.known_settings import age_of, default_of, fault_of, same, whole
from ahu_sql.pooler.login_files import BrokenRule, HbaRule, read_hba, read_userlist

V18, V24 = (1, 18), (1, 24, 1)


def read(folder: Path, ini: str, **others: str) -> Configuration:
    (folder / "pgbouncer.ini").write_text(ini)
    for name, text in others.items():
        (folder / name).write_text(text)
    return read_configuration(folder, V24)


class TestIni:
    def test_knows_file_and_line_of_every_value(self, tmp_path: Path) -> None:
        read_one = read(tmp_path, "; one\n[pgbouncer]\n# two\n  listen_port\t=  17 \n")
        [(name, given)] = read_one.settings.items()
        assert (name, given.value) == ("listen_port", "17")
        assert (given.place.path, given.place.line) == ("pgbouncer.ini", 4)
        assert read_one.where("never_said").line == 2

    def test_a_comment_is_none_behind_a_value(self, tmp_path: Path) -> None:
        value = read(tmp_path, "[pgbouncer]\nlogfile = /a;b # c\n").settings["logfile"].value
        assert value == "/a;b # c"

    def test_the_last_of_two_values_counts(self, tmp_path: Path) -> None:
        both = read(tmp_path, "[pgbouncer]\nlisten_port = 1\nlisten_port = 2\n")
        assert both.number("listen_port", V24) == 2

    def test_a_section_that_begins_anew_forgets_its_values(self, tmp_path: Path) -> None:
        again = read(
            tmp_path,
            "[pgbouncer]\nlisten_port = 1\n[databases]\na = port=1\n"
            "[pgbouncer]\npkt_buf = 5\n[databases]\nb = port=2\n",
        )
        assert set(again.settings) == {"pkt_buf"}
        assert set(again.aliases) == {"a", "b"}

    def test_a_section_goes_on_through_an_included_file_and_after_it(self, tmp_path: Path) -> None:
        included = read(
            tmp_path,
            "[databases]\na = port=1\n%include more.ini\nlisten_port = 7\n",
            **{"more.ini": "b = port=2\n[pgbouncer]\npkt_buf = 5\n"},
        )
        assert set(included.aliases) == {"a", "b"}
        assert included.aliases["b"].place.path == "more.ini"
        assert set(included.settings) == {"pkt_buf", "listen_port"}

    @pytest.mark.parametrize("target", ["pgbouncer.ini", "nowhere.ini", "binary.ini", "."])
    def test_an_include_that_cannot_be_read_is_named_with_its_line(
        self, tmp_path: Path, target: str
    ) -> None:
        (tmp_path / "binary.ini").write_bytes(b"\0\1\2")
        found = read(tmp_path, f"[pgbouncer]\n%include {target}\n")
        bad = [line for line in found.lines if isinstance(line, Inclusion) and line.reason]
        assert bad and bad[0].place.line == 2

    @pytest.mark.parametrize(
        "line", ["listen_port 17", "%include", "= 5", '"ab" = host=x', "[pgbouncer", "dä = 1"]
    )
    def test_what_pgbouncer_cannot_read_is_kept_as_such(self, tmp_path: Path, line: str) -> None:
        lines = read(tmp_path, f"[databases]\n{line}\n").lines
        assert [type(found) for found in lines[1:]] == [Nonsense]

    def test_windows_line_ends_do_no_harm(self, tmp_path: Path) -> None:
        (tmp_path / "pgbouncer.ini").write_bytes(b"[pgbouncer]\r\nlisten_port = 17\r\n")
        assert read_configuration(tmp_path, None).number("listen_port", V24) == 17

    def test_the_version_that_our_generator_wrote_is_found(self, tmp_path: Path) -> None:
        head = "; Written by ...\n; pgbouncer 1.18 in front of PostgreSQL: ...\n[pgbouncer]\n"
        assert read(tmp_path, head).made_for == (1, 18)
        assert read(tmp_path, "[pgbouncer]\n; pgbouncer 1.18 is old\n").made_for is None

    @pytest.mark.parametrize(
        ("text", "parameters"),
        [
            ("host=a port = 5", {"host": "a", "port": "5"}),
            ("host='a ''b''' dbname='c d'", {"host": "a 'b'", "dbname": "c d"}),
            ("", {}),
            ("pool_size=3 pool_size=4", {"pool_size": "4"}),
            ("auth_query='select ''a'' = $1'", {"auth_query": "select 'a' = $1"}),
        ],
    )
    def test_connection_strings_double_their_quotes(
        self, text: str, parameters: dict[str, str]
    ) -> None:
        assert connection_pairs(text) == (parameters, None)

    @pytest.mark.parametrize("text", ["host=", "host=a port", "host='a", "=a", "host=''"])
    def test_a_connection_string_that_breaks_off_says_where(self, text: str) -> None:
        assert connection_pairs(text)[1]


class TestRefusals:
    def test_a_missing_file_a_folder_without_one_and_a_binary_are_one_error(
        self, tmp_path: Path
    ) -> None:
        (tmp_path / "binary").write_bytes(b"\x7fELF\0\0")
        (tmp_path / "latin").write_bytes(b"[pgbouncer]\nuser = \xe4\n")
        for name in (".", "nowhere.ini", "binary", "latin"):
            with pytest.raises(AhuSqlError) as caught:
                read_configuration(tmp_path / name, None)
            assert "cannot read the configuration" in caught.value.message
            assert caught.value.detail and caught.value.hint
            assert caught.value.exit_code == 2


class TestFilesOfOthers:
    INI = "[pgbouncer]\nauth_hba_file = {hba}\nauth_file = {userlist}\n"

    def test_a_file_of_ours_is_looked_for_beside_the_ini_first(self, tmp_path: Path) -> None:
        stale, fresh = tmp_path / "stale", tmp_path / "fresh"
        for folder, user in ((stale, "old"), (fresh, "new")):
            folder.mkdir()
            (folder / "userlist.txt").write_text(f'"{user}" "x"\n')
        ini = self.INI.format(hba="", userlist=stale / "userlist.txt")
        ours = "; pgbouncer 1.24 in front of PostgreSQL\n"
        found = [read(fresh, head + ini).userlist or [] for head in (ours, "")]
        assert [logins[0].user for logins in found] == ["new", "old"]

    def test_one_that_is_only_beside_the_ini_serves_too(self, tmp_path: Path) -> None:
        ini = self.INI.format(hba="/nowhere/hba.conf", userlist="")
        found = read(tmp_path, ini, **{"hba.conf": "local ahu_read ahu_read scram-sha-256\n"})
        assert found.hba is not None and len(found.hba) == 1

    def test_what_is_not_there_differs_from_what_may_not_be_read(self, tmp_path: Path) -> None:
        (tmp_path / "binary").write_bytes(b"\0")
        found = read(tmp_path, self.INI.format(hba="/nowhere/hba.conf", userlist="binary"))
        assert [(f.setting, f.is_there) for f in found.files] == [
            ("auth_hba_file", False),
            ("auth_file", True),
        ]
        assert all(file.reason for file in found.files)


class TestHba:
    def hba(self, tmp_path: Path, text: str, version: tuple[int, ...] = V24) -> list[object]:
        (tmp_path / "hba").write_text(text)
        return list(read_hba(tmp_path / "hba", "hba", version))

    # As seen in the logs of both versions, line by line.
    @pytest.mark.parametrize(
        ("line", "on_18", "on_24"),
        [
            ("host all all all trust", False, True),
            ("local all all samehost trust", False, False),
            ("local all x peer", True, True),
            ("foo", False, False),
            ("host replication u 10.0.0.0/8 scram-sha-256", False, True),
            ("local samerole u trust", False, False),
            ("host db u 10.0.0.1 255.255.255.0 md5", True, True),
            ("host db u localhost md5", False, False),
            ("local db +u md5", False, False),
            ("local db u ldap", False, False),
            ("local db u plain", False, False),
            ('local db "u trust', False, False),
            ("local db u, v trust", True, True),
            ("hostssl db u ::/0 cert", True, True),
        ],
    )
    def test_reads_what_each_version_reads(
        self, tmp_path: Path, line: str, on_18: bool, on_24: bool
    ) -> None:
        for version, good in ((V18, on_18), (V24, on_24)):
            [rule] = self.hba(tmp_path, line + "  # comment\n", version)
            assert isinstance(rule, HbaRule if good else BrokenRule), version

    def test_comments_and_empty_lines_are_no_rules(self, tmp_path: Path) -> None:
        [rule] = self.hba(tmp_path, '# x\n\n  \nlocal "a ""b""",c d reject\n')
        assert isinstance(rule, HbaRule)
        assert rule.databases == ('a "b"', "c")
        assert rule.place.line == 4

    @pytest.mark.parametrize(
        ("outer", "inner", "covered"),
        [
            ("host a b 10.0.0.0/8 reject", "host a b 10.1.0.0/16 trust", True),
            ("host a b 10.1.0.0/16 reject", "host a b 10.0.0.0/8 trust", False),
            ("host a b all reject", "hostssl a b ::/0 trust", True),
            ("hostssl a b all reject", "host a b ::/0 trust", False),
            ("local a b reject", "host a b ::/0 trust", False),
            ("local a b reject", "local a b trust", True),
        ],
    )
    def test_a_rule_covers_another_where_it_is_reached_first(
        self, tmp_path: Path, outer: str, inner: str, covered: bool
    ) -> None:
        first, second = self.hba(tmp_path, f"{outer}\n{inner}\n")
        assert isinstance(first, HbaRule) and isinstance(second, HbaRule)
        assert first.covers(second) is covered


class TestUserlist:
    def test_kinds_of_secrets_are_told_apart_and_no_password_is_printed(
        self, tmp_path: Path
    ) -> None:
        path = tmp_path / "userlist.txt"
        path.write_text(
            '; c\n"a" ""\n"b ""q""" "geheim"\n"c" "md5' + "0" * 32 + '"\n'
            '"d" "SCRAM-SHA-256$4096:x" "more"\n'
        )
        logins, broken = read_userlist(path, "userlist.txt")
        assert [(login.user, login.secret) for login in logins] == [
            ("a", "none"),
            ('b "q"', "plain"),
            ("c", "md5"),
            ("d", "scram"),
        ]
        assert broken is None
        assert [login.password for login in logins] == [None, "geheim", None, None]
        assert "geheim" not in repr(logins)

    def test_reading_stops_where_pgbouncer_stops(self, tmp_path: Path) -> None:
        path = tmp_path / "userlist.txt"
        path.write_text('"a" "x"\nb c\n"d" "y"\n')
        logins, broken = read_userlist(path, "userlist.txt")
        assert [login.user for login in logins] == ["a"]
        assert broken and broken.line == 2


class TestKnownSettings:
    def test_ages_are_those_of_the_changelog(self) -> None:
        assert age_of("pgbouncer", "pool_mode") == (1, 18)
        assert age_of("pgbouncer", "max_prepared_statements") == (1, 21)
        assert age_of("databases", "auth_query") == (1, 22)
        assert age_of("users", "pool_size") == (1, 23)
        assert age_of("databases", "query_timeout") is None

    def test_defaults_differ_by_version(self) -> None:
        versions = [(1, 18), (1, 23), (1, 24, 1)]
        said = [default_of("max_prepared_statements", version) for version in versions]
        assert said == ["0", "0", "200"]
        tls = [default_of("server_tls_sslmode", version) for version in versions]
        assert tls == ["disable", "prefer", "prefer"]

    @pytest.mark.parametrize(
        ("name", "value", "is_taken"),
        [
            ("tcp_keepalive", "yes", False),
            ("tcp_keepalive", "2", True),
            ("unix_socket_mode", "0700", True),
            ("unix_socket_mode", "0888", False),
            ("max_packet_size", "0x7fff", True),
            ("query_timeout", "1.5", True),
            ("query_timeout", "5 ; c", False),
            ("query_timeout", "-1", False),
            ("default_pool_size", "-1", True),
            ("pool_mode", "TRANSACTION", True),
            ("pool_mode", "transactions", False),
            ("auth_type", "password", False),
            ("admin_users", "", True),
            ("not_known_here", "x", True),
        ],
    )
    def test_values_are_judged_as_pgbouncer_does(
        self, name: str, value: str, is_taken: bool
    ) -> None:
        assert (fault_of(name, value) is None) is is_taken

    def test_the_same_value_may_be_written_in_several_ways(self) -> None:
        assert same("unix_socket_mode", "0777", "511")
        assert same("query_timeout", "1.50", "1.5")
        assert same("pool_mode", "TRANSACTION", "transaction")
        assert not same("admin_users", "A", "a")
        assert whole("017") == 15
