"""Change tracking on a hypertable: what changes readings is logged, what drops chunks is not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from databases import Database
from in_force import ZONE, freshness, put_in_force, views
from plant import RAW_TABLE, plant_readings, raw_table
from product import ahu_sql
from refreshing import assert_fresh, pending_entries, refresh

# three weekly chunks, which begin on Thursdays, 00:00 UTC: 4, 11 and 18 January
DAYS = ("2024-01-10", "2024-01-12", "2024-01-19")
AT = " 12:00+09"
# a MERGE of one AHU at the noons of the three days, of which the last is not there
MERGE = f"""
    merge into {RAW_TABLE} as r
    using (
        values ('{DAYS[0]}{AT}'::timestamptz, 'AHU01'), ('{DAYS[1]}{AT}', 'AHU01'),
            ('{DAYS[2]}{AT}', 'AHU77')
    ) as s (at, ahu)
    on r.timestamp = s.at and r.ahu_id = s.ahu
"""
INSERT = "when not matched then insert (timestamp, ahu_id, sf_cost_krw) values (s.at, s.ahu, 5)"
ONE, OTHER, NEW = (DAYS[0], "AHU01"), (DAYS[1], "AHU01"), (DAYS[2], "AHU77")
AT_NOON = f"ahu_id = 'AHU01' and timestamp in ('{DAYS[0]}{AT}', '{DAYS[1]}{AT}')"

Log = dict[tuple[str, str], int]


def copy(session: psycopg.Connection[Any]) -> None:
    """One COPY into a chunk that is there and one that is not."""
    with session.cursor().copy(f"copy {RAW_TABLE} (timestamp, ahu_id) from stdin") as rows:
        rows.write_row((f"{DAYS[0]} 12:01+09", "AHU01"))
        rows.write_row((f"{DAYS[2]}{AT}", "AHU77"))


# what is done, and what the log says of it: readings that each key gained or lost
STATEMENTS: dict[str, tuple[str | Callable[[psycopg.Connection[Any]], None], Log]] = {
    "INSERT": (
        f"insert into {RAW_TABLE} (timestamp, ahu_id) values ('{DAYS[0]} 12:01+09', 'AHU01'), "
        f"('{DAYS[0]} 12:02+09', 'AHU01'), ('{DAYS[2]}{AT}', 'AHU77')",
        {ONE: 2, NEW: 1},
    ),
    "COPY": (copy, {ONE: 1, NEW: 1}),
    "an upsert": (
        f"insert into {RAW_TABLE} as r (timestamp, ahu_id, sf_cost_krw) values "
        f"('{DAYS[0]}{AT}', 'AHU01', 1), ('{DAYS[2]}{AT}', 'AHU77', 1) "
        "on conflict (timestamp, ahu_id) do update set sf_cost_krw = 4",
        {ONE: 0, NEW: 1},
    ),
    "UPDATE": (f"update {RAW_TABLE} set sf_cost_krw = 4 where {AT_NOON}", {ONE: 0, OTHER: 0}),
    "UPDATE that moves": (
        f"update {RAW_TABLE} set ahu_id = 'AHU77', timestamp = timestamp + interval '1 minute' "
        f"where {AT_NOON}",
        {ONE: -1, OTHER: -1, (DAYS[0], "AHU77"): 1, (DAYS[1], "AHU77"): 1},
    ),
    "DELETE": (f"delete from {RAW_TABLE} where {AT_NOON}", {ONE: -1, OTHER: -1}),
    "MERGE that inserts": (f"{MERGE} {INSERT}", {NEW: 1}),
    "MERGE that updates": (
        f"{MERGE} when matched then update set sf_cost_krw = 4",
        {ONE: 0, OTHER: 0},
    ),
    "MERGE that deletes": (f"{MERGE} when matched then delete", {ONE: -1, OTHER: -1}),
    "MERGE that does all": (
        f"{MERGE} when matched and s.at < '{DAYS[1]}' then delete "
        f"when matched then update set sf_cost_krw = 4 {INSERT}",
        {ONE: -1, OTHER: 0, NEW: 1},
    ),
}


@pytest.fixture
def site(database: Database) -> Database:
    """Two AHUs from 4 to 16 January, folded."""
    raw_table(database, primary_key=True)
    plant_readings(database, ahus=2, days=13, minutes=60)
    put_in_force(database)
    return database


def log(database: Database) -> Log:
    """What is pending by key: readings that it gained or lost."""
    rows = database.rows(
        "select p.day::text, a.ahu_id, sum(a.net)::int from _ahu.pending_changes as p "
        "cross join lateral unnest(p.ahu_ids, p.net_readings) as a (ahu_id, net) group by 1, 2"
    )
    return {(day, ahu): net for day, ahu, net in rows}


@pytest.mark.parametrize("what", list(STATEMENTS))
def test_a_statement_logs_the_keys_that_it_changes_and_no_other(site: Database, what: str) -> None:
    statement, expected = STATEMENTS[what]
    with site.connect() as session:
        if isinstance(statement, str):
            session.execute(statement)
        else:
            statement(session)
    assert log(site) == expected
    assert refresh(site).quarantined == 0
    assert_fresh(site, ZONE, after=what)


def test_truncate_marks_every_stored_day(site: Database) -> None:
    before = views(site)
    site.execute(f"truncate {RAW_TABLE}")
    assert pending_entries(site) == 13
    assert refresh(site).quarantined == 26
    assert views(site) == before


def test_a_chunk_that_is_made_later_is_tracked_like_the_others(site: Database) -> None:
    chunks = f"select count(*) from show_chunks('{RAW_TABLE}')"
    before = site.scalar(chunks)
    site.execute(
        f"insert into {RAW_TABLE} (timestamp, ahu_id, sf_cost_krw) "
        "select '2024-06-01 00:00+09'::timestamptz + n * interval '1 day', 'AHU05', n "
        "from generate_series(1, 20) as n"
    )
    site.execute(
        f"update {RAW_TABLE} set sf_cost_krw = 100 where sf_cost_krw = 7 and ahu_id = 'AHU05'"
    )
    site.execute(
        f"delete from {RAW_TABLE} where ahu_id = 'AHU05' and sf_cost_krw between 11 and 13"
    )
    assert site.scalar(chunks) > before
    assert refresh(site).quarantined == 0
    assert_fresh(site, ZONE)


def test_dropping_chunks_logs_nothing(site: Database) -> None:
    before = views(site)
    dropped = site.rows(f"select drop_chunks('{RAW_TABLE}', timestamptz '2024-01-11 00:00+00')")
    assert len(dropped) == 2
    assert pending_entries(site) == 0
    refresh(site)
    assert views(site) == before


def test_only_delete_has_a_row_trigger(site: Database) -> None:
    """For columnstore and a statement trigger that sees deleted rows exclude each other."""
    definitions = site.rows(
        "select tgname::text, pg_get_triggerdef(oid) from pg_trigger "
        f"where tgrelid = '{RAW_TABLE}'::regclass and tgname like 'ahu\\_%'"
    )
    assert len(definitions) == 4
    for name, definition in definitions:
        assert ("FOR EACH ROW" in definition) == (name == "ahu_note_deleted"), definition
        assert ("old_rows" in definition) == (name == "ahu_note_updated"), definition


def test_the_etl_writes_to_new_chunks_of_a_table_that_belongs_to_another(
    database: Database,
) -> None:
    """TimescaleDB makes a new chunk's triggers in the name of the owner, who is none of ours."""
    database.execute("create role plant_dba nologin")
    raw_table(database, primary_key=True)
    database.execute(
        f"alter schema ahu_data owner to plant_dba; alter table {RAW_TABLE} owner to plant_dba"
    )
    plant_readings(database, ahus=1, days=3)
    put_in_force(database)
    with database.connect(user="ahu_write") as etl:
        etl.execute(
            f"insert into {RAW_TABLE} (timestamp, ahu_id, sf_cost_krw) "
            "select t, 'AHU01', 1 from generate_series("
            "'2024-01-02 00:00:30'::timestamptz, '2024-03-01', '1 day') as t"
        )
        etl.execute(f"delete from {RAW_TABLE} where extract(day from timestamp) = 9")
        etl.execute("call ahu.refresh_dashboard_views()")
    assert_fresh(database, ZONE)
    done = ahu_sql("uninstall", "--yes", "--dsn", database.dsn)
    assert done.returncode == 0, done.stderr


def test_a_new_owner_is_noticed_and_allowed_by_the_next_install(site: Database) -> None:
    insert = f"insert into {RAW_TABLE} (timestamp, ahu_id) values ('2024-12-01', 'AHU01')"
    site.execute("create role next_dba; grant usage on schema ahu_data to next_dba")
    site.execute(f"alter table {RAW_TABLE} owner to next_dba")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        site.execute(insert)
    assert freshness(site, "is_tracked") == (False,)
    assert ahu_sql("plan", "--dsn", site.dsn).returncode == 1
    done = ahu_sql("install", "--dsn", site.dsn)
    assert done.returncode == 0, done.stderr
    assert freshness(site, "is_tracked") == (True,)
    site.execute(insert)
