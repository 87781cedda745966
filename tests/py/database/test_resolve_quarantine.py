"""ahu.resolve_quarantine: add, replace and ignore do what they say, or nothing at all."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import psycopg
import pytest

from databases import Copies, Database
from in_force import NATIVE, add_reading, freshness, notices, put_in_force, views
from oracle import Views
from plant import RAW_TABLE
from refreshing import pending_entries, refresh
from retention import CUT, GONE, PER_DAY, WAYS, WHOLE, fill, quarantine, retain, stored_readings

LATE_COST = 7
# of chunks where there are any
WAY = list(WAYS)[-1]


@pytest.fixture
def site(copies: Copies) -> Iterator[Database]:
    """Retention has taken days; AHU01 has one late reading in one of them, in quarantine."""
    with copies.of(build) as database:
        yield database


def build(database: Database) -> None:
    fill(database, WAY)
    put_in_force(database)
    retain(database, WAY)
    add_reading(database, GONE, cost=LATE_COST)
    refresh(database)
    assert quarantine(database) == {(GONE, "AHU01"): (PER_DAY, 1, 1)}


def resolve(database: Database, how: str, day: str = GONE, ahus: str = "null") -> int:
    """One CALL; how many keys it says that it resolved."""
    call = f"call ahu.resolve_quarantine('{day}', '{day}', {ahus}, '{how}')"
    return int(database.scalar(call))


def all_of(database: Database) -> tuple[object, ...]:
    """All that a resolution may change."""
    tables = ("quarantine", "retained_summary", "daily_rollup", "monthly_rollup", "pending_changes")
    return tuple(
        database.rows(f"select t::text from _ahu.{table} as t order by 1") for table in tables
    )


def with_electricity(before: Views, cost: int | Decimal, day: str = GONE) -> Views:
    """The views as they were, with so much more electricity_cost of AHU01 on this day."""
    more = Views(dict(before.mv_daily_ahu_costs), before.mv_daily_ahu_kwh, {})
    more.mv_monthly_ahu_costs.update(before.mv_monthly_ahu_costs)
    for costs, start in (
        (more.mv_daily_ahu_costs, day),
        (more.mv_monthly_ahu_costs, f"{day[:7]}-01"),
    ):
        (key,) = [key for key in costs if key[1] == "AHU01" and str(key[0]) == start]
        steam, water, electricity, total = costs[key]
        costs[key] = (steam, water, (electricity or 0) + cost, (total or 0) + cost)
    return more


def test_add_adds_the_late_reading_to_the_summary(site: Database) -> None:
    before = views(site)
    assert resolve(site, "add") == 1
    assert views(site) == with_electricity(before, LATE_COST)
    assert stored_readings(site, GONE) == PER_DAY + 1
    assert (quarantine(site), pending_entries(site)) == ({}, 0)
    assert freshness(site, "quarantined_keys") == (0,)


def test_after_add_the_next_changes_of_late_readings_are_exact(site: Database) -> None:
    before = views(site)
    resolve(site, "add")
    site.execute(f"call ahu.mark_changed('{GONE}', '{GONE}', array['AHU01'])")
    refresh(site)
    assert views(site) == with_electricity(before, LATE_COST)
    site.execute(
        f"insert into {RAW_TABLE} (timestamp, ahu_id, sf_cost_krw) "
        f"values ('{GONE} 13:00+09', 'AHU01', 30); "
        f"update {RAW_TABLE} set sf_cost_krw = 100 where sf_cost_krw = {LATE_COST} "
        f"and timestamp = '{GONE} 12:00+09'"
    )
    refresh(site)
    assert views(site) == with_electricity(before, 130)
    site.execute(f"delete from {RAW_TABLE} where timestamp = '{GONE} 12:00+09'")
    refresh(site)
    assert views(site) == with_electricity(before, 30)
    assert stored_readings(site, GONE) == PER_DAY + 1
    assert quarantine(site) == {}


def test_replace_takes_what_raw_has_for_all_there_is(site: Database) -> None:
    before = views(site)
    assert resolve(site, "replace") == 1
    after = views(site)
    key = next(key for key in after.mv_daily_ahu_costs if (str(key[0]), key[1]) == (GONE, "AHU01"))
    assert after.mv_daily_ahu_costs.pop(key) == (None, None, LATE_COST, LATE_COST)
    lost = before.mv_daily_ahu_costs.pop(key)
    assert after.mv_daily_ahu_costs == before.mv_daily_ahu_costs
    month = (key[0].replace(day=1), "AHU01")
    assert after.mv_monthly_ahu_costs[month][0] == (
        (before.mv_monthly_ahu_costs[month][0] or 0) - (lost[0] or 0)
    )
    assert (stored_readings(site, GONE), quarantine(site)) == (1, {})
    assert pending_entries(site) == 0


def test_ignore_keeps_the_summary_until_the_key_changes_again(site: Database) -> None:
    before = views(site)
    assert resolve(site, "ignore") == 1
    assert (views(site), quarantine(site), pending_entries(site)) == (before, {}, 0)
    assert refresh(site).outcome == "nothing pending"
    add_reading(site, GONE, cost=2)
    assert refresh(site).quarantined == 1
    assert views(site) == before


@pytest.mark.parametrize("late", [True, False])
def test_add_is_refused_where_raw_still_has_a_part_of_the_day(site: Database, late: bool) -> None:
    """The border cuts the day: those after it are counted in the summary already."""
    if late:
        add_reading(site, CUT)
    else:
        site.execute(
            f"update {RAW_TABLE} set sf_cost_krw = 3 where ahu_id = 'AHU01' "
            f"and timestamp = '{CUT} 12:00+09'"
        )
    refresh(site)
    before = all_of(site)
    with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState) as caught:
        resolve(site, "add", CUT)
    said = caught.value.diag
    assert said.message_primary == "raw may still have readings that the summaries count already"
    counts = "raw has 151, added since are 1" if late else "raw has 150, added since are 0"
    assert said.message_detail == f"{CUT} AHU01: {counts}."
    assert said.message_hint and "ignore" in said.message_hint and "replace" in said.message_hint
    assert all_of(site) == before
    # and one such key stops all that are named with it
    with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState):
        site.execute(f"call ahu.resolve_quarantine('{GONE}', '{CUT}', null, 'add')")
    assert all_of(site) == before
    assert resolve(site, "ignore", CUT) == 1


def test_what_is_pending_is_folded_before_the_verdict(site: Database) -> None:
    before = views(site)
    add_reading(site, GONE, cost=20)
    add_reading(site, WHOLE, cost=40)
    assert resolve(site, "add") == 1
    assert views(site) == with_electricity(before, LATE_COST + 20)
    refresh(site)
    assert views(site) == with_electricity(with_electricity(before, LATE_COST + 20), 40, WHOLE)


def test_readings_that_were_loaded_again_are_not_added_twice(database: Database) -> None:
    """Their load is pending: the key is in quarantine until it is folded."""
    fill(database, WAY)
    put_in_force(database)
    before = views(database)
    database.execute(
        f"create table copy as select * from {RAW_TABLE} where ahu_id = 'AHU01' "
        f"and timestamp >= '{GONE} 00:00+09' and timestamp < '{GONE} 24:00+09'"
    )
    retain(database, WAY)
    add_reading(database, GONE, cost=LATE_COST)
    assert refresh(database).quarantined == 1
    database.execute(f"insert into {RAW_TABLE} table copy")
    assert resolve(database, "add") == 0
    assert views(database) == with_electricity(before, LATE_COST)
    assert quarantine(database) == {}


def test_only_the_keys_that_are_named_are_resolved(site: Database) -> None:
    add_reading(site, GONE, "AHU02")
    add_reading(site, "2024-01-27")
    assert refresh(site).quarantined == 2
    assert resolve(site, "add", ahus="array['AHU02', 'AHU99']") == 1
    assert set(quarantine(site)) == {(GONE, "AHU01"), ("2024-01-27", "AHU01")}
    assert resolve(site, "replace") == 1
    assert set(quarantine(site)) == {("2024-01-27", "AHU01")}


def test_raw_is_all_there_is_when_the_operator_says_so_after_add(site: Database) -> None:
    resolve(site, "add")
    site.execute(f"call ahu.mark_changed('{GONE}', '{GONE}', array['AHU01'], trust_raw => true)")
    refresh(site)
    assert stored_readings(site, GONE) == 1
    assert site.rows("select from _ahu.retained_summary") == []


def test_where_nothing_is_in_quarantine_nothing_is_done(site: Database) -> None:
    before = all_of(site)
    with site.connect() as session:
        said = notices(session)
        for how in ("add", "replace", "ignore"):
            session.execute(f"call ahu.resolve_quarantine('{WHOLE}', '{WHOLE}', null, '{how}')")
    assert [notice.message for notice in said] == ["nothing is in quarantine there"] * 3
    assert all_of(site) == before


@pytest.mark.parametrize(
    "arguments",
    [
        f"'{GONE}', '{GONE}', null, 'forget'",
        f"'{GONE}', '{GONE}', null, null",
        f"'{CUT}', '{GONE}', null, 'ignore'",
        f"null, '{GONE}', null, 'ignore'",
        f"'{GONE}', '{GONE}', array[]::text[], 'ignore'",
    ],
)
def test_wrong_arguments_are_refused(database: Database, arguments: str) -> None:
    fill(database, WAY)
    put_in_force(database)
    with pytest.raises(psycopg.errors.InvalidParameterValue) as caught:
        database.execute(f"call ahu.resolve_quarantine({arguments})")
    assert caught.value.diag.message_detail and caught.value.diag.message_hint


def test_neither_role_may_resolve_and_native_has_nothing_to(database: Database) -> None:
    fill(database, WAY)
    put_in_force(database)
    call = f"call ahu.resolve_quarantine('{GONE}', '{GONE}', null, 'ignore')"
    for role in ("ahu_read", "ahu_write"):
        with (
            database.connect(user=role) as session,
            pytest.raises(psycopg.errors.InsufficientPrivilege),
        ):
            session.execute(call)
    put_in_force(database, NATIVE)
    with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState):
        database.execute(call)


def test_an_archive_that_is_loaded_again_after_add_does_not_count_twice(site: Database) -> None:
    resolve(site, "add")
    before = views(site)
    site.execute(
        f"insert into {RAW_TABLE} (timestamp, ahu_id, sf_cost_krw) "
        f"select '{GONE} 00:00:30+09'::timestamptz + n * interval '1 minute', 'AHU01', 1 "
        f"from generate_series(1, {PER_DAY}) as n"
    )
    refresh(site)
    assert views(site) == before
    assert quarantine(site) == {(GONE, "AHU01"): (PER_DAY + 1, 2 * PER_DAY + 1, PER_DAY)}
    resolve(site, "replace")
    assert stored_readings(site, GONE) == PER_DAY + 1
    assert quarantine(site) == {}
