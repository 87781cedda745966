"""The strategy native: materialized views over the raw table, refreshed beside their readers."""

from __future__ import annotations

import re
from collections.abc import Iterator

import psycopg
import pytest

from databases import Copies, Database
from in_force import (
    NATIVE,
    ZONE,
    add_reading,
    freshness,
    notices,
    our_triggers,
    put_in_force,
    views,
)
from plant import RAW_TABLE, plant_readings, raw_table
from product import ahu_sql
from refreshing import assert_fresh, call, error_of, pending_entries, refresh
from sessions import background, wait_until_blocked

AHUS, DAYS, PER_DAY = 2, 40, 6  # seven chunks, two months
VIEWS = ("mv_daily_ahu_costs", "mv_daily_ahu_kwh", "mv_monthly_ahu_costs")

# what makes CONCURRENTLY impossible, by the materialized view that it happens to
OBSTACLES = {
    "daily_native": "drop index _ahu.daily_native_key",
    "monthly_native": "drop index _ahu.monthly_native_key",
    "monthly_native, never filled": "refresh materialized view _ahu.monthly_native with no data",
}
# the site's hours around now, from and until, and whether now is among them; a span that ends
# before it begins goes on after midnight, as some of these do whatever the time is
HOURS = (
    ("-1", "1", True),
    ("1", "-1", False),
    ("-1", "-2", True),
    ("2", "1", True),
    ("1", "2", False),
)


@pytest.fixture
def site(copies: Copies) -> Iterator[Database]:
    """Forty days of readings, installed."""
    with copies.of(build) as database:
        yield database


def build(database: Database) -> None:
    raw_table(database)
    plant_readings(database, ahus=AHUS, days=DAYS, minutes=1440 // PER_DAY)
    put_in_force(database, NATIVE)


def set_hours(database: Database, begin: str, end: str) -> None:
    """The hours in which readers may wait: so many hours from now to so many."""
    database.execute(
        "update ahu.settings set "
        "low_traffic_from = (now() at time zone %(zone)s)::time + %(begin)s * interval '1 hour', "
        "low_traffic_until = (now() at time zone %(zone)s)::time + %(end)s * interval '1 hour'",
        {"zone": ZONE, "begin": begin, "end": end},
    )


def reads(database: Database) -> dict[str, int]:
    """How often each table that holds readings was scanned, by whatever way."""
    return dict(
        database.rows(
            "select s.relid::regclass::text, (s.seq_scan + coalesce(s.idx_scan, 0))::integer "
            "from pg_stat_user_tables as s where s.relid in ("
            "select coalesce(i.inhrelid, r.oid) from pg_class as r "
            "left join pg_inherits as i on i.inhparent = r.oid where r.oid = %s::regclass)",
            [RAW_TABLE],
        )
    )


def test_the_views_hold_what_raw_says_and_nothing_stands_on_it(site: Database) -> None:
    assert_fresh(site, ZONE)
    assert our_triggers(site) == set()
    add_reading(site, "2024-01-05")
    assert pending_entries(site) == 0


def test_a_refresh_shows_whatever_has_happened_to_raw(site: Database) -> None:
    """Late, deleted and moved readings, a day that is gone, an AHU of no name."""
    site.execute(
        f"""
        delete from {RAW_TABLE} where timestamp >= '2024-01-03+09' and timestamp < '2024-01-04+09';
        delete from {RAW_TABLE} where ahu_id = 'AHU01' and timestamp > '2024-02-01+09';
        update {RAW_TABLE} set ahu_id = 'AHU77'
            where timestamp between '2024-01-08' and '2024-01-09';
        update {RAW_TABLE} set sf_cost_krw = null where timestamp > '2024-01-20';
        insert into {RAW_TABLE} (timestamp, ahu_id, sf_cost_krw) values
            ('2023-12-31 14:59+00', 'AHU01', 1), ('2031-01-01 00:00+09', 'AHU01', 2),
            ('2024-01-02 12:00+09', null, 3), ('2024-01-02 12:00+09', '', 4)
        """
    )
    answer = refresh(site)
    assert (answer.outcome, answer.quarantined, answer.days_pending) == ("refreshed", 0, 0)
    # January 3 and its two keys are gone, as is AHU01 of nine days in February
    assert answer.days == DAYS - 1 + 2
    assert answer.keys == site.scalar("select count(*) from ahu.mv_daily_ahu_kwh")
    assert_fresh(site, ZONE)


def test_a_client_that_quotes_all_identifiers_may_refresh(site: Database) -> None:
    """With that setting PostgreSQL itself makes a syntax error of REFRESH ... CONCURRENTLY."""
    add_reading(site, "2024-01-05")
    with site.connect() as session:
        session.execute("set quote_all_identifiers = on")
        assert call(session).outcome == "refreshed"
        assert session.execute("show quote_all_identifiers").fetchone() == ("on",)
    assert_fresh(site, ZONE)


def test_readings_without_a_time_count_nowhere(database: Database) -> None:
    raw_table(database, hypertable=False)
    plant_readings(database, ahus=1, days=2, minutes=360)
    database.execute(f"insert into {RAW_TABLE} (ahu_id, sf_cost_krw) values ('AHU01', 5)")
    put_in_force(database, NATIVE)
    database.execute(
        f"insert into {RAW_TABLE} (ahu_id, sf_cost_krw) values ('AHU01', 5), (null, 6)"
    )
    assert refresh(database).readings == 2 * 4
    assert_fresh(database, ZONE)


def test_an_empty_raw_table_makes_empty_views(database: Database) -> None:
    raw_table(database)
    put_in_force(database, NATIVE)
    assert refresh(database).days == 0
    assert freshness(database, "newest_day", "newest_reading") == (None, None)
    plant_readings(database, ahus=1, days=2, minutes=360)
    refresh(database)
    assert_fresh(database, ZONE)


def test_a_refresh_reads_raw_once(site: Database) -> None:
    for obstacle in ("select", OBSTACLES["daily_native"]):
        site.execute(obstacle)
        set_hours(site, "-1", "1")
        before = reads(site)
        with site.connect() as session:
            call(session)
            session.execute("select pg_stat_force_next_flush()")
        after = reads(site)
        assert len(before) == (7 if site.has_timescaledb else 1)
        assert {table: after[table] - before[table] for table in after} == dict.fromkeys(before, 1)


def test_a_reader_of_all_three_views_does_not_stop_a_refresh_nor_is_stopped(site: Database) -> None:
    add_reading(site, "2024-01-05")
    with site.connect(autocommit=False) as reader, site.connect() as refresher:
        for view in VIEWS:
            reader.execute(f"select from ahu.{view}")
        # were it to wait for the reader, it would fail
        refresher.execute("set lock_timeout = '1s'")
        assert call(refresher).outcome == "refreshed"
        with refresher.transaction():
            add_reading(site, "2024-01-06")
            call(refresher)
            reader.execute("set lock_timeout = '1s'")
            for view in VIEWS:
                reader.execute(f"select from ahu.{view}")
    assert_fresh(site, ZONE)


@pytest.mark.parametrize("rollup", list(OBSTACLES))
def test_where_readers_would_have_to_wait_it_is_skipped_with_a_warning(
    site: Database, rollup: str
) -> None:
    site.execute(OBSTACLES[rollup])
    name = rollup.split(",")[0]
    # there are no such hours, or now is none of them
    for hours in (None, ("1", "2")):
        if hours:
            set_hours(site, *hours)
        with site.connect() as session:
            said = notices(session)
            answer = call(session)
        assert (answer.outcome, answer.days, answer.readings) == ("skipped", 0, 0)
        (warning,) = said
        assert warning.severity == "WARNING"
        assert warning.message == (
            f"skipped: _ahu.{name} cannot be refreshed without making readers wait"
        )
        assert warning.detail and warning.hint
    assert site.scalar("select count(*) from ahu.refresh_runs where outcome = 'skipped'") == 0

    done = ahu_sql("refresh", "--dsn", site.dsn)
    assert "cannot be refreshed without making readers wait" in done.stderr
    assert "another refresh" not in done.stderr
    assert "HINT: " in done.stderr


@pytest.mark.parametrize("rollup", list(OBSTACLES))
def test_the_hint_of_the_warning_works_as_it_stands(site: Database, rollup: str) -> None:
    site.execute(OBSTACLES[rollup])
    add_reading(site, "2024-01-05")
    with site.connect() as session:
        said = notices(session)
        call(session)
        cures, hours = re.findall(r"(?:create|refresh|update) .+?(?=\. |$)", said[0].hint)
        session.execute(hours)
        session.execute(cures)
        assert call(session).outcome == "refreshed"
    assert_fresh(site, ZONE)


@pytest.mark.parametrize("rollup", list(OBSTACLES))
def test_in_the_hours_of_low_traffic_readers_wait(site: Database, rollup: str) -> None:
    site.execute(OBSTACLES[rollup])
    add_reading(site, "2024-01-05")
    for begin, end, is_among in HOURS:
        set_hours(site, begin, end)
        with site.connect() as session, session.transaction(force_rollback=True):
            assert call(session).outcome == ("refreshed" if is_among else "skipped")
    set_hours(site, "-1", "1")
    if "never filled" in rollup:  # nobody can read it yet
        refresh(site)
        site.execute(OBSTACLES["monthly_native"])
    with site.connect(autocommit=False) as reader, site.connect() as refresher:
        for view in VIEWS:
            reader.execute(f"select from ahu.{view}")
        with background(lambda: call(refresher)) as refreshing:
            wait_until_blocked(site, refresher.info.backend_pid)
            reader.rollback()
        assert refreshing.result().outcome == "refreshed"
    assert_fresh(site, ZONE)


def test_an_install_fills_what_was_never_filled(site: Database) -> None:
    site.execute(OBSTACLES["monthly_native, never filled"])
    put_in_force(site, NATIVE)
    assert refresh(site).outcome == "refreshed"
    assert_fresh(site, ZONE)


def test_all_three_views_move_together_or_not_at_all(site: Database) -> None:
    before = views(site)
    add_reading(site, "2024-01-05")
    with site.connect(autocommit=False) as session:
        assert call(session).outcome == "refreshed"
        assert views(site) == before
        session.rollback()
        assert views(site) == before
        call(session)
        session.commit()
    after = views(site)
    for view in ("mv_daily_ahu_costs", "mv_monthly_ahu_costs"):
        assert getattr(after, view) != getattr(before, view)
    assert_fresh(site, ZONE)


def test_a_second_refresh_waits_for_the_first_or_skips(site: Database) -> None:
    with site.connect(autocommit=False) as first, site.connect() as second:
        call(first)
        assert call(second, "wait_for => '0'").outcome == "skipped"
        with pytest.raises(psycopg.errors.LockNotAvailable):
            call(second, "wait_for => '10 ms'")
        with background(lambda: call(second)) as waiting:
            wait_until_blocked(site, second.info.backend_pid)
            add_reading(site, "2024-01-05")
            first.commit()
        assert waiting.result().outcome == "refreshed"
    assert_fresh(site, ZONE)


@pytest.mark.parametrize("level", ["REPEATABLE_READ", "SERIALIZABLE"])
def test_a_stale_snapshot_is_an_error_and_takes_nothing_away(site: Database, level: str) -> None:
    with site.connect(autocommit=False) as stale:
        stale.isolation_level = psycopg.IsolationLevel[level]
        stale.execute(f"select from {RAW_TABLE} limit 1")
        add_reading(site, "2024-01-05")
        refresh(site)
        error = error_of(stale)
        assert isinstance(error, psycopg.errors.SerializationFailure)
        assert error.sqlstate == "40001" and error.diag.message_hint
        assert_fresh(site, ZONE)
        stale.rollback()
        assert call(stale).outcome == "refreshed"


def test_ahu_write_may_refresh_and_ahu_read_may_not(site: Database) -> None:
    with site.connect(user="ahu_write") as etl:
        etl.execute(f"insert into {RAW_TABLE} (timestamp, ahu_id) values ('2024-01-05', 'AHU03')")
        assert call(etl).outcome == "refreshed"
        for forbidden in ("refresh materialized view _ahu.daily_native", "table _ahu.daily_native"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                etl.execute(forbidden)
    assert_fresh(site, ZONE)
    with site.connect(user="ahu_read") as dashboard:
        assert isinstance(error_of(dashboard), psycopg.errors.InsufficientPrivilege)
        for view in VIEWS:
            assert dashboard.execute(f"select from ahu.{view}").rowcount > 0


def test_it_works_where_public_may_make_no_temporary_tables(database: Database) -> None:
    database.execute(f"revoke temporary on database {database.name} from public")
    raw_table(database)
    plant_readings(database, ahus=1, days=2, minutes=360)
    put_in_force(database, NATIVE)
    add_reading(database, "2024-01-02")
    with database.connect(user="ahu_write") as etl:
        assert call(etl).outcome == "refreshed"
    assert_fresh(database, ZONE)
    database.execute("update ahu.settings set stale_after = '1 hour'")
    put_in_force(database)
    acl = database.scalar("select datacl::text from pg_database where datname = current_database()")
    assert "ahu_owner=" not in acl, "given back with the strategy"


def test_freshness_tells_how_long_ago_the_last_refresh_was(site: Database) -> None:
    columns = ("pending_days", "pending_since", "backfill_days", "quarantined_keys")
    add_reading(site, "2024-03-05")
    # an install shows all there is, which is as good as a refresh
    assert freshness(site, *columns, "is_tracked", "is_stale") == (None, None, 0, 0, None, False)
    assert ahu_sql("status", "--dsn", site.dsn).returncode == 0
    refresh(site)
    newest = freshness(site, "newest_reading::text", "max(newest_day::text) over ()")
    assert newest == ("2024-03-05 03:00:00+00", "2024-03-05")
    site.execute("update ahu.settings set stale_after = '1 microsecond'")
    assert freshness(site, *columns, "is_tracked", "is_stale") == (None, None, 0, 0, None, True)
    done = ahu_sql("status", "--dsn", site.dsn)
    assert done.returncode == 1 and done.stderr.startswith("stale: the last refresh was at 2")


def test_the_command_line_tells_what_a_refresh_did(site: Database) -> None:
    done = ahu_sql("refresh", "--batch-days", "1", "--dsn", site.dsn)
    assert done.returncode == 0, done.stderr
    assert done.stderr.splitlines()[-1] == (
        f"refreshed {DAYS} days, {DAYS * AHUS} keys from {DAYS * AHUS * PER_DAY} readings, "
        "0 in quarantine"
    )
    assert site.scalar("select count(*) from ahu.refresh_runs") == 1


def test_other_measures_are_shown_by_the_install_itself(site: Database) -> None:
    put_in_force(site, NATIVE, "measures.hcv_kwh=outdoor_temperature")
    raw = f"select sum(outdoor_temperature) from {RAW_TABLE}"
    assert site.scalar("select sum(hcv_kwh) from ahu.mv_daily_ahu_kwh") == site.scalar(raw)
    put_in_force(site, NATIVE)
    assert_fresh(site, ZONE)


def test_other_measures_are_shown_though_an_index_was_lost(site: Database) -> None:
    """The install puts it back, so that no reader has to wait for them."""
    site.execute(OBSTACLES["daily_native"])
    put_in_force(site, NATIVE, "measures.hcv_kwh=outdoor_temperature")
    raw = f"select sum(outdoor_temperature) from {RAW_TABLE}"
    assert site.scalar("select sum(hcv_kwh) from ahu.mv_daily_ahu_kwh") == site.scalar(raw)


def test_marking_is_needless_and_there_is_no_quarantine_to_resolve(site: Database) -> None:
    with site.connect() as session:
        said = notices(session)
        session.execute("call ahu.mark_changed('2024-01-01', '2024-01-31')")
        assert [notice.severity for notice in said] == ["NOTICE"]
        assert said[0].message.startswith("nothing to mark")
        with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState) as refused:
            session.execute("call ahu.resolve_quarantine('2024-01-01', '2024-01-31', null, 'add')")
    assert refused.value.diag.message_detail and refused.value.diag.message_hint
    assert pending_entries(site) == 0
