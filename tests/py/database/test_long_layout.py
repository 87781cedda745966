"""The long layout: a row per measured value, energy in its own unit."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

import psycopg
import pytest

import oracle
from databases import Database
from in_force import NATIVE, put_in_force, views
from plant import NUMERIC_COLUMNS, RAW_TABLE, long_table, plant_readings, raw_table, unpivot
from refreshing import pending_entries, refresh

ZONE = "Asia/Seoul"
LONG = "source.layout=long"
NO_UNIT = "source.unit_column="
PIVOTED = "ahu_data.pivoted"


def add(database: Database, *readings: tuple[str, str | None, str | None]) -> None:
    """Readings of one AHU and day, one a minute: metric, value, unit."""
    with database.connect() as session:
        session.cursor().executemany(
            f"insert into {RAW_TABLE} values ('2024-01-05 10:00+09'::timestamptz "
            "+ %s * interval '1 minute', 'AHU01', %s, %s, %s)",
            [(minute, *reading) for minute, reading in enumerate(readings)],
        )


def kwh(database: Database, measure: str) -> Decimal | None:
    """The sum of this measure over all keys."""
    value: Decimal | None = database.scalar(f"select sum({measure}) from ahu.mv_daily_ahu_kwh")
    return value


def test_energy_in_other_units_is_converted_exactly(database: Database) -> None:
    long_table(database)
    put_in_force(database, LONG)
    add(
        database,
        ("hcv_steam_kwh", "1500.000001", "Wh"),
        ("ac_hcv_steam_kwh", "2.5", "MWh"),
        ("hcv_steam_kwh", "0.25", "kWh"),
        ("hcv_steam_kwh", "0.000001", " gwh "),
        ("hcv_steam_kwh", "0.1", None),
        ("hcv_steam_kwh", "0.2", ""),
        ("hcv_steam_kwh", None, "MWh"),
        ("sf_electricity_kwh", None, "kWh"),
        ("dh_hcv_steam_kwh", "0", "Wh"),
    )
    refresh(database)
    assert kwh(database, "hcv_kwh") == Decimal("2503.050000001")
    assert kwh(database, "electricity_kwh") is None
    assert kwh(database, "dh_hcv_kwh") == 0
    assert database.scalar("select total_cost from ahu.mv_daily_ahu_costs") is None


@pytest.mark.parametrize("strategy", ["incremental", "native"])
def test_an_unknown_unit_of_energy_stops_the_refresh_and_changes_nothing(
    database: Database, strategy: str
) -> None:
    long_table(database)
    add(database, ("hcv_steam_kwh", "1", "kWh"), ("sf_cost_krw", "5", "KRW"))
    put_in_force(database, LONG, *([NATIVE] if strategy == "native" else []))
    before = views(database)
    add(database, ("hcv_steam_kwh", "3", "BTU"), ("sf_cost_krw", "7", "KRW"))
    pending = pending_entries(database)
    with pytest.raises(psycopg.errors.InvalidParameterValue) as caught:
        refresh(database)
    said = caught.value.diag
    assert said.message_primary == 'a reading of energy has the unit "BTU"'
    assert said.message_detail and said.message_hint
    assert (views(database), pending_entries(database)) == (before, pending)

    database.execute(f"update {RAW_TABLE} set unit = 'Wh' where unit = 'BTU'")
    refresh(database)
    assert kwh(database, "hcv_kwh") == Decimal("1.003")
    assert database.scalar("select electricity_cost from ahu.mv_daily_ahu_costs") == 12


def test_units_of_costs_and_of_what_no_measure_adds_up_are_nobody_s_business(
    database: Database,
) -> None:
    long_table(database)
    put_in_force(database, LONG)
    add(
        database,
        ("sf_cost_krw", "5", "won"),
        ("outdoor_temperature", "20", "°C"),
        ("gas_kwh", "3", "BTU"),
        ("hcv_steam_kwh", "2", "kWh"),
    )
    refresh(database)
    assert kwh(database, "hcv_kwh") == 2
    assert database.scalar("select total_cost from ahu.mv_daily_ahu_costs") == 5


def test_without_a_unit_column_values_count_as_they_are(database: Database) -> None:
    long_table(database)
    put_in_force(database, LONG, NO_UNIT)
    add(database, ("hcv_steam_kwh", "1500", "Wh"), ("hcv_steam_kwh", "1", "BTU"))
    refresh(database)
    assert kwh(database, "hcv_kwh") == 1501
    # and when it is told, everything is summed up anew
    database.execute(f"update {RAW_TABLE} set unit = 'kWh' where unit = 'BTU'")
    put_in_force(database, LONG)
    assert kwh(database, "hcv_kwh") == Decimal("2.5")


@pytest.mark.parametrize("kind", ["plain", "partitioned"])
def test_changes_of_single_values_are_in_the_views(
    database: Database, kind: Literal["plain", "partitioned"]
) -> None:
    raw_table(database, hypertable=False)
    plant_readings(database, ahus=3, days=12, minutes=240)
    database.execute(f"alter table {RAW_TABLE} rename to wide_readings")
    long_table(database, kind)
    sums = ", ".join(
        f"sum(value) filter (where metric_name = '{name}') as {name}" for name in NUMERIC_COLUMNS
    )
    database.execute(
        f"create view {PIVOTED} as select timestamp, ahu_id, {sums} from {RAW_TABLE} group by 1, 2"
    )
    put_in_force(database, LONG)
    for change in (
        unpivot("ahu_data.wide_readings"),
        f"delete from {RAW_TABLE} where metric_name = 'sf_cost_krw' and ahu_id = 'AHU01'",
        f"update {RAW_TABLE} set value = value * 1.1 where metric_name like '%kwh'",
        f"update {RAW_TABLE} set metric_name = 'electricity_cost_krw' "
        "where metric_name = 'hcv_steam_cost_krw' and ahu_id = 'AHU02'",
        f"update {RAW_TABLE} set ahu_id = 'AHU09' where metric_name = 'ccv_cold_water_kwh'",
        f"delete from {RAW_TABLE} where timestamp < '2024-01-04 00:00+09'",
        f"delete from {RAW_TABLE} where ahu_id = 'AHU03' and metric_name like '%\\_krw'",
    ):
        database.execute(change)
        assert refresh(database).quarantined == 0
        with database.connect() as session:
            oracle.assert_views_equal_raw(session, ZONE, PIVOTED)
