"""From the facts of a table to the settings proposed for it, and to their file."""

from __future__ import annotations

import dataclasses
import tomllib
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ahu_sql.errors import AhuSqlError
from ahu_sql.init.column_roles import Roles, assign_roles, looks_like_readings
from ahu_sql.init.measure_names import judge, words
from ahu_sql.init.metric_sample import Metric, Sample
from ahu_sql.init.proposal import Proposal, propose
from ahu_sql.init.proposal_file import format_proposal, quote_toml
from ahu_sql.init.server_address import ServerAddress, read_address
from ahu_sql.init.server_zone import ServerZone
from ahu_sql.init.survey import Column, Hypertable, TableFacts
from ahu_sql.settings import DEFAULT_MEASURES, Pgbouncer, Settings, Source
from ahu_sql.settings_reader import read_settings

HERE = ServerAddress()
TIME = "timestamp with time zone"
OWN_NAMES = [name for names in DEFAULT_MEASURES.values() for name in names]


def column(name: str, type_name: str = "numeric") -> Column:
    return Column(
        name,
        type_name,
        is_number=type_name in ("numeric", "double precision", "integer", "bigint", "real"),
        is_exact=type_name in ("numeric", "double precision", "integer", "bigint"),
    )


def table(*columns: Column | str, quoted: str = "bms.log", **facts: object) -> TableFacts:
    given = tuple(column(one) if isinstance(one, str) else one for one in columns)
    bare = TableFacts(schema="bms", name="log", quoted=quoted, columns=given)
    return dataclasses.replace(bare, **facts)  # type: ignore[arg-type]


def wide(*measured: Column | str, **facts: object) -> TableFacts:
    return table(column("timestamp", TIME), column("ahu_id", "text"), *measured, **facts)


LONG = wide(column("metric_name", "text"), column("value"), column("unit", "text"))
PLANT = wide(*OWN_NAMES, "outdoor_temperature", quoted="ahu_data.energy_readings")


def proposed(
    facts: TableFacts,
    *metrics: Metric,
    zone: ServerZone | None = None,
    extent: str = "all 9",
    database: str = "ahu_monitoring",
    address: ServerAddress = HERE,
) -> Proposal:
    roles = assign_roles(facts)
    sample = Sample(metrics, extent) if roles.is_long else None
    return propose(facts, roles, sample, zone, database=database, address=address)


def found(proposal: Proposal) -> dict[str, tuple[str, ...]]:
    return {name: names for name, names in proposal.settings.measures.items() if names}


def read_back(proposal: Proposal, folder: Path) -> Settings:
    path = folder / "proposed.toml"
    path.write_text(format_proposal(proposal), encoding="utf-8")
    return read_settings(path, {}, ())


class TestTheServer:
    def test_is_where_the_connection_went(self, tmp_path: Path) -> None:
        proposal = proposed(PLANT, address=ServerAddress("/run/pg", 5433))
        pooler = read_back(proposal, tmp_path).pgbouncer
        assert (pooler.server_host, pooler.server_port) == ("/run/pg", 5433)
        assert format_proposal(proposal).count("# Check: ") == 1  # of the time zone

    @pytest.mark.parametrize(
        ("dsn", "went", "address"),
        [
            (
                None,
                "/run/pg",
                ServerAddress(
                    "/run/pg", 5433, "no host was named, and this is where the connection went."
                ),
            ),
            ("host=/run/pg", "/run/pg", ServerAddress("/run/pg", 5433)),
            ("postgresql://db/x", "db", ServerAddress("db", 5433)),
            ("hostaddr=10.0.0.1", "10.0.0.1", ServerAddress("10.0.0.1", 5433)),
            ("host=a,b", "b", ServerAddress("b", 5433, "of a,b this is the one that answered.")),
            (
                "host=@abstract",
                "@abstract",
                ServerAddress(
                    "/var/run/postgresql",
                    5433,
                    "the default, for the address of this connection cannot stand here.",
                ),
            ),
        ],
    )
    def test_is_doubtful_where_nobody_or_several_were_named(
        self, monkeypatch: pytest.MonkeyPatch, dsn: str | None, went: str, address: ServerAddress
    ) -> None:
        for name in ("PGHOST", "PGHOSTADDR", "PGSERVICE"):
            monkeypatch.delenv(name, raising=False)
        connection: Any = SimpleNamespace(
            info=SimpleNamespace(host=went, port=5433), pgconn=SimpleNamespace(info=[])
        )
        assert read_address(connection, dsn) == address

    def test_is_to_be_checked_where_nobody_named_it(self) -> None:
        text = format_proposal(
            proposed(PLANT, address=ServerAddress("db", 5432, "it was guessed."))
        )
        assert '# Check: it was guessed.\nserver_host = "db"\n' in text


class TestWords:
    @pytest.mark.parametrize(
        "name", ["dhHcvKWh", "DH_HCV_kWh", "dh hcv kwh", "DhHcvKwh", "dh-hcv-KWH", "dh_hcvkwh"]
    )
    def test_case_and_separators_are_no_difference(self, name: str) -> None:
        assert words(name) == ("dh", "hcv", "kwh")

    def test_digits_and_currency_signs_are_words(self) -> None:
        assert words("fan2Cost€") == ("fan", "2", "cost", "eur")
        assert words("₩") == ("krw",)


class TestNames:
    @pytest.mark.parametrize("measure", DEFAULT_MEASURES)
    def test_the_rules_alone_would_map_the_plant_s_names_as_the_defaults_do(
        self, measure: str
    ) -> None:
        for name in DEFAULT_MEASURES[measure]:
            assert judge(name).measure == measure, name

    @pytest.mark.parametrize(
        ("name", "measure"),
        [
            ("HeatingCoil_kWh", "hcv_kwh"),
            ("steamKWh", "hcv_kwh"),
            ("hot_water_kwh", "hcv_kwh"),
            ("dehumidifier_heating_kwh", "dh_hcv_kwh"),
            ("chilledWaterKWh", "ccv_kwh"),
            ("CoolingCoil.kWh", "ccv_kwh"),
            ("PrecoolKWh", "pc_ccv_kwh"),
            ("fan_kwh", "electricity_kwh"),
            ("ac_sf_electricity_kwh", "electricity_kwh"),
            ("Supply Fan kWh", "electricity_kwh"),
            ("steamCostUSD", "steam_cost"),
            ("chw_eur", "cold_water_cost"),
            ("elec_charge", "electricity_cost"),
        ],
    )
    def test_other_vendors_names_say_what_they_are(self, name: str, measure: str) -> None:
        assert judge(name).measure == measure

    @pytest.mark.parametrize(
        "name",
        [
            *("outdoor_temperature", "outdoor_humidity", "hcv_valve_position", "fan_speed_hz"),
            *("steam_krw_per_kwh", "electricity_tariff_krw", "steam_unit_price", "krw_kwh", "id"),
            *("steam_flow", "fan_kw", "cop_cooling", "heating_capacity_kwh"),
        ],
    )
    def test_what_is_not_added_up_is_no_measure_and_no_doubt(self, name: str) -> None:
        verdict = judge(name)
        assert (verdict.measure, verdict.doubt) == (None, None)

    @pytest.mark.parametrize(
        ("name", "why"),
        [
            ("kwh", "of what?"),
            ("total_electricity_kwh", "add up other columns"),
            ("fan_meter_kwh", "counter"),
            ("steam_forecast_kwh", "not be measured"),
            ("fan_heating_kwh", "steam or electricity?"),
            ("dh_kwh", "of what?"),
            ("dh_heat_kwh", "hcv_kwh or dh_hcv_kwh?"),
            ("steam_price", "price per unit?"),
            ("steam_gj", "in gj, not in kWh"),
            ("cooling_energy", "does not say the unit"),
            ("steam_kwh_cost", "kWh, or their cost?"),
        ],
    )
    def test_the_ambiguous_is_left_out_with_a_reason(self, name: str, why: str) -> None:
        verdict = judge(name)
        assert verdict.measure is None
        assert verdict.doubt and why in verdict.doubt

    @pytest.mark.parametrize(
        ("name", "unit", "measure"),
        [
            ("steam", "kWh", "hcv_kwh"),
            ("Steam", " KRW ", "steam_cost"),
            ("cooling_mwh", "MWh", "ccv_kwh"),
            ("fan_energy", "kWh", "electricity_kwh"),
            ("steam", "₩", "steam_cost"),
        ],
    )
    def test_a_unit_says_what_a_metric_s_name_does_not(
        self, name: str, unit: str, measure: str
    ) -> None:
        assert judge(name, unit).measure == measure

    @pytest.mark.parametrize(
        ("name", "unit"),
        [("steam_kwh", "GJ"), ("steam_kwh", "KRW"), ("steam_cost", "KRW/kWh"), ("fan_kwh", "kW")],
    )
    def test_a_unit_that_contradicts_the_name_is_a_doubt(self, name: str, unit: str) -> None:
        verdict = judge(name, unit)
        assert verdict.measure is None
        assert verdict.doubt == f"its unit is {unit}"

    def test_a_unit_makes_no_measure_of_a_price(self) -> None:
        assert judge("steam_tariff", "KRW").measure is None
        assert judge("steam", "KRW/kWh").measure is None


class TestRoles:
    def test_the_plant_s_table_is_wide(self) -> None:
        assert assign_roles(PLANT) == Roles("timestamp", "ahu_id")

    def test_a_name_and_a_value_per_row_are_long(self) -> None:
        assert assign_roles(LONG) == Roles(
            "timestamp",
            "ahu_id",
            metric_column="metric_name",
            value_column="value",
            unit_column="unit",
        )

    def test_a_long_table_may_lack_a_unit_and_have_an_id(self) -> None:
        facts = table(
            column("id", "bigint"),
            column("ts", TIME),
            column("device_id", "integer"),
            column("Tag", "character varying"),
            column("v", "double precision"),
        )
        roles = assign_roles(facts)
        assert (roles.metric_column, roles.value_column, roles.unit_column) == ("Tag", "v", "")
        assert (roles.time_column, roles.ahu_column) == ("ts", "device_id")

    def test_a_name_beside_columns_of_measures_is_not_long(self) -> None:
        assert not assign_roles(wide(column("name", "text"), "value", "fan_kwh")).is_long

    def test_a_name_beside_many_numbers_is_not_long(self) -> None:
        assert not assign_roles(wide(column("type", "text"), "temperature", "humidity")).is_long

    def test_the_unit_of_values_is_not_taken_for_an_ahu(self) -> None:
        facts = table(
            column("ts", TIME), column("unit", "text"), column("device", "text"), "hcv_kwh"
        )
        assert assign_roles(facts).ahu_column == "device"

    def test_the_time_is_the_one_that_is_called_so(self) -> None:
        facts = wide(column("created_at", TIME), leading_columns=frozenset({"created_at"}))
        assert assign_roles(facts).time_column == "timestamp"

    def test_the_hypertable_s_dimension_beats_a_name(self) -> None:
        dimension = Hypertable("created_at", "7 days", "2.20.0", "apache", False)
        facts = table(
            column("ts", TIME),
            column("created_at", TIME),
            column("ahu", "text"),
            hypertable=dimension,
        )
        assert assign_roles(facts).time_column == "created_at"
        assert assign_roles(facts).other_times == ("ts",)

    def test_an_index_decides_between_names_that_say_nothing(self) -> None:
        facts = table(
            column("a", TIME),
            column("b", TIME),
            column("ahu", "text"),
            leading_columns=frozenset({"b"}),
        )
        assert assign_roles(facts).time_column == "b"

    def test_without_a_name_of_an_ahu_a_text_is_proposed_and_said_to_be_a_guess(self) -> None:
        facts = table(column("ts", TIME), column("n", "integer"), column("serial", "text"))
        roles = assign_roles(facts)
        assert (roles.ahu_column, roles.other_ahus, roles.is_ahu_named) == ("serial", ("n",), False)
        text = format_proposal(proposed(facts))
        assert "no column is called like that of an AHU" in text

    def test_a_time_without_a_zone_is_refused_with_what_to_type(self) -> None:
        facts = table(column('t"s', "timestamp without time zone"), column("ahu", "text"))
        with pytest.raises(AhuSqlError) as caught:
            assign_roles(facts)
        assert 'alter column "t""s" type timestamptz' in str(caught.value.hint)

    def test_a_table_without_any_ahu_is_refused(self) -> None:
        with pytest.raises(AhuSqlError, match="no column that could name the AHU"):
            assign_roles(table(column("ts", TIME), "fan_kwh"))

    def test_readings_are_told_from_other_tables(self) -> None:
        assert looks_like_readings(PLANT)
        assert looks_like_readings(LONG)
        assert not looks_like_readings(table(column("ts", TIME), "temperature"))
        assert not looks_like_readings(table(column("ahu_id", "text"), "hcv_kwh"))
        assert not looks_like_readings(table(column("ts", TIME), column("ahu_id", "integer")))
        assert not looks_like_readings(
            table(column("ts", TIME), column("ahu_id", "text"), column("note", "text"))
        )


class TestMeasures:
    def test_the_plant_s_own_table_gives_the_defaults(self) -> None:
        proposal = proposed(PLANT)
        assert proposal.settings == Settings()
        assert proposal.unmapped == ("outdoor_temperature",)
        assert not proposal.doubtful and not proposal.by_name

    def test_own_names_keep_their_order_and_come_first(self) -> None:
        proposal = proposed(wide("fan_kwh", "ac_hcv_steam_kwh", "sf_electricity_kwh"))
        assert found(proposal) == {
            "hcv_kwh": ("ac_hcv_steam_kwh",),
            "electricity_kwh": ("sf_electricity_kwh", "fan_kwh"),
        }
        assert proposal.by_name == {"fan_kwh"}

    def test_no_column_is_in_two_measures(self) -> None:
        proposal = proposed(wide(*OWN_NAMES, "steam_kwh", "dhSteamKWh", "fan_usd", "fan_kwh"))
        mapped = [name for names in found(proposal).values() for name in names]
        assert len(mapped) == len(set(mapped))

    def test_an_ahu_column_of_numbers_is_not_a_measure(self) -> None:
        facts = table(column("ts", TIME), column("ahu_no", "integer"), "fan_kwh")
        assert proposed(facts).unmapped == ()

    def test_a_type_that_cannot_be_added_up_is_left_out_and_said(self) -> None:
        proposal = proposed(wide(column("hcv_steam_kwh", "real"), column("temp", "real")))
        assert found(proposal) == {}
        assert proposal.refused == {"hcv_steam_kwh": "real"}
        text = format_proposal(proposal)
        assert '"hcv_steam_kwh" is real' in text
        assert 'alter table bms.log alter column "hcv_steam_kwh" type numeric;' in text

    def test_costs_in_another_currency_than_the_others_are_left_out(self) -> None:
        proposal = proposed(wide("steam_usd", "chw_usd", "elec_eur", "fan_cost"))
        assert found(proposal) == {
            "steam_cost": ("steam_usd",),
            "cold_water_cost": ("chw_usd",),
            "electricity_cost": ("fan_cost",),
        }
        assert proposal.doubtful == {"elec_eur": "in eur, where others are in usd"}

    def test_a_name_with_a_line_break_is_left_out_and_said(self, tmp_path: Path) -> None:
        proposal = proposed(wide("fan\n_kwh", " "))
        assert set(proposal.doubtful) == {"fan\n_kwh", " "}
        assert read_back(proposal, tmp_path) == proposal.settings


class TestMetrics:
    def test_the_plant_s_loader_is_mapped(self) -> None:
        proposal = proposed(
            LONG,
            Metric("ac_sf_electricity_kwh", ("kWh",)),
            Metric("hcv_steam_kwh", ("kWh",)),
            Metric("outdoor_temperature", ("°C",)),
        )
        assert proposal.settings.source == Source(table="bms.log", layout="long")
        assert found(proposal) == {
            "hcv_kwh": ("hcv_steam_kwh",),
            "electricity_kwh": ("ac_sf_electricity_kwh",),
        }
        assert proposal.unmapped == ("outdoor_temperature",)

    def test_units_that_can_be_converted_are_reported(self) -> None:
        proposal = proposed(LONG, Metric("hcv_steam_kwh", ("kWh", "MWh")))
        assert found(proposal) == {"hcv_kwh": ("hcv_steam_kwh",)}
        text = format_proposal(proposal)
        assert '"hcv_steam_kwh" comes in "kWh", "MWh", which is converted' in text

    @pytest.mark.parametrize(
        ("name", "units"),
        [
            ("hcv_steam_kwh", ("kWh", "GJ")),
            ("steam", ("kWh", "GJ")),
            ("steam_cost", ("KRW", "USD")),
            ("hcv_steam_cost_krw", ("KRW", "USD")),
        ],
    )
    def test_a_metric_in_units_that_do_not_add_up_is_left_out(
        self, name: str, units: tuple[str, ...]
    ) -> None:
        proposal = proposed(LONG, Metric(name, units))
        assert found(proposal) == {}
        assert units[1] in proposal.doubtful[name]

    def test_a_value_that_cannot_be_added_up_is_said(self) -> None:
        facts = wide(column("metric", "text"), column("value", "real"))
        assert '"value" is real' in format_proposal(proposed(facts, Metric("fan_kwh")))

    def test_a_unit_with_a_line_break_breaks_nothing(self, tmp_path: Path) -> None:
        proposal = proposed(LONG, Metric("fan_kwh", ("k\n[Wh\x7f",)))
        assert proposal.doubtful
        assert read_back(proposal, tmp_path) == proposal.settings

    def test_what_was_looked_at_is_said(self) -> None:
        sample = Sample((), "the newest 5 readings", is_whole=False)
        proposal = propose(
            LONG, assign_roles(LONG), sample, None, database="ahu_monitoring", address=HERE
        )
        text = format_proposal(proposal)
        assert "Looked for metrics in the newest 5 readings. A rare metric may be missing." in text


class TestFile:
    @pytest.mark.parametrize(
        "facts",
        [
            PLANT,
            LONG,
            wide(),
            wide("fan_kwh", 'el "x" \\ kwh', "냉수_ccv_kwh", "fan#kwh", "hcv\x7fkwh"),
            wide(*(f"steam_{'x' * 40}_{n}_kwh" for n in range(90))),
            wide(*(f"temperature_{n}" for n in range(90))),
            wide("hcv_kwh", quoted='"b ms"."Meter""Log"'),
        ],
    )
    def test_it_reads_back_as_what_was_proposed(self, facts: TableFacts, tmp_path: Path) -> None:
        proposal = proposed(facts, Metric('it\'s "odd" fan_kwh'), Metric("x\ny"))
        assert read_back(proposal, tmp_path) == proposal.settings

    def test_it_spells_out_every_setting(self) -> None:
        values = tomllib.loads(format_proposal(proposed(LONG)))
        long_ones = {"metric_column", "value_column", "unit_column"}
        assert long_ones <= values["source"].keys()
        for section, settings in dataclasses.asdict(Settings()).items():
            assert set(settings) - long_ones <= values[section].keys()

    @pytest.mark.parametrize("database", ["plant 2", 'od"d', "설비"])
    def test_the_pooler_leads_to_the_database_that_was_looked_at(
        self, database: str, tmp_path: Path
    ) -> None:
        proposal = proposed(PLANT, database=database)
        assert read_back(proposal, tmp_path).pgbouncer == Pgbouncer(database=database)
        blank = proposed(PLANT, database=" ")
        assert read_back(blank, tmp_path).pgbouncer == Pgbouncer()

    def test_measures_without_a_column_are_empty_and_said_to_be(self) -> None:
        text = format_proposal(proposed(wide("fan_kwh")))
        assert "# hcv_kwh: no column found.\nhcv_kwh = []\n" in text
        assert "# electricity_kwh: no column" not in text

    def test_what_is_not_mapped_is_listed(self) -> None:
        text = format_proposal(proposed(wide("temperature", "total_kwh")))
        assert '# not mapped: "temperature"\n' in text
        assert '#   "total_kwh": may add up other columns\n' in text

    def test_where_the_time_zone_comes_from_is_said(self) -> None:
        by_server = proposed(PLANT, zone=ServerZone("Europe/Rome", "the database"))
        assert by_server.settings.source.time_zone == "Europe/Rome"
        assert "Check: the time zone set for the database." in format_proposal(by_server)
        assert "Check: the default" in format_proposal(proposed(PLANT))

    @pytest.mark.parametrize(
        ("facts", "statement"),
        [
            ({}, 'create index concurrently on bms.log ("timestamp");'),
            (
                {"kind": "p", "partition_key": "RANGE (x)"},
                "ahu-sql doctor --fix",
            ),
            (
                {"hypertable": Hypertable("timestamp", "7 days", "2.20.0", "apache", False)},
                "ahu-sql doctor --fix",
            ),
        ],
    )
    def test_a_missing_time_index_comes_with_what_creates_it(
        self, facts: dict[str, object], statement: str
    ) -> None:
        without = wide("fan_kwh", **facts)
        assert f"#   {statement}\n" in format_proposal(proposed(without))
        with_index = dataclasses.replace(without, leading_columns=frozenset({"timestamp"}))
        assert "create index" not in format_proposal(proposed(with_index))

    def test_what_creates_an_index_is_quoted_as_in_sql(self) -> None:
        facts = table(column('T"s', TIME), column("ahu", "text"))
        assert 'concurrently on bms.log ("T""s");' in format_proposal(proposed(facts))

    @pytest.mark.parametrize(
        ("version", "tracking"),
        [
            ("2.9.3", "lookback"),
            ("2.17.2", "lookback"),
            ("2.18.0", "triggers"),
            ("3.0", "triggers"),
        ],
    )
    def test_an_old_timescaledb_is_tracked_by_lookback(
        self, version: str, tracking: str, tmp_path: Path
    ) -> None:
        facts = wide(hypertable=Hypertable("timestamp", "7 days", version, "timescale", True))
        proposal = proposed(facts)
        assert read_back(proposal, tmp_path).refresh.tracking == tracking
        text = format_proposal(proposal)
        assert (f"TimescaleDB {version} does not show" in text) == (tracking == "lookback")
        assert f"TimescaleDB {version} (timescale licence)" in text

    @pytest.mark.parametrize("text", ['"', "\\", "\x00\x1f\x7f", "é\u2028\U0001f300", "a\tb\nc"])
    def test_any_text_can_be_quoted(self, text: str) -> None:
        assert tomllib.loads(f"a = {quote_toml(text)}") == {"a": text}
