"""Readings in the columnstore are tracked like others, and the columnstore works beside us."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest

import columnstore
from databases import Database
from plant import RAW_TABLE, plant_readings, raw_table
from product import ahu_sql, install_product
from refreshing import assert_fresh, pending_entries, refresh

ZONE = "Asia/Seoul"
AHUS, DAYS = 3, 16

STATEMENTS = {
    "an insert": f"""
        insert into {RAW_TABLE} (timestamp, ahu_id, sf_cost_krw)
        values ('2024-01-03 00:01+09', 'AHU01', 7), ('2024-01-09 23:59+09', 'AHU09', 8)""",
    "an upsert": f"""
        insert into {RAW_TABLE} as r (timestamp, ahu_id, sf_cost_krw)
        values ('2024-01-04 00:00+09', 'AHU01', 5), ('2024-01-04 00:01+09', 'AHU01', 6)
        on conflict (timestamp, ahu_id) do update set sf_cost_krw = excluded.sf_cost_krw""",
    "an update": f"""
        update {RAW_TABLE} set sf_cost_krw = 99.5
        where ahu_id = 'AHU02' and timestamp < '2024-01-05 12:00+09'""",
    "a reading moved to another AHU": f"""
        update {RAW_TABLE} set ahu_id = 'AHU07'
        where ahu_id = 'AHU02' and timestamp between '2024-01-06' and '2024-01-07'""",
    "a deletion of some readings": f"""
        delete from {RAW_TABLE}
        where timestamp between '2024-01-08 10:00+09' and '2024-01-08 11:00+09'""",
    "a deletion of whole segments": f"delete from {RAW_TABLE} where ahu_id = 'AHU03'",
    "a deletion of everything in some days": f"""
        delete from {RAW_TABLE} where timestamp < '2024-01-05 00:00+09'""",
    # TimescaleDB lets a MERGE do nothing else there
    "a merge that inserts": f"""
        merge into {RAW_TABLE} as r
        using (values ('2024-01-10 00:01+09'::timestamptz), ('2024-01-10 00:07+09')) as s (at)
            on r.timestamp = s.at and r.ahu_id = 'AHU01'
        when not matched then insert (timestamp, ahu_id, sf_cost_krw) values (s.at, 'AHU01', 11)""",
}


@contextmanager
def tracked(database: Database) -> Iterator[None]:
    """What the block does is pending, and one refresh makes the views equal raw again."""
    assert pending_entries(database) == 0
    yield
    assert pending_entries(database) > 0
    refresh(database)
    assert_fresh(database, ZONE)


@pytest.fixture
def site(community_database: Database) -> Database:
    """The product over some weeks of readings, all of them in the columnstore."""
    raw_table(community_database, primary_key=True)
    columnstore.enable(community_database)
    plant_readings(community_database, ahus=AHUS, days=DAYS)
    assert columnstore.compress(community_database) >= 3
    install_product(community_database.dsn)
    assert_fresh(community_database, ZONE, after="the backfill")
    return community_database


@pytest.mark.parametrize("what", STATEMENTS)
def test_a_change_in_the_columnstore_is_tracked(site: Database, what: str) -> None:
    with tracked(site):
        site.execute(STATEMENTS[what])


def test_a_copy_into_the_columnstore_is_tracked(site: Database) -> None:
    with (
        tracked(site),
        site.connect() as session,
        session.cursor().copy(
            f"copy {RAW_TABLE} (timestamp, ahu_id, sf_cost_krw) from stdin"
        ) as rows,
    ):
        for minute in range(1, 60, 2):
            rows.write_row((f"2024-01-07 00:{minute:02}+09", f"AHU{minute % 5:02}", minute))


def test_columnstore_can_be_enabled_after_install(community_database: Database) -> None:
    raw_table(community_database, primary_key=True)
    install_product(community_database.dsn)
    plant_readings(community_database, ahus=AHUS, days=DAYS)
    refresh(community_database)
    columnstore.enable(community_database)
    community_database.execute(f"call add_columnstore_policy('{RAW_TABLE}', interval '7 days')")
    columnstore.compress(community_database)
    with tracked(community_database):
        for statement in STATEMENTS.values():
            community_database.execute(statement)
    plan = ahu_sql("plan", "--dsn", community_database.dsn)
    assert plan.returncode == 0, plan.stderr


def test_compressing_decompressing_and_dropping_chunks_log_nothing(site: Database) -> None:
    views = site.rows("select * from ahu.mv_daily_ahu_costs order by day, ahu_id")
    columnstore.decompress(site)
    assert pending_entries(site) == 0
    columnstore.compress(site)
    site.execute(f"call add_columnstore_policy('{RAW_TABLE}', interval '7 days')")
    site.execute(f"select drop_chunks('{RAW_TABLE}', older_than => '2024-01-12'::timestamptz)")
    assert pending_entries(site) == 0
    refresh(site)
    assert site.rows("select * from ahu.mv_daily_ahu_costs order by day, ahu_id") == views


def copy_says(database: Database, day: str) -> set[str]:
    """How TimescaleDB says that it copies some readings, when compression is allowed."""
    said: list[str] = []
    with database.connect() as session:
        session.add_notice_handler(lambda notice: said.append(notice.message_primary or ""))
        session.execute("set timescaledb.enable_direct_compress_copy = on")
        session.execute("set client_min_messages = debug2")
        with session.cursor().copy(
            f"copy {RAW_TABLE} (timestamp, ahu_id, sf_cost_krw) from stdin"
        ) as rows:
            for n in range(2000):
                rows.write_row((f"{day} {n // 60 % 24:02}:{n % 60:02}+00", f"AHU{n // 1440}", n))
    (how,) = {line for line in said if " copy operation " in line}
    return {word for word in ("compressed", "unbuffered") if word in how}


def test_uninstall_gives_back_direct_compression(community_database: Database) -> None:
    raw_table(community_database)
    columnstore.enable(community_database)
    assert copy_says(community_database, "2024-01-01") == {"compressed"}
    assert columnstore.compressed(community_database) == 1
    install_product(community_database.dsn)
    assert copy_says(community_database, "2024-02-01") == {"unbuffered"}
    assert columnstore.compressed(community_database) == 1
    assert ahu_sql("uninstall", "--yes", "--dsn", community_database.dsn).returncode == 0
    assert copy_says(community_database, "2024-03-01") == {"compressed"}
    assert columnstore.compressed(community_database) == 2


def test_lookback_gives_it_back_too(community_database: Database) -> None:
    raw_table(community_database)
    columnstore.enable(community_database)
    install_product(community_database.dsn)
    install_product(community_database.dsn, "--set", "refresh.tracking=lookback")
    assert copy_says(community_database, "2024-02-01") == {"compressed"}


def test_no_delete_trigger_of_ours_is_in_the_way_of_columnstore(
    community_database: Database,
) -> None:
    """What a statement trigger for DELETE does, which is why ours is a row trigger."""
    raw_table(community_database)
    community_database.execute(
        "create function public.note() returns trigger language plpgsql "
        "as 'begin return null; end'; "
        f"create trigger note after delete on {RAW_TABLE} referencing old table as gone "
        "for each statement execute function public.note()"
    )
    with pytest.raises(psycopg.errors.FeatureNotSupported, match="transition tables"):
        columnstore.enable(community_database)
    community_database.execute(f"drop trigger note on {RAW_TABLE}")
    install_product(community_database.dsn)
    columnstore.enable(community_database)
