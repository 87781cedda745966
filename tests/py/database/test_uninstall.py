"""Uninstall gives the site back as it was: the dumps before and after are the same."""

from __future__ import annotations

from typing import Literal

import pytest

from databases import Database
from plant import RAW_TABLE, is_hypertable, plant_readings, raw_table
from product import ahu_sql
from refreshing import assert_fresh, install, refresh
from snapshots import OUR_TABLES, assert_same, catalog_rows, in_order, roles_dump, schema_dump

ZONE = "Asia/Seoul"

# what a site may have done to itself before we came
HISTORIES = {
    "nothing": "",
    "roles of our names with settings of their own": """
        create role ahu_read login connection limit 7 noinherit;
        create role ahu_write login password 'secret' valid until '2031-01-01';
        create role ahu_pgbouncer login password 'its own' connection limit 3;
        alter role ahu_pgbouncer in database {database} set search_path = public;
        alter role ahu_pgbouncer set statement_timeout = '1s';
        alter role ahu_read set work_mem = '3MB';
        alter role ahu_read set statement_timeout = '11s';
        alter role ahu_read in database {database} set search_path = "$user", "odd ""name", public;
        alter role ahu_read in database {database} set statement_timeout = '7s';
        alter role ahu_write in database {database} set lock_timeout = '1ms';
        alter role ahu_write in database {database} set application_name = 'it''s = ours';
        comment on role ahu_read is 'the dashboards''';
        create role analyst nologin; grant analyst to ahu_read
        """,
    "grants on the raw table": """
        create role ahu_read login; create role ahu_write login; create role ahu_owner nologin;
        create role clerk nologin;
        grant usage on schema ahu_data to ahu_read, public;
        grant select on {raw} to ahu_read with grant option;
        grant select (timestamp, ahu_id), update (sf_cost_krw) on {raw} to clerk;
        grant insert on {raw} to ahu_write;
        set role ahu_read; grant select on {raw} to clerk; reset role;
        revoke connect on database {database} from public;
        grant connect on database {database} to ahu_read;
        alter default privileges in schema ahu_data grant select on tables to clerk
        """,
    "rights to create large objects": """
        create role clerk nologin;
        revoke execute on function pg_catalog.lo_create(oid) from public;
        grant execute on function pg_catalog.lo_create(oid), pg_catalog.lo_creat(integer) to clerk
        """,
    "a large object": "select pg_catalog.lo_from_bytea(4711, 'somebody''s')",
    "triggers, comments, a sequence and a publication": """
        alter table {raw} add column number bigserial;
        create function ahu_data.stamp() returns trigger language plpgsql
            as 'begin return new; end';
        create trigger stamp before insert on {raw} for each row execute function ahu_data.stamp();
        {disable_trigger};
        comment on table {raw} is 'raw';
        create publication everything for table {raw};
        create statistics ahu_data.both on timestamp, ahu_id from {raw};
        create view ahu_data.mine as select ahu_id, count(*) from {raw} group by 1
        """,
}


@pytest.fixture
def site(database: Database) -> Database:
    """The raw table with some readings."""
    raw_table(database)
    plant_readings(database, ahus=2, days=3)
    return database


def dumps(database: Database) -> tuple[str, str]:
    """All that a site would restore itself from, readings aside."""
    return in_order(schema_dump(database)), in_order(roles_dump(database))


@pytest.mark.parametrize("history", list(HISTORIES))
def test_the_dumps_before_and_after_are_the_same(site: Database, history: str) -> None:
    # TimescaleDB: hypertables do not support enabling or disabling triggers
    disable = "select" if is_hypertable(site) else f"alter table {RAW_TABLE} disable trigger stamp"
    site.execute(
        HISTORIES[history].format(raw=RAW_TABLE, database=site.name, disable_trigger=disable)
        or "select"
    )
    schema, roles = dumps(site)
    install(site, ZONE)
    assert dumps(site)[0] != schema
    site.execute(f"insert into {RAW_TABLE} (timestamp, ahu_id) values ('2024-01-02', 'AHU03')")
    refresh(site)
    done = ahu_sql("uninstall", "--yes", "--roles", "--dsn", site.dsn)
    assert done.returncode == 0, done.stderr
    after_schema, after_roles = dumps(site)
    assert after_schema.splitlines() == schema.splitlines()
    assert after_roles.splitlines() == roles.splitlines()


@pytest.mark.parametrize("kind", ["plain", "partitioned"])
def test_without_roles_only_the_roles_stay(
    database: Database, kind: Literal["plain", "partitioned"]
) -> None:
    raw_table(database, kind)
    plant_readings(database, ahus=2, days=3)
    schema, roles = dumps(database)
    install(database, ZONE)
    done = ahu_sql("uninstall", "--yes", "--dsn", database.dsn)
    assert done.returncode == 0, done.stderr
    after_schema, after_roles = dumps(database)
    assert after_schema.splitlines() == schema.splitlines()
    added = set(after_roles.splitlines()) - set(roles.splitlines())
    assert {line.split()[0] for line in added} <= {"CREATE", "ALTER", "COMMENT"}
    assert all(line.split()[2].startswith("ahu_") for line in added if "COMMENT" not in line)
    # and can be used again
    install(database, ZONE)
    assert_fresh(database, ZONE)


@pytest.mark.parametrize(
    ("dependent", "named"),
    [
        ("create view public.board as select day from ahu.mv_daily_ahu_costs", "view public.board"),
        (
            "create materialized view public.board as table ahu.mv_monthly_ahu_costs",
            "view public.board",
        ),
        ("create table public.board (costs ahu.mv_daily_ahu_costs)", "table public.board"),
        (
            "create function public.board() returns bigint begin atomic "
            "select count(*) from ahu.mv_daily_ahu_kwh; end",
            "function public.board()",
        ),
        ("create table public.board (day date default _ahu.local_day(now()))", "board"),
        (
            "create table public.board (at timestamptz check (_ahu.local_day(at) > '2000-01-01'))",
            "board",
        ),
        (
            "create table public.board (month date, ahu_id text, "
            "foreign key (month, ahu_id) references _ahu.monthly_rollup)",
            "board",
        ),
        ("create table ahu.board ()", "ahu.board"),
        ("create function ahu.board() returns int language sql as 'select 1'", "ahu.board()"),
        ("create type ahu.board as enum ('one')", "ahu.board"),
    ],
)
def test_objects_of_others_are_not_dropped_with_ours(
    site: Database, dependent: str, named: str
) -> None:
    install(site, ZONE)
    site.execute(dependent)
    before = catalog_rows(site, *OUR_TABLES)
    done = ahu_sql("uninstall", "--yes", "--dsn", site.dsn)
    assert done.returncode == 1, done.stderr
    error, detail, hint = done.stderr.strip().splitlines()
    assert error.startswith("error: other objects depend on ahu-sql")
    assert detail.startswith("DETAIL: ") and named in detail
    assert hint.startswith("HINT: ")
    assert_same(before, catalog_rows(site, *OUR_TABLES))
    assert_fresh(site, ZONE)
