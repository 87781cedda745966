"""Lookback: nothing stands on the raw table, and each refresh folds the last days again."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest

from databases import Copies, Database
from in_force import (
    LOOKBACK,
    ZONE,
    add_reading,
    assert_exact,
    delete_silently,
    freshness,
    our_triggers,
    put_in_force,
    views,
)
from plant import RAW_TABLE, plant_readings, raw_table
from product import ahu_sql
from refreshing import assert_fresh, call, pending_entries, refresh
from sessions import repeated

DAYS, PER_DAY, AHUS = 20, 6, 2
# of a lookback of seven days, the default: the last is 2024-01-20
FIRST_OF_WINDOW, BEFORE_WINDOW = "2024-01-14", "2024-01-13"


@pytest.fixture
def site(copies: Copies) -> Iterator[Database]:
    """Twenty days of readings, installed."""
    with copies.of(build) as database:
        yield database


def build(database: Database) -> None:
    raw_table(database)
    plant_readings(database, ahus=AHUS, days=DAYS, minutes=1440 // PER_DAY)
    put_in_force(database, LOOKBACK)


def test_no_trigger_stands_on_the_raw_table_and_no_write_is_logged(site: Database) -> None:
    assert our_triggers(site) == set()
    add_reading(site, FIRST_OF_WINDOW)
    site.execute(f"update {RAW_TABLE} set sf_cost_krw = 3; delete from {RAW_TABLE}")
    assert pending_entries(site) == 0


def test_what_changes_within_the_window_is_folded_by_the_next_refresh(site: Database) -> None:
    add_reading(site, FIRST_OF_WINDOW)
    add_reading(site, "2024-01-17", "AHU99")
    site.execute(f"update {RAW_TABLE} set ccv_cold_water_kwh = 5 where timestamp > '2024-01-18'")
    refresh(site)
    assert_fresh(site, ZONE)


def test_an_older_reading_is_folded_only_after_mark_changed(site: Database) -> None:
    before = views(site)
    add_reading(site, BEFORE_WINDOW)
    refresh(site)
    assert views(site) == before
    site.execute(f"call ahu.mark_changed('{BEFORE_WINDOW}', '{BEFORE_WINDOW}')")
    assert freshness(site, "pending_days") == (1,)
    refresh(site)
    assert freshness(site, "pending_days") == (0,)
    assert_fresh(site, ZONE)


def test_each_refresh_folds_the_window_and_nothing_else(site: Database) -> None:
    for _ in range(2):
        answer = refresh(site)
        assert (answer.outcome, answer.days) == ("refreshed", 7)
        assert (answer.keys, answer.readings) == (7 * AHUS, 7 * AHUS * PER_DAY)
        assert (answer.quarantined, answer.days_pending) == (0, 0)


def test_the_number_of_days_can_be_changed(site: Database) -> None:
    for days, too_old, in_window in (
        (2, "2024-01-18", "2024-01-19"),
        (5, "2024-01-15", "2024-01-16"),
    ):
        put_in_force(site, LOOKBACK, f"refresh.lookback_days={days}")
        add_reading(site, in_window)
        assert refresh(site).days == days
        assert_exact(site)
        add_reading(site, too_old)
        refresh(site)
        with pytest.raises(AssertionError):
            assert_exact(site)
        site.execute(f"call ahu.mark_changed('{too_old}', '{too_old}')")
        refresh(site)
        assert_fresh(site, ZONE)


def test_an_etl_that_was_away_for_longer_than_the_window_loses_nothing(site: Database) -> None:
    plant_readings(site, ahus=AHUS, days=40, first_day=date(2024, 1, 21), minutes=1440 // PER_DAY)
    add_reading(site, FIRST_OF_WINDOW)
    assert refresh(site).days == 7 + 40
    assert_fresh(site, ZONE)
    assert refresh(site).days == 7


@pytest.mark.parametrize("ahead", ["2200-01-01", "9999-12-29"])
def test_a_reading_in_the_future_hides_no_later_ones(site: Database, ahead: str) -> None:
    """The outage goes on after somebody's clock was wrong: the days between are still new."""
    add_reading(site, ahead)
    refresh(site)
    assert_fresh(site, ZONE)
    plant_readings(site, ahus=AHUS, days=30, first_day=date(2024, 2, 1), minutes=1440 // PER_DAY)
    add_reading(site, FIRST_OF_WINDOW)
    add_reading(site, ahead)
    refresh(site)
    assert_fresh(site, ZONE)


def test_history_that_is_loaded_into_an_empty_table_is_folded(database: Database) -> None:
    raw_table(database)
    put_in_force(database, LOOKBACK)
    assert refresh(database).outcome == "nothing pending"
    plant_readings(database, ahus=AHUS, days=DAYS, minutes=1440 // PER_DAY)
    refresh(database)
    assert_fresh(database, ZONE)


def test_batches_reach_everything(site: Database) -> None:
    """Though each marks the window again."""
    for day in range(14, 21):
        add_reading(site, f"2024-01-{day}")
    site.execute("call ahu.mark_changed('2024-01-02', '2024-01-03')")
    pending = [refresh(site, "max_days => 2").days_pending for _ in range(5)]
    assert pending[0] == 7 and min(pending) > 0
    assert_exact(site)

    for day in range(14, 21):
        add_reading(site, f"2024-01-{day}")
    add_reading(site, BEFORE_WINDOW)
    site.execute(f"call ahu.mark_changed('{BEFORE_WINDOW}', '{BEFORE_WINDOW}')")
    done = ahu_sql("refresh", "--batch-days", "2", "--dsn", site.dsn)
    assert done.returncode == 0, done.stderr
    assert_exact(site)
    refresh(site)
    assert_fresh(site, ZONE)


def test_batches_of_one_transaction_reach_everything(site: Database) -> None:
    for day in range(14, 21):
        add_reading(site, f"2024-01-{day}")
    with site.connect(autocommit=False) as session:
        for _ in range(4):
            call(session, "max_days => 2")
        session.commit()
    assert_exact(site)


def test_readings_that_are_gone_without_evidence_are_kept_until_they_are_replaced(
    site: Database,
) -> None:
    before = views(site)
    delete_silently(
        site,
        "timestamp >= '2024-01-16+09' and timestamp < '2024-01-17+09'"
        " or ahu_id = 'AHU01' and timestamp between '2024-01-18' and '2024-01-19'",
    )
    for _ in range(2):
        answer = refresh(site)
        assert (answer.days, answer.quarantined) == (7, 4)  # two of a day that is gone altogether
        assert views(site) == before
    assert freshness(site, "quarantined_keys") == (4,)
    done = ahu_sql("status", "--dsn", site.dsn)
    assert done.returncode == 1 and done.stderr.startswith("quarantine: 4 keys")
    site.execute("call ahu.resolve_quarantine('2024-01-01', '2024-01-31', null, 'replace')")
    assert refresh(site).quarantined == 0
    assert_fresh(site, ZONE)


def test_late_readings_of_a_day_that_is_gone_can_be_added_to_its_summary(site: Database) -> None:
    cost = "select electricity_cost from ahu.mv_daily_ahu_costs where (day, ahu_id) = (%s, 'AHU01')"
    before = site.scalar(cost, ["2024-01-18"])
    delete_silently(
        site, "ahu_id = 'AHU01' and timestamp >= '2024-01-18+09' and timestamp < '2024-01-19+09'"
    )
    add_reading(site, "2024-01-18", cost=7)
    assert refresh(site).quarantined == 1
    site.execute("call ahu.resolve_quarantine('2024-01-18', '2024-01-18', null, 'add')")
    for later in (0, 2):
        if later:
            add_reading(site, "2024-01-18", cost=later)
        assert refresh(site).quarantined == 0
        assert site.scalar(cost, ["2024-01-18"]) == before + 7 + later


def test_freshness_tells_how_long_ago_the_last_refresh_was(site: Database) -> None:
    columns = ("pending_days", "pending_since", "is_tracked", "is_stale", "quarantined_keys")
    refresh(site)
    add_reading(site, FIRST_OF_WINDOW)
    assert freshness(site, *columns) == (0, None, None, False, 0)
    assert ahu_sql("status", "--dsn", site.dsn).returncode == 0
    site.execute("update ahu.settings set stale_after = '1 microsecond'")
    assert freshness(site, "is_stale") == (True,)
    done = ahu_sql("status", "--dsn", site.dsn)
    assert done.returncode == 1 and done.stderr.startswith("stale: the last refresh was at 2")
    refresh(site)
    site.execute("update ahu.settings set stale_after = '1 hour'")
    assert freshness(site, *columns) == (0, None, None, False, 0)


def test_writers_and_refreshers_at_once_lose_nothing(site: Database) -> None:
    """And who has committed and then refreshed finds the own readings in the views."""

    def write(number: int) -> None:
        ahu = f"AHU{90 + number}"
        with site.connect() as session:
            for turn in range(1, 13):
                with session.transaction(force_rollback=turn % 3 == 0):
                    session.execute(
                        f"insert into {RAW_TABLE} (timestamp, ahu_id, sf_cost_krw) "
                        "select '2024-01-14 00:00+09'::timestamptz "
                        "+ day * interval '1 day' + %s * interval '1 minute', a, 1 "
                        "from generate_series(0, 6) as day, unnest(%s::text[]) as a",
                        [turn, [ahu, "AHU01"]],
                    )
                assert call(session).quarantined == 0
                row = session.execute(
                    "select min(electricity_cost), max(electricity_cost), count(*) "
                    "from ahu.mv_daily_ahu_costs where ahu_id = %s",
                    [ahu],
                ).fetchone()
                assert row == (turn - turn // 3, turn - turn // 3, 7)

    with (
        site.connect() as refresher,
        repeated(lambda: call(refresher, "max_days => 3")) as answers,
        ThreadPoolExecutor(4) as pool,
    ):
        for done in [pool.submit(write, number) for number in range(4)]:
            done.result()
    assert len(answers) > 5
    refresh(site)
    assert_fresh(site, ZONE)
