"""What is required of a database: each fault from bare facts, with what exists instead."""

from __future__ import annotations

import dataclasses
from typing import Any, ClassVar

import pytest

from ahu_sql.errors import AhuSqlError
from ahu_sql.inspection import Inspection, Installation
from ahu_sql.requirements import TIME_TYPE, require
from ahu_sql.settings import DEFAULT_MEASURES, Refresh, Roles, Settings, Source

MEASURED = [column for columns in DEFAULT_MEASURES.values() for column in columns]
INSTALLED = Installation("ahu_data", "energy_readings", "timestamp", "ahu_id", "Asia/Seoul")
SOUND = Inspection(
    database="plant",
    role="admin",
    is_superuser=False,
    table_kind="r",
    columns={"timestamp": TIME_TYPE, "ahu_id": "text", **dict.fromkeys(MEASURED, "numeric")},
    numeric_columns=frozenset(MEASURED),
    is_hypertable=False,
    is_subscribed=False,
    timescaledb=None,
    has_dropped_columns=False,
    has_row_security=False,
    is_child=False,
    has_children=False,
    has_foreign_partitions=False,
    virtual_columns=frozenset(),
    generated_columns=frozenset(),
    blind_columns=frozenset(),
    publications=(),
    is_tracked=False,
    tables=("ahu_data.energy_readings", "ahu_data.outdoor_weather", "public.other"),
    time_zones=frozenset({"Asia/Seoul", "Asia/Tokyo", "UTC"}),
    missing_tables=(),
    missing_rights=(),
    superuser_roles=(),
    installed=None,
)


def refusal(settings: Settings | None = None, **facts: Any) -> AhuSqlError:
    with pytest.raises(AhuSqlError) as caught:
        require(dataclasses.replace(SOUND, **facts), settings or Settings(), publish=False)
    assert caught.value.detail and caught.value.hint
    return caught.value


def accept(settings: Settings | None = None, *, publish: bool = False, **facts: Any) -> None:
    require(dataclasses.replace(SOUND, **facts), settings or Settings(), publish=publish)


def without(*columns: str) -> dict[str, str]:
    return {name: kind for name, kind in SOUND.columns.items() if name not in columns}


def test_a_sound_database_is_accepted() -> None:
    accept()
    accept(table_kind="p")
    accept(installed=INSTALLED, is_tracked=True)


class TestTheTable:
    def test_that_is_not_there_is_answered_with_those_that_are(self) -> None:
        settings = Settings(source=Source(table="ahu_data.energy_reading"))
        error = refusal(settings, table_kind=None)
        assert error.message == "there is no table ahu_data.energy_reading"
        assert "ahu_data.energy_readings" in str(error.detail)

    def test_in_a_database_without_tables(self) -> None:
        error = refusal(table_kind=None, tables=())
        assert error.detail == 'The database "plant" has no tables of its own.'

    @pytest.mark.parametrize(
        ("kind", "word"),
        [("v", "a view"), ("m", "a materialized view"), ("f", "a foreign table")],
    )
    def test_that_is_no_table(self, kind: str, word: str) -> None:
        assert refusal(table_kind=kind).message == f"ahu_data.energy_readings is {word}"

    @pytest.mark.parametrize("tie", ["is_child", "has_children"])
    def test_that_shares_its_readings_with_another(self, tie: str) -> None:
        assert "by inheritance" in refusal(**{tie: True}).message

    def test_that_would_drag_ours_into_a_publication(self) -> None:
        error = refusal(publications=("all_of_it",))
        assert error.message == "publication all_of_it is for all tables, and would be for ours"
        assert "--publish" in str(error.hint)
        accept(publications=("all_of_it",), publish=True)
        accept(publications=("all_of_it",), installed=INSTALLED, is_tracked=True)

    def test_whose_rows_are_hidden_from_us(self) -> None:
        error = refusal(has_row_security=True)
        assert "row security" in error.message
        assert "alter table ahu_data.energy_readings disable row level security" in str(error.hint)


LOOKBACK = Settings(refresh=Refresh(tracking="lookback"))
NATIVE = Settings(refresh=Refresh(strategy="native"))


class TestTriggers:
    @pytest.mark.parametrize(
        ("version", "dropped"),
        [
            ((2, 18), False),
            ((2, 18, 0), False),
            ((2, 26, 3), False),
            ((2, 26, 4), True),
            ((2, 27), True),
            ((3, 0, 0), True),
        ],
    )
    def test_see_all_of_a_hypertable(self, version: tuple[int, ...], dropped: bool) -> None:
        accept(is_hypertable=True, timescaledb=version, has_dropped_columns=dropped)

    @pytest.mark.parametrize("version", [(2, 17, 2), (2, 9), (1, 7, 5)])
    def test_see_nothing_in_an_old_timescaledb(self, version: tuple[int, ...]) -> None:
        error = refusal(is_hypertable=True, timescaledb=version)
        title = ".".join(map(str, version))
        assert error.message == (f"ahu_data.energy_readings is a hypertable of TimescaleDB {title}")
        assert "those of 2.18 and later do" in str(error.detail)

    @pytest.mark.parametrize("version", [(2, 18, 0), (2, 26), (2, 26, 3)])
    def test_see_wrong_values_after_a_dropped_column(self, version: tuple[int, ...]) -> None:
        error = refusal(is_hypertable=True, timescaledb=version, has_dropped_columns=True)
        assert error.message.endswith(
            f"TimescaleDB {'.'.join(map(str, version))} that a column was dropped from"
        )
        assert "2.26.4 and later are right" in str(error.detail)

    def test_cannot_be_on_another_server(self) -> None:
        assert "partitions on other servers" in refusal(has_foreign_partitions=True).message

    def test_see_nothing_of_what_a_subscription_writes(self) -> None:
        error = refusal(is_subscribed=True)
        assert error.message == "ahu_data.energy_readings is written to by a subscription"
        assert "fires no statement trigger" in str(error.detail)

    @pytest.mark.parametrize(
        "facts",
        [
            {"is_subscribed": True},
            {"is_hypertable": True, "timescaledb": (2, 17, 2)},
            {"is_hypertable": True, "timescaledb": (2, 26, 3), "has_dropped_columns": True},
            {"has_foreign_partitions": True},
        ],
    )
    def test_are_done_without_as_the_hint_says(self, facts: dict[str, Any]) -> None:
        hint = str(refusal(**facts).hint)
        assert "ahu-sql install --set refresh.tracking=lookback" in hint
        accept(LOOKBACK, **facts)
        accept(NATIVE, **facts)

    def test_of_a_plain_table_have_nothing_to_do_with_timescaledb(self) -> None:
        accept(timescaledb=(2, 17, 2), has_dropped_columns=True)

    @pytest.mark.parametrize("settings", [LOOKBACK, NATIVE])
    @pytest.mark.parametrize("tie", ["is_child", "has_children", "has_row_security"])
    def test_or_none_what_hides_readings_is_refused(self, settings: Settings, tie: str) -> None:
        refusal(settings, **{tie: True})


class TestTheLongLayout:
    LONG = Settings(source=Source(layout="long"))
    COLUMNS: ClassVar[dict[str, str]] = {
        "timestamp": TIME_TYPE,
        "ahu_id": "text",
        "metric_name": "text",
        "value": "numeric",
        "unit": "text",
    }

    def accept(self, settings: Settings = LONG, **facts: Any) -> None:
        accept(settings, **{"columns": self.COLUMNS, "numeric_columns": {"value"}} | facts)

    def refusal(self, settings: Settings = LONG, **facts: Any) -> str:
        facts = {"columns": self.COLUMNS, "numeric_columns": {"value"}} | facts
        return str(refusal(settings, **facts).detail)

    def without(self, *names: str) -> dict[str, str]:
        return {name: kind for name, kind in self.COLUMNS.items() if name not in names}

    def test_needs_no_column_of_a_measure(self) -> None:
        self.accept()

    def test_needs_its_three_columns_and_names_those_that_are_missing(self) -> None:
        detail = self.refusal(columns=self.without("metric_name", "value", "unit"))
        for name, setting in (
            ("metric_name", "metric_column"),
            ("value", "value_column"),
            ("unit", "unit_column"),
        ):
            assert f'there is no column "{name}", which source.{setting} names' in detail

    def test_needs_no_unit_where_the_settings_say_that_there_is_none(self) -> None:
        settings = Settings(source=Source(layout="long", unit_column=""))
        self.accept(settings, columns=self.without("unit"))

    @pytest.mark.parametrize("name", ["metric_name", "unit"])
    @pytest.mark.parametrize(
        ("kind", "fits"),
        [("character varying", True), ("name", True), ("integer", False), ("uuid", False)],
    )
    def test_names_metrics_and_units_by_texts(self, name: str, kind: str, fits: bool) -> None:
        columns = {**self.COLUMNS, name: kind}
        if fits:
            self.accept(columns=columns)
        else:
            assert self.refusal(columns=columns) == f'"{name}" must be a text, it is {kind}.'

    def test_needs_a_number_for_a_value(self) -> None:
        detail = self.refusal(
            columns={**self.COLUMNS, "value": "double precision"}, numeric_columns=frozenset()
        )
        assert detail == '"value" must be an exact number to be a measure, it is double precision.'

    def test_has_nothing_to_do_with_a_wide_table(self) -> None:
        accept(Settings(source=Source(metric_column="x", value_column="y", unit_column="z")))


class TestItsColumns:
    def test_all_that_are_missing_are_named_at_once_with_the_closest_that_exist(self) -> None:
        settings = Settings(
            source=Source(time_column="timestmp", ahu_column="ahu"),
            measures={"hcv_kwh": ("hcv_steam_kw", "sf_electricity_kwh"), "steam_cost": ("zzz",)},
        )
        detail = str(refusal(settings).detail)
        assert (
            'no column "timestmp", which source.time_column names (closest: "timestamp")' in detail
        )
        assert 'no column "ahu", which source.ahu_column names (closest: "ahu_id"' in detail
        assert (
            'no column "hcv_steam_kw", which measures.hcv_kwh names (closest: "hcv_steam_kwh"'
            in detail
        )
        assert 'no column "zzz"' in detail and 'names (closest: "zzz' not in detail
        assert '"sf_electricity_kwh"' not in detail.replace('closest: "', "")

    def test_one_that_two_measures_use_is_named_once(self) -> None:
        settings = Settings(measures={"hcv_kwh": ("zzz",), "ccv_kwh": ("zzz",)})
        assert str(refusal(settings).detail).count("zzz") == 1

    def test_the_hint_lists_what_the_table_has(self) -> None:
        assert "timestamp, ahu_id" in str(refusal(columns=without("sf_cost_krw")).hint)

    def test_a_key_that_triggers_cannot_see_is_refused(self) -> None:
        ours = frozenset({"ahu_id"})
        for facts in (
            {"virtual_columns": ours, "generated_columns": ours},
            {"generated_columns": ours, "table_kind": "p"},
        ):
            assert "must not be a generated column" in str(refusal(**facts).detail)
        accept(generated_columns=ours)

    def test_an_ahu_that_equals_another_text_is_refused(self) -> None:
        detail = str(refusal(blind_columns=frozenset({"ahu_id"})).detail)
        assert "deterministic collation" in detail

    @pytest.mark.parametrize("kind", ["timestamp without time zone", "date", "text", "bigint"])
    def test_a_time_without_a_zone_is_no_instant(self, kind: str) -> None:
        detail = refusal(columns={**SOUND.columns, "timestamp": kind}).detail
        assert detail == f'"timestamp" must be {TIME_TYPE}, it is {kind}.'

    def test_an_ahu_must_have_a_name_that_equals_itself(self) -> None:
        detail = refusal(columns={**SOUND.columns, "ahu_id": "double precision"}).detail
        assert str(detail).startswith('"ahu_id" must be a text')
        for kind in ("integer", "uuid", "character varying"):
            accept(Settings(), columns={**SOUND.columns, "ahu_id": kind})

    def test_a_measure_must_be_a_number(self) -> None:
        detail = refusal(
            columns={**SOUND.columns, "sf_cost_krw": "text"},
            numeric_columns=SOUND.numeric_columns - {"sf_cost_krw"},
        ).detail
        assert detail == '"sf_cost_krw" must be an exact number to be a measure, it is text.'


def test_an_unknown_zone_is_answered_with_the_closest() -> None:
    detail = str(refusal(Settings(source=Source(time_zone="Asia/Soul"))).detail)
    assert detail.startswith('there is no time zone "Asia/Soul" (closest: "Asia/Seoul"')


def test_other_tables_of_the_roles_must_exist() -> None:
    settings = Settings(roles=Roles(read_also=("ahu_data.outdoor_wether",)))
    detail = str(refusal(settings, missing_tables=("ahu_data.outdoor_wether",)).detail)
    assert 'no table "ahu_data.outdoor_wether" (closest: "ahu_data.outdoor_weather"' in detail


def test_faults_of_columns_zone_and_roles_stand_in_one_error() -> None:
    settings = Settings(source=Source(time_zone="Nowhere"))
    detail = str(
        refusal(
            settings,
            columns={**without("sf_cost_krw"), "timestamp": "date"},
            missing_tables=("a.b",),
        ).detail
    )
    for fault in ("sf_cost_krw", "it is date", '"Nowhere"', '"a.b"'):
        assert fault in detail


class TestAnInstalledSite:
    @pytest.mark.parametrize(
        ("source", "difference"),
        [
            (Source(time_zone="UTC"), "source.time_zone was Asia/Seoul and is now UTC"),
            (Source(time_column="t2"), "source.time_column was timestamp and is now t2"),
            (Source(ahu_column="unit"), "source.ahu_column was ahu_id and is now unit"),
            (
                Source(table="public.other"),
                "source.table was ahu_data.energy_readings and is now public.other",
            ),
        ],
    )
    def test_keeps_its_source(self, source: Source, difference: str) -> None:
        columns = {**SOUND.columns, "t2": TIME_TYPE, "unit": "text"}
        error = refusal(Settings(source=source), installed=INSTALLED, columns=columns)
        assert error.message == "ahu-sql is installed here for another source"
        assert error.detail == f"{difference}."
        assert "ahu-sql uninstall" in str(error.hint)

    @pytest.mark.parametrize(
        ("source", "said"),
        [
            (Source(time_zone="Asia/Soul"), 'Soul, which is not there (closest: "Asia/Seoul"'),
            (Source(time_column="timestmp"), 'which is not there (closest: "timestamp"'),
            (Source(table="ahu_data.Energy"), "is now ahu_data.Energy"),
        ],
    )
    def test_a_typo_is_told_as_one(self, source: Source, said: str) -> None:
        error = refusal(Settings(source=source), installed=INSTALLED)
        assert error.message == "ahu-sql is installed here for another source"
        assert said in str(error.detail)
        assert str(error.hint).startswith("Correct it, or name this site's settings file")

    def test_names_are_written_as_in_sql(self) -> None:
        there = dataclasses.replace(INSTALLED, table_schema="plant", table_name="MeterLog")
        error = refusal(installed=there)
        assert 'source.table was plant."MeterLog" and is now' in str(error.detail)

    def test_may_rename_its_table_for_the_triggers_go_along(self) -> None:
        renamed = Settings(source=Source(table="public.renamed"))
        accept(renamed, installed=INSTALLED, is_tracked=True)


class TestRights:
    @pytest.mark.parametrize("role", ["ahu_owner", "ahu_pgbouncer", "ahu_read", "ahu_write"])
    def test_a_role_of_ours_that_may_do_anything_is_refused(self, role: str) -> None:
        error = refusal(superuser_roles=(role,))
        assert role in error.message
        assert f"alter role {role} nosuperuser nobypassrls" in str(error.hint)

    def test_all_that_the_installer_lacks_is_named(self) -> None:
        error = refusal(missing_rights=("create on database x", "createrole"))
        assert error.message == 'role "admin" has too few rights to install ahu-sql'
        assert error.detail == "It lacks: create on database x, createrole."
