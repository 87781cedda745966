"""Settings: which layer wins, what the defaults are, and one error that names all that is wrong."""

from __future__ import annotations

import dataclasses
import tomllib
from pathlib import Path
from typing import Any

import pytest

from ahu_sql.errors import AhuSqlError
from ahu_sql.settings import Settings, split_table_name
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
        assert detail.startswith('"refresh.lookback_days" must be a whole number of 1 or more')

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
