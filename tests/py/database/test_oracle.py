"""The two oracles agree with each other, and neither accepts a wrong view."""

from __future__ import annotations

import time
from datetime import date

import pytest

import oracle
from databases import Database
from plant import (
    NUMERIC_COLUMNS,
    RAW_TABLE,
    REAL_COUNT,
    REAL_ZONE,
    copy_real_readings,
    plant_readings,
    raw_table,
)

ZONES = ("Asia/Seoul", "America/Chicago", "Europe/Prague", "Asia/Kolkata", "UTC")


@pytest.mark.parametrize("kind", ["plain", "partitioned"])
@pytest.mark.parametrize("zone", ZONES)
def test_both_oracles_agree(database: Database, kind: str, zone: str) -> None:
    raw_table(database, kind)  # type: ignore[arg-type]
    plant_readings(database, ahus=3, days=400, minutes=97, zone=zone)
    with database.connect() as connection:
        python = oracle.expected_views(connection, zone)
        assert python == oracle.expected_views_sql(connection, zone)
    assert len(python.mv_daily_ahu_kwh) == 3 * 400
    assert len(python.mv_monthly_ahu_costs) == 3 * 14


def test_both_oracles_agree_on_real_readings(database: Database) -> None:
    raw_table(database, "partitioned", first_day=date(2007, 8, 1), months=24)
    assert copy_real_readings(database) == REAL_COUNT
    with database.connect() as connection:
        python = oracle.expected_views(connection, REAL_ZONE)
        assert python == oracle.expected_views_sql(connection, REAL_ZONE)
    days = {(day, ahu) for day, ahu in python.mv_daily_ahu_costs}
    assert {ahu for _, ahu in days} == {"AHU01", "AHU07"}
    assert sum(ahu == "AHU01" for _, ahu in days) == 15


def test_unknown_is_not_zero(database: Database) -> None:
    raw_table(database)
    database.execute(
        f"insert into {RAW_TABLE} (timestamp, ahu_id, sf_cost_krw, hcv_steam_kwh) values "
        "('2024-01-01 15:00+00', 'AHU01', 1.10, null), ('2024-01-02 14:59+00', 'AHU01', 0.05, 0), "
        "('2024-01-02 15:00+00', 'AHU01', null, null)"
    )
    with database.connect() as connection:
        for expect in (oracle.expected_views, oracle.expected_views_sql):
            views = expect(connection, "Asia/Seoul")
            day, next_day = ((date(2024, 1, number), "AHU01") for number in (2, 3))
            assert [str(v) for v in views.mv_daily_ahu_costs[day]] == [
                *["None", "None", "1.15", "1.15"]
            ]
            assert [str(v) for v in views.mv_daily_ahu_kwh[day]] == ["0"] + ["None"] * 4
            assert views.mv_daily_ahu_costs[next_day] == (None,) * 4
            assert views.mv_monthly_ahu_costs.keys() == {(date(2024, 1, 1), "AHU01")}


@pytest.mark.parametrize(
    "harm, told",
    [
        ("update mv_daily_ahu_kwh set ccv_kwh = ccv_kwh + 0.001", "ccv_kwh: view"),
        ("update mv_daily_ahu_costs set steam_cost = 0", "steam_cost: view 0, raw NULL"),
        ("delete from mv_monthly_ahu_costs", "mv_monthly_ahu_costs (2024-01-01, AHU01): missing"),
        ("update mv_daily_ahu_costs set day = day + 1", "raw has no reading"),
        ("insert into mv_daily_ahu_kwh table mv_daily_ahu_kwh", "(2024-01-02, AHU01) twice"),
    ],
)
def test_a_wrong_view_is_found(database: Database, harm: str, told: str) -> None:
    raw_table(database)
    database.execute(
        f"insert into {RAW_TABLE} (timestamp, ahu_id, ccv_cold_water_kwh, sf_cost_krw) values "
        "('2024-01-02 00:00+09', 'AHU01', 5, 7)"
    )
    plant_views_from_oracle(database, "Asia/Seoul")
    with database.connect() as connection:
        oracle.assert_views_equal_raw(connection, "Asia/Seoul")
        oracle.assert_views_equal_raw_sql(connection, "Asia/Seoul")
        connection.execute("set search_path = ahu; " + harm)
        for check in (oracle.assert_views_equal_raw, oracle.assert_views_equal_raw_sql):
            with pytest.raises(AssertionError) as caught:
                check(connection, "Asia/Seoul")
            assert told in str(caught.value)


def test_the_sql_oracle_is_fast_enough_for_a_plant_s_history(database: Database) -> None:
    raw_table(database, "partitioned", months=4)
    readings = plant_readings(database, ahus=45, days=20, minutes=6)
    assert readings == 45 * 20 * 240
    started = time.monotonic()
    with database.connect() as connection:
        views = oracle.expected_views_sql(connection, "Asia/Seoul")
    assert len(views.mv_daily_ahu_costs) == 45 * 20
    assert time.monotonic() - started < 20


def test_every_input_is_a_column_of_the_raw_table() -> None:
    assert set(oracle.INPUTS) < set(NUMERIC_COLUMNS)
    assert set(NUMERIC_COLUMNS) - set(oracle.INPUTS) == {"outdoor_temperature", "outdoor_humidity"}


def plant_views_from_oracle(database: Database, zone: str) -> None:
    """Tables in the place of the views, filled with what the oracle expects."""
    with database.connect() as connection:
        expected = oracle.expected_views(connection, zone)
        connection.execute("create schema ahu")
        for view, time_column, measures in oracle.VIEWS:
            columns = ", ".join(f"{measure} numeric" for measure in measures)
            connection.execute(
                f"create table ahu.{view} ({time_column} date, ahu_id text, {columns})"
            )
            places = ", ".join(["%s"] * (2 + len(measures)))
            for key, values in getattr(expected, view).items():
                connection.execute(f"insert into ahu.{view} values ({places})", (*key, *values))
