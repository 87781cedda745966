"""Settings: which layer wins, what the defaults are, and one error that names all that is wrong."""

from __future__ import annotations

import dataclasses
import tomllib
from pathlib import Path
from typing import Any

import pytest

from ahu_sql.errors import AhuSqlError
from ahu_sql.settings import Pgbouncer, Settings, split_table_name
from ahu_sql.settings_reader import read_settings

THE_CONTRACT = """
[source]
table = "ahu_data.energy_readings"
time_column = "timestamp"
ahu_column = "ahu_id"
time_zone = "Asia/Seoul"
layout = "wide"
metric_column = "metric_name"
value_column = "value"
unit_column = "unit"

[measures]
hcv_kwh = ["hcv_steam_kwh", "ac_hcv_steam_kwh"]
dh_hcv_kwh = ["dh_hcv_steam_kwh"]
ccv_kwh = ["ccv_cold_water_kwh", "ac_ccv_cold_water_kwh"]
pc_ccv_kwh = ["pc_ccv_cold_water_kwh"]
electricity_kwh = ["sf_electricity_kwh"]
steam_cost = ["hcv_steam_cost_krw", "ac_hcv_steam_cost_krw", "dh_hcv_steam_cost_krw"]
cold_water_cost = [
    "ccv_cold_water_cost_krw", "ac_ccv_cold_water_cost_krw", "pc_ccv_cold_water_cost_krw",
]
electricity_cost = ["sf_cost_krw", "electricity_cost_krw"]

[refresh]
strategy = "incremental"
tracking = "triggers"
lookback_days = 7

[drilldown]
max_span = "31 days"
raw_access = "guarded"

[roles]
read_also = []
write_also = []
large_objects = "closed"

[pgbouncer]
version = "1.24"
folder = "/etc/pgbouncer"
os_user = "postgres"
address = "samehost"
listen_addr = "127.0.0.1"
listen_port = 6432
unix_socket_dir = "/var/run/postgresql"
client_networks = ["0.0.0.0/0", "::/0"]
server_host = "/var/run/postgresql"
server_port = 5432
database = "ahu_monitoring"
read_hosts = []
load_balance_hosts = "round-robin"
max_client_conn = 200
write_client_conn = 20
read_pool_size = 20
write_pool_size = 5
reserve_pool_size = 5
write_pool_mode = "transaction"
strict = false
stats_users = []
docker_network = ""
include = ""
console = []
"""


@pytest.fixture(autouse=True)
def an_empty_working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def read(*assignments: str, environment: dict[str, str] | None = None) -> Settings:
    return read_settings(None, environment or {}, assignments)


def refusal(*assignments: str, environment: dict[str, str] | None = None) -> AhuSqlError:
    with pytest.raises(AhuSqlError) as caught:
        read(*assignments, environment=environment)
    error = caught.value
    assert error.exit_code == 2
    assert error.detail and error.hint
    return error


def detail_of_file(text: str) -> str:
    Path("ahu-sql.toml").write_text(text, encoding="utf-8")
    return str(refusal().detail)


def as_toml(settings: Settings) -> dict[str, Any]:
    def listed(value: Any) -> Any:
        return list(value) if isinstance(value, tuple) else value

    return {
        section: {key: listed(value) for key, value in keys.items()}
        for section, keys in dataclasses.asdict(settings).items()
    }


class TestDefaults:
    def test_without_anything_they_are_the_contract_s(self) -> None:
        assert as_toml(read()) == tomllib.loads(THE_CONTRACT)

    def test_a_file_that_spells_them_out_says_the_same(self) -> None:
        Path("ahu-sql.toml").write_text(THE_CONTRACT, encoding="utf-8")
        assert read() == Settings()

    def test_settings_cannot_be_changed_afterwards(self) -> None:
        with pytest.raises(dataclasses.FrozenInstanceError):
            read().source.table = "a.b"  # type: ignore[misc]


class TestChoices:
    def test_the_other_strategy_tracking_and_layout_are_to_be_had(self) -> None:
        settings = read(
            "refresh.strategy=native", "refresh.tracking=lookback", "source.layout=long"
        )
        assert (settings.refresh.strategy, settings.refresh.tracking) == ("native", "lookback")
        assert settings.source.is_long and not Settings().source.is_long

    def test_only_incremental_with_triggers_needs_triggers(self) -> None:
        needs = {
            (strategy, tracking)
            for strategy in ("incremental", "native")
            for tracking in ("triggers", "lookback")
            if read(
                f"refresh.strategy={strategy}", f"refresh.tracking={tracking}"
            ).refresh.needs_triggers
        }
        assert needs == {("incremental", "triggers")}

    def test_a_long_table_may_have_no_units(self) -> None:
        assert read("source.unit_column=").source.unit_column == ""
        assert read(environment={"AHU_SQL_SOURCE_UNIT_COLUMN": ""}).source.unit_column == ""
        Path("ahu-sql.toml").write_text('[source]\nunit_column = ""\n', encoding="utf-8")
        assert read().source.unit_column == ""


class TestLayers:
    def test_flag_beats_environment_beats_file_beats_default(self) -> None:
        Path("ahu-sql.toml").write_text(
            '[source]\ntime_zone = "Europe/Rome"\nahu_column = "of_file"\ntime_column = "of_file"\n'
        )
        environment = {"AHU_SQL_SOURCE_TIME_ZONE": "UTC", "AHU_SQL_SOURCE_AHU_COLUMN": "of_env"}
        source = read("source.time_zone=Asia/Tokyo", environment=environment).source
        assert source.time_zone == "Asia/Tokyo"
        assert source.ahu_column == "of_env"
        assert source.time_column == "of_file"
        assert source.table == "ahu_data.energy_readings"

    def test_the_last_of_two_flags_counts(self) -> None:
        assert read("source.time_zone=UTC", "source.time_zone=Asia/Tokyo").source.time_zone == (
            "Asia/Tokyo"
        )

    def test_a_named_file_replaces_the_one_in_the_working_folder(self, tmp_path: Path) -> None:
        Path("ahu-sql.toml").write_text('[source]\nahu_column = "default_file"\n')
        named = tmp_path / "other.toml"
        named.write_text('[source]\ntime_column = "named"\n')
        source = read_settings(named, {}, ()).source
        assert (source.time_column, source.ahu_column) == ("named", "ahu_id")

    def test_one_measure_given_leaves_the_others_as_they_are(self) -> None:
        measures = read("measures.hcv_kwh=a, b").measures
        assert measures["hcv_kwh"] == ("a", "b")
        assert {**measures, "hcv_kwh": ()} == {**Settings().measures, "hcv_kwh": ()}
        assert list(measures) == list(Settings().measures)

    def test_a_flag_can_empty_a_list_and_hold_an_equals_sign(self) -> None:
        assert read("measures.hcv_kwh=").measures["hcv_kwh"] == ()
        assert read("source.ahu_column=a=b").source.ahu_column == "a=b"

    def test_numbers_of_flags_and_variables_are_numbers(self) -> None:
        assert read("refresh.lookback_days=9").refresh.lookback_days == 9
        by_variable = read(environment={"AHU_SQL_REFRESH_LOOKBACK_DAYS": " 8 "})
        assert by_variable.refresh.lookback_days == 8

    def test_a_variable_holds_a_list(self) -> None:
        environment = {"AHU_SQL_ROLES_READ_ALSO": "a.b, c.d"}
        assert read(environment=environment).roles.read_also == ("a.b", "c.d")

    def test_variables_of_others_are_left_alone(self) -> None:
        assert read(environment={"SOURCE_TABLE": "x", "PGHOST": "y"}) == Settings()


class TestUnknownNames:
    def test_a_section_with_the_closest_name(self) -> None:
        assert detail_of_file('[sorce]\ntable = "a.b"\n') == (
            'there is no section "sorce"; did you mean "source"?'
        )

    def test_a_setting_with_the_closest_name(self) -> None:
        assert refusal("source.timezone=UTC").detail == (
            'there is no setting "source.timezone"; did you mean "time_zone"?'
        )

    def test_a_measure_that_the_views_do_not_have(self) -> None:
        assert 'no setting "measures.hcv_kw"; did you mean "hcv_kwh"?' in str(
            refusal("measures.hcv_kw=a").detail
        )

    def test_a_variable_of_ours_that_is_misspelt(self) -> None:
        error = refusal(environment={"AHU_SQL_SOURCE_TIMEZONE": "UTC"})
        assert "AHU_SQL_SOURCE_TIMEZONE" in str(error.detail)
        assert "AHU_SQL_SOURCE_TIME_ZONE" in str(error.detail)

    def test_a_name_like_no_other_gets_no_guess(self) -> None:
        assert "did you mean" not in str(refusal("source.xyzzy=1").detail)

    def test_a_key_above_all_sections(self) -> None:
        assert '"table" is not a section' in detail_of_file('table = "a.b"\n')

    @pytest.mark.parametrize("flag", ["time_zone=UTC", "source.time_zone", "source.a.b=1", "="])
    def test_a_flag_that_is_no_assignment(self, flag: str) -> None:
        assert f'"{flag}" is not of the form section.key=value' in str(refusal(flag).detail)


class TestMistypedValues:
    @pytest.mark.parametrize("value", ["7", "true", "[]", "1979-05-27", '"a\\u0000"', '"a\\nb"'])
    def test_a_text_must_be_a_text(self, value: str) -> None:
        detail = detail_of_file(f"[source]\nahu_column = {value}\n")
        assert detail.startswith('"source.ahu_column" must be a text, not ')

    @pytest.mark.parametrize("value", ['""', '"  "'])
    def test_a_text_must_not_be_empty(self, value: str) -> None:
        detail = detail_of_file(f"[source]\nahu_column = {value}\n")
        assert detail == '"source.ahu_column" must not be empty.'

    def test_a_name_in_a_list_has_no_control_characters(self) -> None:
        detail = detail_of_file('[measures]\nhcv_kwh = ["a\\nb"]\n')
        assert detail.startswith('"measures.hcv_kwh" must name no control characters')

    @pytest.mark.parametrize("value", ['"seven"', "7.5", "true", "[7]", "0", "-1", "36601"])
    def test_a_number_must_be_a_whole_number_in_range(self, value: str) -> None:
        detail = detail_of_file(f"[refresh]\nlookback_days = {value}\n")
        assert detail.startswith('"refresh.lookback_days" must be a whole number from 1 to 36600')

    @pytest.mark.parametrize("value", ['"a"', "1", '["a", 1]', '["a", ""]', '[["a"]]', "true"])
    def test_a_list_must_be_a_list_of_names(self, value: str) -> None:
        detail = detail_of_file(f"[measures]\nhcv_kwh = {value}\n")
        assert detail.startswith('"measures.hcv_kwh" must be a list of names such as ["a", "b"]')

    def test_a_column_added_twice_would_count_twice(self) -> None:
        assert "names something twice" in str(refusal("measures.hcv_kwh=a,a").detail)

    @pytest.mark.parametrize("value", ["readings", "a.b.c", "a.", ".b", 'a."b', 'a."b"c'])
    def test_a_table_must_have_its_schema(self, value: str) -> None:
        for setting in ("source.table", "roles.read_also", "roles.write_also"):
            assert f'"{setting}" must name a table with its schema' in str(
                refusal(f"{setting}={value}").detail
            )

    def test_a_choice_must_be_one_of_those_there_are(self) -> None:
        assert refusal("drilldown.raw_access=opened").detail == (
            '"drilldown.raw_access" must be one of guarded, open, not "opened".'
        )

    @pytest.mark.parametrize(
        ("setting", "value", "others"),
        [
            ("refresh.strategy", "magic", "incremental, native"),
            ("refresh.tracking", "magic", "triggers, lookback"),
            ("source.layout", "magic", "wide, long"),
            ("roles.large_objects", "magic", "closed, open"),
            ("pgbouncer.load_balance_hosts", "magic", "round-robin, disable"),
            ("pgbouncer.write_pool_mode", "statement", "transaction, session"),
        ],
    )
    def test_each_choice_names_all_that_there_are(
        self, setting: str, value: str, others: str
    ) -> None:
        assert refusal(f"{setting}={value}").detail == (
            f'"{setting}" must be one of {others}, not "{value}".'
        )

    @pytest.mark.parametrize("column", ["time", "ahu", "metric", "value"])
    def test_a_column_must_have_a_name(self, column: str) -> None:
        detail = refusal(f"source.{column}_column=").detail
        assert detail == f'"source.{column}_column" must not be empty.'

    def test_a_variable_is_checked_like_a_flag(self) -> None:
        error = refusal(environment={"AHU_SQL_REFRESH_LOOKBACK_DAYS": "soon"})
        assert "refresh.lookback_days" in str(error.detail)


def test_all_faults_of_all_layers_stand_in_one_error() -> None:
    Path("ahu-sql.toml").write_text("[sorce]\na = 1\n[refresh]\nstrategy = 'magic'\n")
    error = refusal(
        "source.tabel=a.b", "nonsense", environment={"AHU_SQL_REFRESH_LOOKBACK_DAYS": "x"}
    )
    assert error.message == "the settings are wrong"
    for fault in ("sorce", "refresh.strategy", "source.tabel", "nonsense", "lookback_days"):
        assert fault in str(error.detail)
    assert str(error.detail).count("; ") >= 4


class TestTheFile:
    def test_a_named_file_that_is_not_there_is_an_error(self) -> None:
        with pytest.raises(AhuSqlError) as caught:
            read_settings(Path("missing.toml"), {}, ())
        assert caught.value.message == 'cannot read the settings file "missing.toml"'
        assert "No such file" in str(caught.value.detail)
        assert "--config" in str(caught.value.hint)

    def test_broken_toml_is_named_with_its_line(self) -> None:
        Path("ahu-sql.toml").write_text('[source]\ntable = "a.b\n')
        error = refusal()
        assert error.message == 'the settings file "ahu-sql.toml" is not TOML'
        assert "line 2" in str(error.detail)

    def test_another_encoding_is_named(self) -> None:
        Path("ahu-sql.toml").write_bytes('[source]\ntable = "müll.x"\n'.encode("latin-1"))
        assert "not UTF-8" in str(refusal().detail)


class TestThePooler:
    @pytest.mark.parametrize(
        ("setting", "value", "sentence"),
        [
            *(
                (
                    "version",
                    value,
                    'must be what pgbouncer --version says, such as "1.24", not "{}"',
                )
                for value in ("1", "2.0", "1.x", "PgBouncer 1.24.1", "1.24.1.0", "-1.24", "1.24 ")
            ),
            *(
                ("version", value, 'must be 1.18 or later, not "{}"')
                for value in ("1.17", "1.17.0", "1.2", "1.9.0", "1.0")
            ),
            *(
                (setting, value, 'must be an absolute path of letters, digits and /._@+-, not "{}"')
                for setting in ("folder", "unix_socket_dir", "include")
                for value in ("pgbouncer", "./here", "~/p", "/with space", '/a"b', "/a'b", "/a;b")
            ),
            *(
                ("os_user", value, 'must name users of the operating system, not "{}"')
                for value in ("1st", "two words", 'a"b', "a,b", "-a", "a\\b", "用户")
            ),
            *(
                ("os_user", role, f"must name people, not the role {role}")
                for role in ("ahu_read", "ahu_write")
            ),
            ("address", "::%1 :: trust #/0", 'must have no scope: "{}"'),
            *(
                ("address", value, 'must be networks such as "10.0.0.0/8": ')
                for value in (
                    "samehosts",
                    "all",
                    "pooler.plant",
                    "10.0.0.1/8",
                    "10.0.0.0/33",
                    "::g",
                )
            ),
            *(
                (
                    "listen_addr",
                    value,
                    'must be addresses with commas between them, or "*", not "{}"',
                )
                for value in ("10.0.0.1;", "a b", "*,10.0.0.1", "10.0.0.1,", "10.0.0.1,,10.0.0.2")
            ),
            *(
                ("listen_port", value, "must be a whole number from 1 to 65535, not {!r}")
                for value in (0, 65536, -1, "http", "64 32")
            ),
            *(
                ("server_port", value, "must be a whole number from 1 to 65535, not {!r}")
                for value in (0, 65536)
            ),
            *(
                (
                    "server_host",
                    value,
                    'must be a host, an address or the folder of a Unix socket, not "{}"',
                )
                for value in ("a b", "a,b", "@abstract", "/with space", "a'b", "a;b", "user@host")
            ),
            *(
                (
                    "server_host",
                    value,
                    'must be without a port, "pgbouncer.server_port" is that of all hosts, not '
                    '"{}"',
                )
                for value in ("127.0.0.1:5456", "db.plant:5432", "a:b", "fe80::1::5432")
            ),
            ("server_host", "", "must not be empty"),
            ("database", "", "must not be empty"),
            ("database", "  ", "must not be empty"),
            *(
                (setting, value, "must be a whole number from 1 to 36600, not {!r}")
                for setting in ("max_client_conn", "read_pool_size", "write_pool_size")
                for value in (0, 36601, "many")
            ),
            *(
                (setting, value, "must be a whole number from 0 to 36600, not {!r}")
                for setting in ("write_client_conn", "reserve_pool_size")
                for value in (-1, 36601)
            ),
            *(("strict", value, "must be true or false, not {!r}") for value in ("yes", "1", "")),
            *(
                ("docker_network", value, 'must be what docker network ls lists, not "{}"')
                for value in ("a b", "-a", "a:b", 'a"b')
            ),
        ],
    )
    def test_each_wrong_value_gets_its_sentence(
        self, setting: str, value: str | int, sentence: str
    ) -> None:
        expected = f'"pgbouncer.{setting}" {sentence.format(value)}'
        detail = str(refusal(f"pgbouncer.{setting}={value}").detail)
        if "such as" in sentence and sentence.endswith(": "):  # Python's own reason follows
            assert detail.startswith(expected) and detail != f"{expected}."
        else:
            assert detail == f"{expected}."

    @pytest.mark.parametrize(
        ("setting", "value", "sentence"),
        [
            ("strict", "1", "must be true or false, not 1"),
            ("strict", '"true"', "must be true or false, not 'true'"),
            ("listen_port", "true", "must be a whole number from 1 to 65535, not True"),
            ("max_client_conn", "200.5", "must be a whole number from 1 to 36600, not 200.5"),
            ("version", "1.24", "must be a text, not 1.24"),
            ("database", '"a\\nb"', "must be a text, not 'a\\nb'"),
            ("read_hosts", '["a b"]', "must be a host, an address or the folder of a Unix socket"),
            ("read_hosts", '["a", "b:5433"]', 'must be without a port, "pgbouncer.server_port" is'),
            ("read_hosts", '["a", "a"]', "names something twice: ['a', 'a']"),
            (
                "client_networks",
                '["10.0.0.0/8", "here"]',
                'must be networks such as "10.0.0.0/8": ',
            ),
            ("client_networks", '["10.0.0.1/8"]', 'must be networks such as "10.0.0.0/8": '),
            ("client_networks", '["::%1 x trust #/0"]', "must have no scope: "),
            ("stats_users", '["two words"]', "must name users of the operating system, not"),
            ("stats_users", '["ahu_read"]', "must name people, not the role ahu_read"),
            ("stats_users", '["dba", "ahu_write"]', "must name people, not the role ahu_write"),
            ("stats_users", '["ahu_pgbouncer"]', "must name people, not the role ahu_pgbouncer"),
            ("stats_users", '"dba"', 'must be a list of names such as ["a", "b"], not'),
            ("console", '["host=a", "nonsense"]', "must be connection strings such as"),
        ],
    )
    def test_so_does_one_of_the_file(self, setting: str, value: str, sentence: str) -> None:
        detail = detail_of_file(f"[pgbouncer]\n{setting} = {value}\n")
        assert detail.startswith(f'"pgbouncer.{setting}" {sentence}')

    @pytest.mark.parametrize(
        ("value", "sentence"),
        [
            ('["host=a password=geheim"]', "must hold no password: write it to the file that"),
            ('["postgresql://dba:geheim@a/b"]', "must hold no password: write it to the file that"),
            ('["host=a geheim"]', "must be connection strings such as"),
            ('"password=geheim"', 'must be a list of names such as ["a", "b"], not what is there'),
            ('["geheim=a", "geheim=a"]', "names something twice: what is there"),
            ('["password=ge\\theim"]', "must name no control characters: what is there"),
        ],
    )
    def test_no_password_of_a_console_is_taken_or_shown(self, value: str, sentence: str) -> None:
        detail = detail_of_file(f"[pgbouncer]\nconsole = {value}\n")
        assert detail.startswith(f'"pgbouncer.console" {sentence}')
        assert "heim" not in detail

    @pytest.mark.parametrize(
        "assignment",
        [
            *("console=host=/run port=6432 user=dba,postgresql://pooler:6433", "console="),
            *("version=1.18", "version=1.18.0", "version=1.24.1", "version=1.100"),
            *("os_user=pg-bouncer.1", "os_user=_pgbouncer", "os_user=Pgbouncer"),
            *("address=samenet", "address=10.1.2.3", "address=10.0.0.0/8", "address=2001:db8::/32"),
            *("listen_addr=", "listen_addr=*", "listen_addr=10.0.0.1, ::1", "listen_addr=pooler"),
            *("server_host=db.plant", "server_host=fe80::1%eth0", "server_host=/tmp"),
            *("server_host=2001:db8::5432", "server_host=::1", "read_hosts=::1,2001:db8::1"),
            *("include=", "include=/etc/pgbouncer/site.ini"),
            *("write_client_conn=0", "reserve_pool_size=0", "write_client_conn=199"),
            *("database=two words", 'database=od"d', "database=it's", "database=all"),
            *("read_hosts=a,b,10.0.0.1", "read_hosts=/tmp", "read_hosts=", "stats_users=dba,ops"),
            *("docker_network=", "docker_network=site_default", "client_networks=10.0.0.0/8"),
        ],
    )
    def test_each_right_value_is_taken_as_it_is(self, assignment: str) -> None:
        key, _, value = assignment.partition("=")
        taken = getattr(read(f"pgbouncer.{assignment}").pgbouncer, key)
        if isinstance(taken, tuple):
            assert ",".join(taken) == value
        else:
            assert str(taken) == value

    @pytest.mark.parametrize(
        ("text", "value"), [("true", True), (" False ", False), ("TRUE", True)]
    )
    def test_yes_and_no_are_true_and_false(self, text: str, value: bool) -> None:
        assert read(f"pgbouncer.strict={text}").pgbouncer.strict is value
        by_variable = read(environment={"AHU_SQL_PGBOUNCER_STRICT": text})
        assert by_variable.pgbouncer.strict is value

    @pytest.mark.parametrize(("places", "of"), [(200, 200), (201, 200), (20, 20), (20, 10)])
    def test_the_etl_s_places_are_a_part_of_all(self, places: int, of: int) -> None:
        detail = refusal(
            f"pgbouncer.write_client_conn={places}", f"pgbouncer.max_client_conn={of}"
        ).detail
        assert detail == (
            f'"pgbouncer.write_client_conn" ({places}) must be less than '
            f'"pgbouncer.max_client_conn" ({of}), of which it is a part.'
        )

    @pytest.mark.parametrize("hosts", ["/tmp,a", "a,/tmp", "/tmp,/var/run"])
    def test_a_socket_stands_beside_no_other_host(self, hosts: str) -> None:
        detail = str(refusal(f"pgbouncer.read_hosts={hosts}").detail)
        assert detail.startswith('"pgbouncer.read_hosts" can name no socket beside other hosts: /')

    @pytest.mark.parametrize("folder", ["/etc/pgbouncer", "/etc/pgbouncer/"])
    def test_a_file_does_not_include_itself(self, folder: str) -> None:
        include = "pgbouncer.include=/etc/pgbouncer/pgbouncer.ini"
        detail = str(refusal(f"pgbouncer.folder={folder}", include).detail)
        assert detail == (
            '"pgbouncer.include" must not be the file that includes it: '
            "/etc/pgbouncer/pgbouncer.ini."
        )

    def test_faults_between_settings_come_when_each_of_them_is_right(self) -> None:
        together = ("pgbouncer.write_client_conn=300", "pgbouncer.read_hosts=/tmp,a")
        assert refusal(*together).message == "the settings are wrong"
        detail = str(refusal(*together, "pgbouncer.listen_port=0").detail)
        assert detail == '"pgbouncer.listen_port" must be a whole number from 1 to 65535, not 0.'

    def test_what_it_promises_follows_from_its_sizes(self) -> None:
        pooler = Pgbouncer(read_pool_size=7, write_pool_size=3, reserve_pool_size=2)
        assert (pooler.read_connections, pooler.write_connections) == (9, 5)

    @pytest.mark.parametrize(
        ("server", "readers", "uses_socket", "fits_a_container"),
        [
            ("/tmp", (), True, False),
            ("/tmp", ("/var/run",), True, False),
            ("/tmp", ("a", "b"), False, False),
            ("db.plant", (), False, True),
            ("db.plant", ("a", "b"), False, True),
            ("db.plant", ("/tmp",), False, False),
            ("host.docker.internal", (), False, True),
            *((host, (), False, False) for host in ("localhost", "127.0.0.1", "127.0.0.2", "::1")),
            ("db.plant", ("a", "127.0.0.1"), False, False),
        ],
    )
    def test_a_container_reaches_no_socket_and_at_its_own_address_no_server(
        self, server: str, readers: tuple[str, ...], uses_socket: bool, fits_a_container: bool
    ) -> None:
        pooler = Pgbouncer(server_host=server, read_hosts=readers)
        assert pooler.uses_socket is uses_socket
        assert pooler.fits_a_container is fits_a_container

    @pytest.mark.parametrize(
        ("version", "debian"),
        [
            *(
                ("1.18", "bookworm"),
                ("1.18.0", "bookworm"),
                ("1.24", "trixie"),
                ("1.24.1", "trixie"),
            ),
            *(("1.19", ""), ("1.23.9", ""), ("1.25.1", "")),
        ],
    )
    def test_the_image_is_the_debian_that_has_the_version(self, version: str, debian: str) -> None:
        pooler = Pgbouncer(version=version, server_host="db.plant")
        assert pooler.debian == debian
        assert pooler.fits_a_container is bool(debian)

    @pytest.mark.parametrize(
        ("listens", "published"),
        [
            *(("*", ""), ("", ""), ("0.0.0.0", ""), ("::", ""), ("127.0.0.1", "127.0.0.1:")),
            *(("10.0.0.1, 127.0.0.1", "10.0.0.1:"), ("::1", "[::1]:")),
        ],
    )
    def test_a_container_s_port_is_published_where_it_listens(
        self, listens: str, published: str
    ) -> None:
        assert Pgbouncer(listen_addr=listens).published == published


class TestTableNames:
    @pytest.mark.parametrize(
        ("text", "parts"),
        [
            ("ahu_data.energy_readings", ("ahu_data", "energy_readings")),
            ("Ahu_Data.Energy_Readings", ("ahu_data", "energy_readings")),
            ('"Ahu.Data"."a ""b"" c"', ("Ahu.Data", 'a "b" c')),
            ('plain."Quoted"', ("plain", "Quoted")),
            ("  a.b  ", ("a", "b")),
            ("한국.측정", ("한국", "측정")),
        ],
    )
    def test_they_are_read_as_sql_reads_them(self, text: str, parts: tuple[str, str]) -> None:
        assert split_table_name(text) == parts
        source = read(f"source.table={text}").source
        assert (source.schema, source.name) == parts
