"""Retention: raw readings go, their summaries stay, and nothing makes a day smaller by accident."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import oracle
from databases import Copies, Database
from in_force import add_reading, freshness, put_in_force, views
from plant import RAW_TABLE
from refreshing import Answer, pending_entries, refresh
from retention import (
    BORDER,
    CUT,
    CUT_STAY,
    DAYS,
    GONE,
    PER_DAY,
    WAYS,
    WHOLE,
    ZONE,
    fill,
    quarantine,
    retain,
    stored_readings,
)

KEYS = 2 * DAYS
# all readings of one day and AHU
OF = "ahu_id = '{}' and (timestamp at time zone 'Asia/Seoul')::date = '{}'"


@pytest.fixture(params=list(WAYS))
def way(request: pytest.FixtureRequest) -> str:
    """How readings go."""
    return str(request.param)


@pytest.fixture
def site(copies: Copies, way: str) -> Iterator[Database]:
    """Everything folded, nothing gone yet."""
    with copies.of(build, way) as database:
        yield database


def build(database: Database, way: str) -> None:
    fill(database, way)
    put_in_force(database)


def test_dropping_readings_logs_nothing_and_changes_no_view(site: Database, way: str) -> None:
    before = views(site)
    retain(site, way)
    assert pending_entries(site) == 0
    assert refresh(site) == Answer("nothing pending", 0, 0, 0, 0, 0)
    assert views(site) == before
    put_in_force(site)
    assert views(site) == before
    assert freshness(site, "is_tracked", "quarantined_keys") == (True, 0)


def test_of_240_readings_240_remain_when_one_late_reading_comes(site: Database, way: str) -> None:
    before = views(site)
    retain(site, way)
    add_reading(site, GONE)
    answer = refresh(site)
    assert (answer.outcome, answer.keys, answer.quarantined) == ("refreshed", 1, 1)
    assert stored_readings(site, GONE) == PER_DAY
    assert views(site) == before
    assert quarantine(site) == {(GONE, "AHU01"): (PER_DAY, 1, 1)}
    assert freshness(site, "quarantined_keys") == (1,)


def test_a_day_that_the_border_cuts_is_kept_whole(site: Database, way: str) -> None:
    before = views(site)
    retain(site, way)
    add_reading(site, CUT)
    site.execute(f"update {RAW_TABLE} set sf_cost_krw = 9 where {OF.format('AHU02', CUT)}")
    assert refresh(site).quarantined == 2
    assert views(site) == before
    assert quarantine(site) == {
        (CUT, "AHU01"): (PER_DAY, CUT_STAY + 1, 1),
        (CUT, "AHU02"): (PER_DAY, CUT_STAY, 0),
    }


def test_an_update_before_the_readings_go_erases_nothing(site: Database, way: str) -> None:
    before = views(site)
    site.execute(f"update {RAW_TABLE} set sf_cost_krw = 5, electricity_cost_krw = null")
    retain(site, way)
    assert refresh(site).quarantined == 2 * 8
    after = views(site)
    assert after.mv_daily_ahu_costs.keys() == before.mv_daily_ahu_costs.keys()
    with site.connect() as session:
        raw = oracle.expected_views(session, ZONE)
    for key, costs in after.mv_daily_ahu_costs.items():
        is_whole = str(key[0]) > CUT
        assert costs == (raw if is_whole else before).mv_daily_ahu_costs[key]


def test_what_is_deleted_goes_and_what_is_dropped_stays(site: Database, way: str) -> None:
    """One day is deleted whole, of two others an hour; then one of them is dropped."""
    site.execute(
        f"delete from {RAW_TABLE} where {OF.format('AHU01', GONE)}; "
        f"delete from {RAW_TABLE} where ahu_id = 'AHU02' "
        "and extract(hour from timestamp at time zone 'Asia/Seoul') = 10"
    )
    retain(site, way)
    assert refresh(site).quarantined == 8
    assert stored_readings(site, GONE, "AHU01") == 0
    assert quarantine(site)[GONE, "AHU02"] == (PER_DAY, 0, -10)
    assert stored_readings(site, GONE, "AHU02") == PER_DAY
    assert stored_readings(site, WHOLE, "AHU02") == PER_DAY - 10
    # what is deleted afterwards counts as well
    site.execute(f"delete from {RAW_TABLE} where {OF.format('AHU01', WHOLE)}")
    refresh(site)
    assert stored_readings(site, WHOLE, "AHU01") == 0
    assert site.scalar("select count(*) from ahu.mv_daily_ahu_costs") == KEYS - 2


def test_readings_that_are_loaded_again_release_their_key(site: Database, way: str) -> None:
    before = views(site)
    site.execute(f"create table copy as select * from {RAW_TABLE} where {OF.format('AHU01', GONE)}")
    retain(site, way)
    add_reading(site, GONE, cost=3)
    assert refresh(site).quarantined == 1
    site.execute(f"delete from {RAW_TABLE} where {OF.format('AHU01', GONE)}")
    assert refresh(site).quarantined == 1
    site.execute(f"insert into {RAW_TABLE} table copy")
    assert refresh(site).quarantined == 0
    assert quarantine(site) == {}
    assert views(site) == before


def test_deletions_stay_evidence_while_the_key_is_in_quarantine(site: Database, way: str) -> None:
    """What comes back unnoticed, as a partition does that is attached again, settles the matter."""
    site.execute(
        f"create table copy as select * from {RAW_TABLE} where {OF.format('AHU02', CUT)} "
        f"and timestamp < '{BORDER}'"
    )
    retain(site, way)
    site.execute(
        f"delete from {RAW_TABLE} where {OF.format('AHU02', CUT)} "
        "and extract(hour from timestamp at time zone 'Asia/Seoul') = 10"
    )
    assert refresh(site).quarantined == 1
    site.execute(f"set session_replication_role = replica; insert into {RAW_TABLE} table copy")
    site.execute(f"call ahu.mark_changed('{CUT}', '{CUT}', array['AHU02'])")
    assert refresh(site).quarantined == 0
    assert stored_readings(site, CUT, "AHU02") == PER_DAY - 10
    assert quarantine(site) == {}


def test_after_truncate_everything_stays_and_is_reported(site: Database, way: str) -> None:
    before = views(site)
    retain(site, way)
    site.execute(f"truncate {RAW_TABLE}")
    assert pending_entries(site) == DAYS
    assert refresh(site).quarantined == KEYS
    assert views(site) == before
    assert freshness(site, "quarantined_keys") == (KEYS,)
    site.execute("call ahu.mark_changed('2024-01-01', '2024-02-29', trust_raw => true)")
    refresh(site)
    assert site.rows("select from ahu.mv_monthly_ahu_costs") == []
    assert quarantine(site) == {}
