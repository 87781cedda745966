"""The drill-down reads what it has to and nothing else, and goes with its table."""

from __future__ import annotations

import re

import psycopg
import pytest

from databases import Database
from in_force import notices, put_in_force
from plant import RAW_TABLE, plant_readings, raw_table
from product import ahu_sql
from servers.catalogue import chosen_server

DAY = "'2024-02-10 00:00+09', '2024-02-11 00:00+09'"
EXPLAINED = """
    load 'auto_explain';
    set auto_explain.log_min_duration = 0;
    set auto_explain.log_nested_statements = on;
    set auto_explain.log_level = notice;
    set auto_explain.log_analyze = on
"""


def filled(database: Database, kind: str) -> None:
    """60 days of three AHUs; as an index the site has the one on AHU and time."""
    raw_table(database, "partitioned" if kind == "partitioned" else "plain")
    plant_readings(database, ahus=3, days=60, minutes=30)
    database.execute(f"create index on {RAW_TABLE} (ahu_id, timestamp); analyze {RAW_TABLE}")
    put_in_force(database)


def plan_of(database: Database, arguments: str, before: str = "") -> tuple[int, str]:
    """How many readings came, and the plan of the query inside the function."""
    with database.connect() as session:
        said = notices(session)
        session.execute(EXPLAINED)
        session.execute(f"{before}; set role ahu_read")
        row = session.execute(f"select count(*) from ahu.readings({arguments})").fetchone()
    assert row is not None
    plans = [notice.message for notice in said if "r.*" in notice.message]
    assert len(plans) == 1, [notice.message for notice in said]
    return int(row[0]), plans[0]


@pytest.mark.parametrize("kind", ["plain", "partitioned"])
def test_its_plan_leaves_out_other_months_and_uses_the_index(database: Database, kind: str) -> None:
    filled(database, kind)
    readings, plan = plan_of(database, f"{DAY}, array['AHU02']")
    assert readings == 48
    assert re.search(r"Index (Only )?Scan|Bitmap Index Scan", plan), plan
    assert re.search(r"Index Cond: .*AHU02", plan), plan
    assert "Seq Scan" not in plan, plan
    if kind == "partitioned":
        assert f"{RAW_TABLE.split('.')[1]}_2024_02" in plan, plan
        assert "_2024_01" not in plan and "_2024_03" not in plan, plan
    elif database.has_timescaledb:
        assert len(set(re.findall(r"_hyper_\d+_\d+_chunk", plan))) in (1, 2), plan


def test_it_plans_by_page_costs_of_its_own(database: Database) -> None:
    """Those that ahu_read is given are of rollups, which lie in memory."""
    filled(database, "plain")
    month = "'2024-02-01 00:00+09', '2024-03-01 00:00+09'"
    in_memory = "set seq_page_cost = 0.1; set random_page_cost = 0.1"
    of_disks = "set seq_page_cost = 1; set random_page_cost = 40"
    costs = [
        re.findall(r"cost=\S+", plan_of(database, month, before)[1])
        for before in (in_memory, of_disks)
    ]
    assert costs[0] == costs[1]


def test_what_a_client_of_the_pool_left_behind_does_not_change_the_plan(
    database: Database,
) -> None:
    """A plan for any values cannot use the index: AHUs may be null there."""
    filled(database, "partitioned")
    generic = "set plan_cache_mode = force_generic_plan"
    readings, plan = plan_of(database, f"{DAY}, array['AHU02']", generic)
    assert readings == 48
    assert re.search(r"Index Cond: .*AHU02", plan), plan


def test_a_span_of_days_may_hold_a_change_of_the_clock(database: Database) -> None:
    """31 days of Berlin's October have an hour more, and are 31 days."""
    raw_table(database)
    put_in_force(database, "source.time_zone=Europe/Berlin")
    october = "'2024-10-01 00:00+02', '2024-11-01 00:00+01'"
    for zone in ("UTC", "Europe/Berlin", "America/St_Johns"):
        with database.connect() as session:
            session.execute(f"set timezone = '{zone}'; set role ahu_read")
            session.execute(f"select from ahu.readings({october})")
            with pytest.raises(psycopg.Error) as caught:
                session.execute(f"select from ahu.readings({october.replace('+01', '+00')})")
        assert caught.value.diag.sqlstate == "AHU02"


def test_the_settings_of_an_install_are_the_cap(database: Database) -> None:
    raw_table(database)
    put_in_force(database, "drilldown.max_span=2 days")
    with database.connect() as session, pytest.raises(psycopg.Error) as caught:
        session.execute("select from ahu.readings('2024-01-01', '2024-01-04')")
    assert caught.value.diag.message_primary == "ahu.readings gives at most 2 days at once"
    put_in_force(database, "drilldown.max_span=3 days")
    database.execute("select from ahu.readings('2024-01-01', '2024-01-04')")


@pytest.mark.skipif(chosen_server().has_timescaledb, reason="a hypertable is not swapped by name")
def test_another_table_under_its_name_is_read_after_the_next_install(database: Database) -> None:
    """As when a site turns its table into a partitioned one."""
    raw_table(database)
    put_in_force(database)
    database.execute(f"alter table {RAW_TABLE} rename to old_readings")
    raw_table(database, "partitioned")
    plant_readings(database, ahus=3, days=60, minutes=60)
    assert ahu_sql("plan", "--dsn", database.dsn).returncode == 1
    put_in_force(database)
    database.execute("drop table ahu_data.old_readings")
    assert plan_of(database, f"{DAY}, array['AHU02']")[0] == 24
    assert ahu_sql("plan", "--dsn", database.dsn).returncode == 0


def test_uninstall_lets_the_raw_table_go(database: Database) -> None:
    raw_table(database)
    put_in_force(database)
    with pytest.raises(psycopg.errors.DependentObjectsStillExist):
        database.execute(f"drop table {RAW_TABLE}")
    assert ahu_sql("uninstall", "--yes", "--dsn", database.dsn).returncode == 0
    database.execute(f"drop table {RAW_TABLE}")


def test_what_has_taken_the_name_of_the_raw_table_is_not_read(database: Database) -> None:
    """A view of the raw table's owner would run his code with the rights of ours."""
    raw_table(database)
    put_in_force(database)
    database.execute(
        f"alter table {RAW_TABLE} rename to old_readings; "
        f"create view {RAW_TABLE} as select * from ahu_data.old_readings; "
        "grant select on ahu_data.energy_readings to ahu_owner"
    )
    with database.connect() as session, pytest.raises(psycopg.errors.WrongObjectType) as caught:
        session.execute(f"select from ahu.readings({DAY})")
    assert caught.value.diag.message_primary == (
        "the raw table ahu_data.energy_readings is a table no more"
    )
