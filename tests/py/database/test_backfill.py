"""The backfill, and what makes everything be computed again; retention makes nothing smaller."""

from __future__ import annotations

from pathlib import Path

import pytest

import oracle
from databases import Database
from plant import RAW_TABLE, move_in_time, plant_readings, raw_table
from product import ahu_sql
from refreshing import assert_fresh, install, pending_entries, refresh

ZONE = "Asia/Seoul"


@pytest.fixture
def site(database: Database) -> Database:
    """Two AHUs, 40 days."""
    raw_table(database)
    plant_readings(database, ahus=2, days=40, minutes=60)
    return database


def test_the_backfill_is_done_once_whatever_refreshes_meanwhile(site: Database) -> None:
    install(site, ZONE, "--batch-days", "7")
    runs = site.rows("select days, readings, days_pending from ahu.refresh_runs order by run_id")
    assert {days for days, _, _ in runs[:-1]} == {7}
    assert runs[-1][2] == 0
    assert sum(readings for _, readings, _ in runs) == 2 * 40 * 24
    install(site, ZONE)
    assert site.scalar("select count(*) from ahu.refresh_runs") == len(runs)
    assert_fresh(site, ZONE)


def test_a_backfill_beside_changes_equals_raw(site: Database) -> None:
    """Marked, and then changed before it is folded: in part by the ETL's own refresh."""
    install(site, ZONE)
    site.execute(
        "delete from _ahu.daily_rollup; delete from _ahu.monthly_rollup; "
        "update _ahu.source set backfill_marked_at = null; call _ahu.mark_backfill()"
    )
    assert pending_entries(site) >= 40
    refresh(site, "max_days => 10")
    site.execute(
        f"delete from {RAW_TABLE} where extract(hour from timestamp) = 5; "
        + move_in_time(site, "1 day", "ahu_id = 'AHU02'")
    )
    refresh(site, "max_days => 10")
    install(site, ZONE, "--batch-days", "3")
    refresh(site)
    assert_fresh(site, ZONE)


def test_other_measures_make_everything_be_computed_again(site: Database, tmp_path: Path) -> None:
    install(site, ZONE)
    settings = tmp_path / "ahu-sql.toml"
    settings.write_text(
        '[measures]\nelectricity_cost = ["sf_cost_krw"]\n'
        'hcv_kwh = ["hcv_steam_kwh", "outdoor_humidity"]\n'
    )
    done = ahu_sql("install", "--dsn", site.dsn, "--config", str(settings))
    assert done.returncode == 0, done.stderr
    differing = site.rows(
        f"""
        select from ahu.mv_daily_ahu_costs as v
        join ahu.mv_daily_ahu_kwh as k using (day, ahu_id)
        full join (
            select (timestamp at time zone 'Asia/Seoul')::date as day, ahu_id,
                sum(sf_cost_krw) as cost, sum(hcv_steam_kwh) as one, sum(outdoor_humidity) as two
            from {RAW_TABLE} group by 1, 2
        ) as r using (day, ahu_id)
        where v.electricity_cost is distinct from r.cost
            or k.hcv_kwh is distinct from r.one + r.two
        """
    )
    assert differing == []
    with site.connect() as session, pytest.raises(AssertionError):
        oracle.assert_views_equal_raw(session, ZONE)

    install(site, ZONE)
    assert_fresh(site, ZONE)


@pytest.mark.parametrize("late", ["insert", "update", "delete", "other measures", "truncate"])
def test_what_retention_took_stays_in_the_views(site: Database, late: str) -> None:
    """Readings that vanish without a trace, then a change of the same day: a day stays a day."""
    install(site, ZONE)
    before = stored(site)
    with site.connect() as session:
        session.execute("set session_replication_role = replica")
        session.execute(
            f"delete from {RAW_TABLE} where timestamp < '2024-01-10 00:00+09' "
            "and (ahu_id = 'AHU01' or extract(minute from timestamp) > 0)"
        )
        session.execute(
            f"delete from {RAW_TABLE} where ahu_id = 'AHU02' "
            "and timestamp >= '2024-01-05 01:00+09' and timestamp < '2024-01-06 00:00+09'"
        )
    assert refresh(site).outcome == "nothing pending"
    assert stored(site) == before

    site.execute(
        {
            "insert": f"insert into {RAW_TABLE} (timestamp, ahu_id, sf_cost_krw) "
            "values ('2024-01-05 10:00:01+09', 'AHU01', 1), ('2024-01-05 02:00+09', 'AHU02', 1)",
            "update": f"update {RAW_TABLE} set sf_cost_krw = 0 where timestamp < '2024-01-06+09'",
            "delete": f"delete from {RAW_TABLE} where timestamp = '2024-01-05 00:00+09'",
            "other measures": "update _ahu.source set backfill_marked_at = null; "
            "call _ahu.mark_backfill(); call ahu.mark_changed('2024-01-01', '2024-02-20')",
            "truncate": f"truncate {RAW_TABLE}",
        }[late]
    )
    answer = refresh(site)
    assert answer.quarantined > 0
    after = stored(site)
    kept = ("2024-01-05", "AHU02")
    assert after[kept] == before[kept]
    if late != "update":
        assert after["2024-01-05", "AHU01"] == before["2024-01-05", "AHU01"]
    assert after.keys() == before.keys()
    assert site.scalar("select max(quarantined_keys) from ahu.freshness") == answer.quarantined

    site.execute("call ahu.mark_changed('2024-01-01', '2024-02-20', trust_raw => true)")
    refresh(site)
    assert_fresh(site, ZONE, after="the operator trusts raw")


def test_what_waits_for_longest_is_folded_first_and_of_one_age_the_newest_day(
    site: Database,
) -> None:
    install(site, ZONE)
    site.execute("call ahu.mark_changed('2024-01-05', '2024-01-20')")
    site.execute("call ahu.mark_changed('2024-01-01', '2024-02-09')")
    left = []
    for _ in range(3):
        refresh(site, "max_days => 8")
        left.append(site.rows("select min(day)::text, max(day)::text from _ahu.pending_changes"))
    assert left[0] == [("2024-01-01", "2024-02-09")]
    assert (
        site.rows(
            "select day::text from _ahu.pending_changes "
            "where day between '2024-01-05' and '2024-01-20'"
        )
        == []
    )
    assert left[2] == [("2024-01-01", "2024-02-01")]
    refresh(site)
    assert_fresh(site, ZONE)


def stored(database: Database) -> dict[tuple[str, str], object]:
    """The daily costs by key."""
    rows = database.rows(
        "select day::text, ahu_id, total_cost, steam_cost from ahu.mv_daily_ahu_costs"
    )
    return {(day, ahu): costs for day, ahu, *costs in rows}
