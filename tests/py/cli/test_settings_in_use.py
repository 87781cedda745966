"""Settings end to end: every way to give them reaches the database, and every grant comes back."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest

from cli.asking import libpq
from cli.sites import may
from databases import Database
from product import ahu_sql

RAW = "ahu_data.energy_readings"

ODD_SITE = """
[source]
table = '''plant."Readings of 100% 'x'"'''
time_column = "Measured At"
ahu_column = 'Unit "no" 1'
time_zone = "America/New_York"

[measures]
hcv_kwh = ["Steam; drop table x", "a'b"]
dh_hcv_kwh = []
ccv_kwh = []
pc_ccv_kwh = []
electricity_kwh = ["Power"]
steam_cost = []
cold_water_cost = []
electricity_cost = ["Power"]
"""


def zone_of_render(*options: str, folder: Path, environment: dict[str, str] | None = None) -> str:
    done = ahu_sql(
        "render", "50_source/local_day.sql", *options, folder=folder, environment=environment
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split("at time zone '")[1].split("'")[0]


def test_flag_beats_environment_beats_file_beats_default(tmp_path: Path) -> None:
    flag = ("--set", "source.time_zone=Asia/Tokyo")
    variable = {"AHU_SQL_SOURCE_TIME_ZONE": "Europe/Rome"}
    assert zone_of_render(folder=tmp_path) == "Asia/Seoul"
    (tmp_path / "ahu-sql.toml").write_text('[source]\ntime_zone = "Asia/Manila"\n')
    assert zone_of_render(folder=tmp_path) == "Asia/Manila"
    named = tmp_path / "named.toml"
    named.write_text('[source]\ntime_zone = "Asia/Dubai"\n')
    assert zone_of_render("--config", str(named), folder=tmp_path) == "Asia/Dubai"
    assert zone_of_render(folder=tmp_path, environment=variable) == "Europe/Rome"
    assert zone_of_render(*flag, folder=tmp_path, environment=variable) == "Asia/Tokyo"


def test_a_table_with_odd_names_in_another_zone_is_rolled_up(
    database: Database, tmp_path: Path
) -> None:
    table = "plant.\"Readings of 100% 'x'\""
    database.execute(
        f"""
        create schema plant;
        create table {table} (
            "Measured At" timestamptz, "Unit ""no"" 1" integer,
            "Steam; drop table x" double precision, "a'b" numeric, "Power" integer
        );
        insert into {table}
        values ('2024-01-02 04:59:59Z', 7, 0.5, 1, 10), ('2024-01-02 05:00:00Z', 7, null, null, 20);
        """
    )
    config = tmp_path / "site.toml"
    config.write_text(ODD_SITE)
    done = ahu_sql("install", "--dsn", database.dsn, "--config", str(config))
    assert done.returncode == 0, done.stderr

    with database.connect() as etl:
        etl.execute(f"insert into {table} values ('2024-01-03 04:00Z', 8, 2, 3, 30)")
    assert ahu_sql("refresh", "--dsn", database.dsn).returncode == 0
    kwh = "select day, ahu_id, hcv_kwh, ccv_kwh, electricity_kwh from ahu.mv_daily_ahu_kwh"
    assert sorted(database.rows(kwh)) == [
        (date(2024, 1, 1), "7", Decimal("1.5"), None, Decimal(10)),
        (date(2024, 1, 2), "7", None, None, Decimal(20)),
        (date(2024, 1, 2), "8", Decimal(5), None, Decimal(30)),
    ]
    costs = "select ahu_id, steam_cost, total_cost from ahu.mv_monthly_ahu_costs order by 1"
    assert database.rows(costs) == [("7", None, Decimal(30)), ("8", None, Decimal(30))]


def test_libpq_s_variables_take_the_place_of_the_dsn(site: Database) -> None:
    where = libpq(site)
    assert ahu_sql("plan", environment=where).returncode == 1
    assert ahu_sql("install", environment=where).returncode == 0
    for command in (["plan"], ["refresh"], ["status"], ["uninstall", "--yes"]):
        done = ahu_sql(*command, environment=where)
        assert done.returncode == 0, done.stderr
    assert site.rows("select from pg_namespace where nspname = 'ahu'") == []


def test_a_service_file_of_libpq_works_too(bare_site: Database, tmp_path: Path) -> None:
    service = tmp_path / "services"
    service.write_text("[plant]\n" + "\n".join(bare_site.dsn.split()) + "\n")
    by_variable = {"PGSERVICEFILE": str(service), "PGSERVICE": "plant"}
    assert ahu_sql("plan", environment=by_variable).returncode == 1
    by_dsn = {"PGSERVICEFILE": str(service)}
    assert ahu_sql("plan", "--dsn", "service=plant", environment=by_dsn).returncode == 1


def test_variables_of_ours_reach_the_database(site: Database) -> None:
    site.execute(f"alter table {RAW} rename to other")
    variables = {
        "AHU_SQL_SOURCE_TABLE": "ahu_data.other",
        "AHU_SQL_SOURCE_TIME_ZONE": "UTC",
        "AHU_SQL_MEASURES_HCV_KWH": "outdoor_temperature",
    }
    done = ahu_sql("install", "--dsn", site.dsn, environment=variables)
    assert done.returncode == 0, done.stderr
    # 00:00 in Seoul is a day earlier in UTC
    days = "select distinct day from ahu.mv_daily_ahu_kwh order by day"
    assert site.rows(days) == [(date(2023, 12, 31),), (date(2024, 1, 1),), (date(2024, 1, 2),)]
    raw = "select sum(outdoor_temperature) from ahu_data.other"
    assert site.scalar("select sum(hcv_kwh) from ahu.mv_daily_ahu_kwh") == site.scalar(raw)


def test_a_measure_that_changes_is_made_anew_from_all_readings(installed: Database) -> None:
    flag = ("--set", "measures.hcv_kwh=outdoor_temperature")
    done = ahu_sql("install", "--dsn", installed.dsn, *flag)
    assert done.returncode == 0, done.stderr
    raw = f"select sum(outdoor_temperature) from {RAW}"
    assert installed.scalar("select sum(hcv_kwh) from ahu.mv_daily_ahu_kwh") == installed.scalar(
        raw
    )


def test_raw_access_comes_with_open_and_goes_with_guarded(installed: Database) -> None:
    read = f"select count(*) from {RAW}"
    assert not may(installed, "ahu_read", "select", RAW)
    with installed.connect(user="ahu_read") as reader:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            reader.execute(read)
        opened = ahu_sql("install", "--dsn", installed.dsn, "--set", "drilldown.raw_access=open")
        assert opened.returncode == 0
        assert reader.execute(read).fetchone() == (96,)
        assert ahu_sql("install", "--dsn", installed.dsn).returncode == 0
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            reader.execute(read)


def test_grants_on_other_tables_come_with_the_settings_and_go_with_the_product(
    site: Database,
) -> None:
    site.execute(
        "create schema weather; create table weather.outdoor (); create table weather.staging (); "
        "create role ahu_read login; create table ahu_data.granted_before (); "
        "grant usage on schema ahu_data to ahu_read; "
        "grant select on ahu_data.granted_before to ahu_read"
    )
    flags = (
        "--set",
        "roles.read_also=weather.outdoor, ahu_data.granted_before",
        "--set",
        "roles.write_also=weather.staging",
    )
    assert ahu_sql("install", "--dsn", site.dsn, *flags).returncode == 0
    assert may(site, "ahu_read", "select", "weather.outdoor")
    for privilege in ("select", "insert", "update", "delete"):
        assert may(site, "ahu_write", privilege, "weather.staging")
    assert not may(site, "ahu_read", "insert", "weather.outdoor")
    assert not may(site, "ahu_read", "select", "weather.staging")
    assert not may(site, "ahu_write", "truncate", "weather.staging")

    assert ahu_sql("uninstall", "--yes", "--dsn", site.dsn).returncode == 0
    acl = "select nspacl::text from pg_namespace where nspname = 'weather'"
    assert "ahu_" not in str(site.scalar(acl))
    for role, table in (("ahu_read", "outdoor"), ("ahu_write", "staging")):
        assert not may(site, role, "select", f"weather.{table}")
    assert may(site, "ahu_read", "select", "ahu_data.granted_before"), "it was not ours to take"
