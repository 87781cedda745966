"""Verifying a live system: no false alarm, nobody blocked, in bounded memory."""

from __future__ import annotations

import itertools
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import date
from typing import Literal

import psycopg
import pytest

import etl
from ahu_sql.database import connect
from ahu_sql.verification import spans, verified
from databases import Database, fresh_database
from in_force import LOOKBACK, NATIVE, ZONE, add_reading, put_in_force
from plant import RAW_TABLE, is_hypertable, plant_readings, raw_table
from refreshing import call, install, refresh
from retention import CUT, DAYS, GONE, WAYS, fill, retain
from servers.catalogue import chosen_server
from servers.running import RunningServer
from sessions import background, repeated, wait_until_blocked
from verifying import differing, verify

BYPASSED, DROPPED = "tracking bypassed", "raw dropped"
PENDING, QUARANTINED = "pending", "quarantined"
Kind = Literal["plain", "partitioned"]
# on TimescaleDB a plain table is a hypertable; partitions are PostgreSQL's
KINDS: tuple[Kind, ...] = ("plain",)
if not chosen_server().has_timescaledb:
    KINDS += ("partitioned",)
OUR_WAYS = [way for way in WAYS if ("chunk" in way) is (len(KINDS) == 1)]

# each reading is written anew, and no older snapshot sees it then
REWRITE = f"alter table {RAW_TABLE} alter outdoor_humidity type numeric using outdoor_humidity + 1"
RELOAD = (
    f"create temp table readings on commit drop as table {RAW_TABLE}; "
    f"truncate {RAW_TABLE}; insert into {RAW_TABLE} table readings"
)


# within what lookback looks back to, of forty days from the first of January on
LATE = f"insert into {RAW_TABLE} (timestamp, ahu_id) values ('2024-02-08 12:00+09', 'AHU01')"


@contextmanager
def busy_etl(database: Database, writers: int) -> Iterator[None]:
    """So many of the ETL's sessions and one of a refresher, until the block ends."""
    numbers, alone = itertools.count(1), is_hypertable(database)

    def write() -> None:
        etl.Writer(database, next(numbers), merges_alone=alone).run(time.monotonic() + 0.3)

    with ExitStack() as stack:
        refresher = stack.enter_context(database.connect())
        for _ in range(writers):
            stack.enter_context(repeated(write))
        stack.enter_context(repeated(lambda: call(refresher)))
        yield


def reasons(database: Database) -> Counter[str]:
    """How many keys and months differ now, by reason."""
    with database.connect() as session:
        return Counter(reason for *_, reason in differing(session))


@pytest.mark.parametrize("kind", KINDS)
def test_no_false_alarm_while_writers_refreshers_and_rewriters_work(
    database: Database, kind: Kind
) -> None:
    raw_table(database, kind, first_day=date(2024, 3, 1), months=1, primary_key=True)
    install(database, "America/Chicago")
    seen = []
    with (
        database.connect() as session,
        busy_etl(database, writers=2),
        repeated(lambda: database.execute(f"{REWRITE}; select pg_sleep(0.05)")) as rewritten,
    ):
        while len(rewritten) < 3 or sum(map(bool, seen)) < 10:
            seen.append({reason for *_, reason in differing(session, "2024-03-01", "2024-04-10")})
    assert set().union(*seen) == {PENDING}
    refresh(database)
    assert reasons(database) == {}
    assert database.rows("select from ahu.mv_daily_ahu_costs") != []


@pytest.mark.parametrize("way", OUR_WAYS)
def test_retention_late_readings_and_truncate_are_told_apart_and_never_bypassed(
    database: Database, way: str
) -> None:
    fill(database, way)
    put_in_force(database)
    gone_days, keys = 8, 2 * DAYS
    with database.connect() as session, repeated(lambda: differing(session)) as verifications:
        assert reasons(database) == {}
        retain(database, way)
        assert reasons(database) == {DROPPED: 2 * gone_days}
        add_reading(database, GONE)
        add_reading(database, CUT)
        assert reasons(database) == {DROPPED: 2 * gone_days - 2, PENDING: 2}
        refresh(database)
        assert reasons(database) == {DROPPED: 2 * gone_days - 2, QUARANTINED: 2}
        database.execute(f"call ahu.resolve_quarantine('{GONE}', '{GONE}', null, 'add')")
        database.execute(f"call ahu.resolve_quarantine('{CUT}', '{CUT}', null, 'replace')")
        assert reasons(database) == {DROPPED: 2 * gone_days - 1}
        database.execute(f"delete from {RAW_TABLE} where timestamp > '2024-02-02 00:00+09'")
        database.execute(f"truncate {RAW_TABLE}")
        assert reasons(database)[PENDING] > 2 * gone_days
        refresh(database)
        assert set(reasons(database)) == {QUARANTINED}
        database.execute(
            "call ahu.mark_changed('2024-01-01', '2024-02-28', trust_raw => true); "
            "call ahu.refresh_dashboard_views()"
        )
        assert reasons(database) == {}
    assert {reason for each in verifications for *_, reason in each} <= {
        DROPPED,
        PENDING,
        QUARANTINED,
    }
    assert len(verifications) > 10
    assert keys > 2 * gone_days


def test_the_backfill_and_each_switch_of_strategy_are_no_false_alarm(database: Database) -> None:
    raw_table(database)
    plant_readings(database, ahus=2, days=40, minutes=240)
    put_in_force(database)
    with (
        database.connect() as session,
        repeated(lambda: differing(session, "2024-01-01", "2024-02-29")) as verifications,
        database.connect() as writer,
        repeated(lambda: writer.execute(LATE)),
    ):
        for assignments in ((NATIVE,), (), (LOOKBACK,), ()):
            database.execute(
                "truncate _ahu.daily_rollup, _ahu.monthly_rollup; "
                "update _ahu.source set backfill_marked_at = null"
            )
            put_in_force(database, *assignments)
            refresh(database)
    assert {reason for each in verifications for *_, reason in each} == {PENDING}
    refresh(database)
    assert reasons(database) == {}


@pytest.fixture(scope="module")
def site(server: RunningServer) -> Iterator[Database]:
    """Some days of readings, all folded; the tests below leave nothing pending."""
    with fresh_database(server) as database:
        raw_table(database, "plain")
        plant_readings(database, ahus=2, days=12, minutes=240)
        put_in_force(database)
        yield database


class TestNobodyIsBlocked:
    def test_it_takes_the_locks_of_a_query_and_no_other(self, site: Database) -> None:
        with site.connect(autocommit=False) as session:
            assert differing(session) == []
            locks = session.execute(
                "select locktype, mode, relation::regclass::text from pg_locks "
                "where pid = pg_backend_pid() and locktype <> 'virtualxid'"
            ).fetchall()
            assert session.execute("select pg_current_xact_id_if_assigned()").fetchone() == (None,)
        assert {(locktype, mode) for locktype, mode, _ in locks} == {
            ("relation", "AccessShareLock")
        }
        assert {RAW_TABLE, "_ahu.daily_rollup", "_ahu.pending_changes"} <= {
            name for *_, name in locks
        }

    def test_writers_and_refreshers_go_on_while_it_is_open(self, site: Database) -> None:
        with site.connect(autocommit=False) as session, site.connect() as other:
            assert differing(session) == []
            other.execute("set lock_timeout = '5s'")
            add_reading(site, "2024-01-03")
            other.execute(f"update {RAW_TABLE} set sf_cost_krw = 7 where ahu_id = 'AHU01'")
            other.execute(f"delete from {RAW_TABLE} where ahu_id = 'AHU02'")
            assert call(other).outcome == "refreshed"

    def test_it_waits_for_no_writer_and_no_refresh(self, site: Database) -> None:
        with site.connect() as session, site.connect(autocommit=False) as other:
            session.execute("set lock_timeout = '5s'")
            other.execute(f"update {RAW_TABLE} set sf_cost_krw = 8 where ahu_id = 'AHU01'")
            assert differing(session) == []
            other.commit()
            assert call(other).outcome == "refreshed"
            assert {reason for *_, reason in differing(session)} == {PENDING}
            other.commit()
            assert differing(session) == []

    def test_between_two_months_the_command_holds_no_snapshot_and_no_lock(
        self, site: Database
    ) -> None:
        """So that vacuum goes on, and retention has to wait for one month at most."""
        with connect(site.dsn) as connection:
            months = spans(date(2023, 12, 1), date(2024, 2, 29))
            for _ in verified(connection, months, lambda done, total: None):
                pid = connection.info.backend_pid
                assert site.rows(
                    "select state, backend_xmin from pg_stat_activity where pid = %s", [pid]
                ) == [("idle", None)]
                assert site.rows("select mode from pg_locks where pid = %s", [pid]) == []


@pytest.mark.parametrize(
    ("kind", "settings"), [*((kind, ()) for kind in KINDS), ("plain", (NATIVE,))]
)
def test_it_waits_for_a_rewrite_and_sees_all_readings(
    database: Database, kind: Kind, settings: tuple[str, ...]
) -> None:
    """What an older snapshot sees of readings that were written anew is nothing at all."""
    raw_table(database, kind)
    plant_readings(database, ahus=2, days=9, minutes=240)
    put_in_force(database, *settings)
    with database.connect(autocommit=False) as owner, database.connect() as session:
        for rewrite in (REWRITE, RELOAD):
            owner.execute(rewrite)
            with background(lambda: differing(session, "2024-01-01", "2024-01-31")) as answer:
                wait_until_blocked(database, session.info.backend_pid)
                owner.commit()
            assert answer.result() == []
            refresh(database)


def test_a_snapshot_older_than_a_rewrite_is_refused(database: Database) -> None:
    raw_table(database)
    plant_readings(database, ahus=2, days=3, minutes=240)
    put_in_force(database)
    with database.connect(autocommit=False) as session:
        session.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        assert differing(session) == []
        session.rollback()
        session.execute("select 1")
        database.execute(REWRITE)
        with pytest.raises(psycopg.errors.SerializationFailure, match="was rewritten"):
            differing(session)
        session.rollback()
        assert differing(session) == []


def test_years_take_no_more_memory_than_a_month(database: Database) -> None:
    """All at once would not do with this much, and nothing may be spilled to disk."""
    raw_table(database, hypertable=False)
    plant_readings(database, ahus=5, days=2 * 365, minutes=1440)
    put_in_force(database)
    with database.connect() as session:
        session.execute("set work_mem = '512kB'; set temp_file_limit = 0")
        with pytest.raises(psycopg.errors.ConfigurationLimitExceeded):
            session.execute("select * from _ahu.differing_days('2024-01-01', '2025-12-30')")
        assert differing(session, "2024-01-01", "2025-12-30") == []


def test_whatever_repair_marks_is_folded_while_everybody_works(database: Database) -> None:
    raw_table(database, "plain", primary_key=True)
    install(database, ZONE)
    with busy_etl(database, writers=1):
        for number in range(3):
            database.execute(
                "set session_replication_role = replica; "
                f"insert into {RAW_TABLE} (timestamp, ahu_id, sf_cost_krw) "
                f"values ('2024-04-02 12:0{number}+09', 'AHU77', 1)"
            )
            found = verify(database)
            assert found.counts[BYPASSED] == 1
            repaired = verify(database, "--repair", "--allow", PENDING)
            assert (repaired.exit_code, BYPASSED in repaired.counts) == (0, False)
    refresh(database)
    assert reasons(database) == {}
