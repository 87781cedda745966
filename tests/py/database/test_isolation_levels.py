"""A CALL under a stricter isolation level does its work or fails with 40001; it never loses."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from databases import Copies, Database
from plant import RAW_TABLE, raw_table
from refreshing import assert_fresh, call, install, refresh

ZONE = "Asia/Seoul"
LEVELS = [psycopg.IsolationLevel.REPEATABLE_READ, psycopg.IsolationLevel.SERIALIZABLE]

# what others commit, and refresh, after the caller's transaction has taken its snapshot
MEANWHILE = {
    "a reading comes": "insert into {raw} values ('{day} 10:01+09', '{ahu}', 3)",
    "a reading is corrected": "update {raw} set ccv_cold_water_kwh = 9, sf_cost_krw = 8 {one}",
    "the only reading is deleted": "delete from {raw} {one}",
    "the only reading moves away": "update {raw} set ahu_id = 'AHU99' {one}",
    "nothing": "select",
}
# the caller's day, and the day that others change
DAYS = {
    "the same day, alone in its month": ("2024-01-02", "2024-01-02"),
    "the same day": ("2024-02-03", "2024-02-03"),
    "another day of the month": ("2024-02-03", "2024-02-04"),
    "another month": ("2024-02-03", "2024-01-02"),
}


@pytest.fixture
def site(copies: Copies) -> Iterator[Database]:
    """A reading in January and two in February."""
    with copies.of(build) as database:
        yield database


def build(database: Database) -> None:
    raw_table(database)
    install(database, ZONE)
    database.execute(
        f"insert into {RAW_TABLE} (timestamp, ahu_id, ccv_cold_water_kwh, sf_cost_krw) "
        "select (day + time '10:00') at time zone 'Asia/Seoul', 'AHU0' || ahu, 1, ahu "
        "from unnest('{2024-01-02,2024-02-03,2024-02-04}'::date[]) as day, "
        "generate_series(1, 5) as ahu"
    )
    refresh(database)


@pytest.mark.parametrize("days", list(DAYS))
@pytest.mark.parametrize("level", LEVELS, ids=lambda level: level.name)
def test_a_call_with_an_old_snapshot_works_or_fails_with_40001(
    site: Database, level: psycopg.IsolationLevel, days: str
) -> None:
    own, others = DAYS[days]
    for number, (meanwhile, change) in enumerate(MEANWHILE.items(), start=1):
        ahu = f"AHU0{number}"
        with site.connect(autocommit=False) as caller:
            caller.isolation_level = level
            caller.execute(
                f"insert into {RAW_TABLE} (timestamp, ahu_id, sf_cost_krw) values (%s, %s, 100)",
                [f"{own} 12:00+09", ahu],
            )
            one = f"where timestamp = '{others} 10:00+09' and ahu_id = '{ahu}'"
            site.execute(change.format(raw=RAW_TABLE, day=others, ahu=ahu, one=one))
            refresh(site)
            try:
                call(caller)
                caller.commit()
                outcome = "the CALL committed"
            except psycopg.errors.SerializationFailure:
                assert meanwhile != "nothing"
                caller.rollback()
                outcome = "the CALL failed with 40001"
        refresh(site)
        assert_fresh(site, ZONE, after=f"{meanwhile} ({days}), and {outcome}")


@pytest.mark.parametrize("level", LEVELS, ids=lambda level: level.name)
def test_a_call_with_a_snapshot_of_its_own_works(
    site: Database, level: psycopg.IsolationLevel
) -> None:
    site.execute(f"update {RAW_TABLE} set sf_cost_krw = 7")
    with site.connect() as caller:
        caller.isolation_level = level
        assert call(caller).days == 3
        with caller.transaction():
            caller.execute(f"delete from {RAW_TABLE} where ahu_id = 'AHU01'")
            assert call(caller).days == 3
    assert_fresh(site, ZONE)


@pytest.mark.parametrize("level", LEVELS, ids=lambda level: level.name)
def test_a_truncate_with_an_old_snapshot_marks_every_stored_day_or_fails_with_40001(
    site: Database, level: psycopg.IsolationLevel
) -> None:
    """It takes all readings, those too of a day that was stored since its snapshot."""
    before = site.rows("select day from ahu.mv_daily_ahu_costs")
    with site.connect(autocommit=False) as writer:
        writer.isolation_level = level
        writer.execute("select")
        site.execute(
            f"insert into {RAW_TABLE} (timestamp, ahu_id) values ('2024-03-01 12:00+09', 'AHU01')"
        )
        refresh(site)
        with pytest.raises(psycopg.errors.SerializationFailure) as caught:
            writer.execute(f"truncate {RAW_TABLE}")
        assert "refresh" in (caught.value.diag.message_primary or "")
        assert caught.value.diag.message_detail and caught.value.diag.message_hint
        writer.rollback()
        writer.execute(f"truncate {RAW_TABLE}")
        writer.commit()
    assert refresh(site).quarantined == len(before) + 1
    assert len(site.rows("select from ahu.mv_daily_ahu_costs")) == len(before) + 1
