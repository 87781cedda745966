"""A site is switched in place: readers and writers go on, nothing of anybody's is lost."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from databases import Database
from in_force import (
    LOOKBACK,
    NATIVE,
    ZONE,
    add_reading,
    assert_exact,
    delete_silently,
    freshness,
    our_triggers,
    put_in_force,
    views,
)
from installing import started
from plant import RAW_TABLE, plant_readings, raw_table
from product import ahu_sql
from refreshing import assert_fresh, call, refresh
from sessions import background, repeated, wait_until, wait_until_blocked, waiting_sessions
from snapshots import OUR_TABLES, assert_same, catalog_rows, roles_dump, schema_dump

INCREMENTAL = "refresh.strategy=incremental"
# how a site may be kept up to date
WAYS = {"triggers": INCREMENTAL, "lookback": LOOKBACK, "native": NATIVE}
# every way from one to another
SWITCHES = [(one, other) for one in WAYS for other in WAYS if one != other]


@pytest.fixture
def raw(database: Database) -> Database:
    """Forty days of readings in two months and seven chunks; nothing of ours."""
    raw_table(database)
    plant_readings(database, ahus=3, days=40, minutes=360)
    return database


def pending_steps(database: Database, setting: str) -> list[str]:
    """What `ahu-sql plan` says; its exit code says the same."""
    done = ahu_sql("plan", "--dsn", database.dsn, "--set", setting)
    assert done.returncode == bool(done.stdout), done.stderr
    return done.stdout.splitlines()


# readers and writers


@contextmanager
def dashboards(database: Database) -> Iterator[Callable[[], int]]:
    """Sessions that read all three views; each fails when it sees less than it saw before.

    Gives a function that says how often the slowest has read. For a site where readings only come.
    """
    stop, reads = threading.Event(), [0] * 4

    def look(number: int, **options: Any) -> None:
        seen = [(0, 0)] * 3
        is_long = number % 2 == 1
        with database.connect(autocommit=not is_long, user="ahu_read", **options) as session:
            while not stop.is_set():
                for turn in range(1, 8):
                    found = [
                        session.execute(query, prepare=number > 1 or None).fetchone()
                        for query in LOOKS
                    ]
                    for now, before in zip(found, seen, strict=True):
                        assert now is not None and now >= before and now[0] > 0, (seen, found)
                    seen = found
                    reads[number] += 1
                    stop.wait(0.002 * turn)
                if is_long:
                    session.commit()

    with ExitStack() as stack:
        futures = [stack.enter_context(background(lambda n=n: look(n))) for n in range(4)]

        def read() -> int:
            for future in futures:
                if future.done():
                    future.result()
            return min(reads)

        stack.callback(stop.set)
        wait_until(lambda: read() > 0, "all dashboards have read")
        yield read
        now = read()
        wait_until(lambda: read() > now + 3, "the dashboards go on reading")


LOOKS = (
    "select count(*), sum(coalesce(total_cost, 0)) from ahu.mv_daily_ahu_costs",
    "select count(*), sum(coalesce(hcv_kwh, 0)) from ahu.mv_daily_ahu_kwh",
    "select count(*), sum(coalesce(total_cost, 0)) from ahu.mv_monthly_ahu_costs",
)


@dataclass
class Pace:
    """How long the ETL pauses between loads, and whether each refresh must show its own load."""

    pause_s: float = 0.0
    is_exact: bool = True


@contextmanager
def etl(database: Database, pace: Pace) -> Iterator[Callable[[], int]]:
    """A writer that loads, refreshes and then finds its own readings in the view, in one session.

    All are of the last seven days there are. Gives a function that says how many loads are
    committed.
    """
    stop, loads = threading.Event(), [0]

    def load() -> None:
        with database.connect() as session:
            session.execute("set lock_timeout = '2s'")
            while not stop.is_set():
                was_exact = pace.is_exact
                session.execute(
                    f"insert into {RAW_TABLE} (timestamp, ahu_id, sf_cost_krw) "
                    "select '2024-02-03 00:00+09'::timestamptz + n * interval '1 day' "
                    "+ %s * interval '1 second', 'AHU77', 1 from generate_series(0, 6) as n",
                    [loads[0]],
                )
                loads[0] += 1
                call(session)
                found = session.execute(
                    "select min(total_cost), max(total_cost) from ahu.mv_daily_ahu_costs "
                    "where ahu_id = 'AHU77'"
                ).fetchone()
                if was_exact and pace.is_exact:
                    assert found == (loads[0], loads[0])
                stop.wait(pace.pause_s)

    with background(load) as future:

        def loaded() -> int:
            if future.done():
                future.result()
            return loads[0]

        try:
            yield loaded
        finally:
            stop.set()


@pytest.mark.parametrize(("one", "other"), SWITCHES)
def test_readers_and_writers_notice_nothing(raw: Database, one: str, other: str) -> None:
    put_in_force(raw, WAYS[one])
    pace = Pace()
    with dashboards(raw), etl(raw, pace) as loads:
        wait_until(lambda: loads() > 2, "the ETL loads")
        # an install gives way to refreshes: there must be an end to them; and what was written
        # before there were triggers is shown by the backfill
        pace.pause_s, pace.is_exact = 0.7, other != "triggers"
        with started(raw, "install", "--set", WAYS[other]) as install:
            assert install.finish() == 0, install.text
        pace.pause_s, then = 0.0, loads()
        wait_until(lambda: loads() > then + 1, "a load has come and ended")
        pace.is_exact, then = True, loads()
        wait_until(lambda: loads() > then + 3, "the ETL goes on")
    assert pending_steps(raw, WAYS[other]) == []
    refresh(raw)
    assert_fresh(raw, ZONE)


@pytest.mark.parametrize(("one", "other"), [("triggers", "native"), ("native", "triggers")])
def test_a_refresh_beside_an_install_is_not_taken_back(raw: Database, one: str, other: str) -> None:
    """The install has read all there is; then an ETL shows a reading; then the install commits."""
    put_in_force(raw, WAYS[one])
    cost = "select sum(total_cost) from ahu.mv_daily_ahu_costs where ahu_id = 'AHU77'"
    with raw.connect(autocommit=False) as session:
        session.execute(
            f"insert into {RAW_TABLE} (timestamp, ahu_id, sf_cost_krw) "
            "values ('2024-01-03 12:00+09', 'AHU77', 5)"
        )
        with started(raw, "install", "--set", WAYS[other]) as install:
            wait_until(lambda: waiting_sessions(raw, "ahu-sql") > 0, "the install waits for raw")
            assert call(session).outcome == "refreshed"
            session.commit()
            with repeated(lambda: raw.scalar(cost)) as seen:
                assert install.finish() == 0, install.text
            assert set(seen) == {5}
    refresh(raw)
    assert_fresh(raw, ZONE)


def test_a_reader_never_ends_in_a_deadlock(raw: Database) -> None:
    """It has the monthly view and comes to the daily one, which an install has already."""
    put_in_force(raw)
    with raw.connect(autocommit=False) as reader, raw.connect(autocommit=False) as other:
        reader.execute("select from ahu.mv_monthly_ahu_costs")
        # holds the install up between the two, for as long as the filling of a large site takes
        other.execute("create table _ahu.monthly_native ()")
        with started(raw, "install", "--set", NATIVE) as install:
            wait_until(lambda: waiting_sessions(raw, "ahu-sql") > 0, "the install waits")
            with background(lambda: reader.execute("select from ahu.mv_daily_ahu_costs")):
                wait_until_blocked(raw, reader.info.backend_pid)
                other.rollback()
            reader.rollback()
            assert install.finish() == 0, install.text
    assert_fresh(raw, ZONE)


# what is others'


def test_what_others_have_built_and_granted_stays(raw: Database) -> None:
    put_in_force(raw)
    raw.execute(
        "create role analyst login; grant usage on schema ahu to analyst; "
        "grant select on ahu.mv_daily_ahu_costs to analyst with grant option; "
        "create view public.board as select day, sum(total_cost) as cost "
        "from ahu.mv_daily_ahu_costs group by day; grant select on public.board to analyst"
    )
    described = (
        "select oid, relacl::text, obj_description(oid), pg_get_viewdef(oid) from pg_class "
        "where oid in ('public.board'::regclass, 'ahu.mv_daily_ahu_costs'::regclass, "
        "'ahu.mv_daily_ahu_kwh'::regclass, 'ahu.mv_monthly_ahu_costs'::regclass) order by oid"
    )
    before = raw.rows(described)
    for setting in (NATIVE, LOOKBACK, NATIVE, INCREMENTAL):
        put_in_force(raw, setting)
        assert raw.rows(described) == before
        add_reading(raw, "2024-01-05")
        refresh(raw)
        raw.execute("call ahu.mark_changed('2024-01-05', '2024-01-05')")
        refresh(raw)
        assert_exact(raw)
        costs = "select day, sum(total_cost) from ahu.mv_daily_ahu_costs group by day order by day"
        with raw.connect(user="analyst") as analyst:
            board = analyst.execute("select day, cost from board order by day").fetchall()
            assert len(board) == 40 and board == analyst.execute(costs).fetchall()


def test_the_triggers_go_and_come_back(raw: Database) -> None:
    put_in_force(raw)
    ours = our_triggers(raw)
    assert len(ours) == 4
    for setting, wanted in ((NATIVE, set()), (INCREMENTAL, ours), (LOOKBACK, set()), ("", ours)):
        put_in_force(raw, *filter(None, [setting]))
        assert our_triggers(raw) == wanted
        assert freshness(raw, "is_tracked") == (True if wanted else None,)
        assert_exact(raw)


@pytest.mark.parametrize(
    ("one", "other"), [("triggers", "native"), ("native", "lookback"), ("lookback", "triggers")]
)
def test_plan_lists_the_steps_until_they_are_done(raw: Database, one: str, other: str) -> None:
    put_in_force(raw, WAYS[one])
    assert pending_steps(raw, WAYS[one]) == []
    before = catalog_rows(raw, *OUR_TABLES)
    steps = pending_steps(raw, WAYS[other])
    assert "replace  50_source/site.sql" in steps
    folders = {"native": "native"}
    came, went = (folders.get(way, "incremental") for way in (other, one))
    is_new = came != went
    assert (f"create   70_views/{came}/daily_summary.sql" in steps) == is_new
    assert (f"retire   70_views/{went}/daily_summary.sql" in steps) == is_new
    assert_same(before, catalog_rows(raw, *OUR_TABLES))
    put_in_force(raw, WAYS[other])
    assert pending_steps(raw, WAYS[other]) == []


@pytest.mark.parametrize("way", ["lookback", "native"])
def test_a_second_install_changes_nothing(raw: Database, way: str) -> None:
    """Of the one that was switched to."""
    put_in_force(raw)
    put_in_force(raw, WAYS[way])
    with raw.connect(autocommit=False) as holder:
        before = catalog_rows(raw, *OUR_TABLES)
        holder.execute(f"lock table {RAW_TABLE} in access exclusive mode")
        done = ahu_sql("install", "--dsn", raw.dsn, "--set", WAYS[way], "--patience", "1")
        assert (done.returncode, done.stderr) == (0, "nothing to apply\n")
        assert_same(before, catalog_rows(raw, *OUR_TABLES))


@pytest.mark.parametrize("settings", [[LOOKBACK], [NATIVE], [NATIVE, INCREMENTAL]])
def test_uninstall_leaves_the_catalog_as_it_was(raw: Database, settings: list[str]) -> None:
    raw.execute(f"revoke temporary on database {raw.name} from public")
    before = schema_dump(raw), roles_dump(raw)
    for setting in settings:
        put_in_force(raw, setting)
    done = ahu_sql("uninstall", "--yes", "--roles", "--dsn", raw.dsn)
    assert done.returncode == 0, done.stderr
    assert (schema_dump(raw), roles_dump(raw)) == before


# what is in the views


def test_summaries_that_outlived_their_readings_are_back_after_native(raw: Database) -> None:
    put_in_force(raw)
    before = views(raw)
    # days that are gone altogether, an AHU of a day, and a part of a day
    delete_silently(
        raw,
        "timestamp < '2024-01-11+09' or timestamp between '2024-02-01+09' and '2024-02-01 12:00+09'"
        " or (ahu_id = 'AHU02' and timestamp >= '2024-01-20+09' and timestamp < '2024-01-21+09')",
    )
    done = ahu_sql("install", "--dsn", raw.dsn, "--set", NATIVE)
    assert done.returncode == 0, done.stderr
    left_out = 10 * 3 + 3 + 1
    assert f"warning: the views leave out what raw has no more, of {left_out} keys" in done.stderr
    assert_exact(raw)
    refresh(raw)
    assert_exact(raw)

    done = ahu_sql("install", "--dsn", raw.dsn, "--set", INCREMENTAL)
    assert done.returncode == 0, done.stderr
    assert "warning: the views leave" not in done.stderr
    assert views(raw) == before
    # of the days that have gone altogether no backfill hears
    assert freshness(raw, "quarantined_keys", "pending_days") == (3 + 1, 0)


def test_nothing_is_lost_of_what_happens_under_native(raw: Database) -> None:
    """Additions count; what is missing afterwards is kept, for nobody has counted deletions."""
    put_in_force(raw)
    before = views(raw)
    put_in_force(raw, NATIVE)
    raw.execute(
        f"delete from {RAW_TABLE} where ahu_id = 'AHU01' and timestamp > '2024-02-05+09'; "
        f"update {RAW_TABLE} set sf_cost_krw = 9 where ahu_id = 'AHU02'"
    )
    plant_readings(raw, ahus=5, days=3, minutes=360)  # more of three days, and two new AHUs
    add_reading(raw, "2024-04-01")
    refresh(raw)
    add_reading(raw, "2024-04-02")  # which no refresh of native has seen
    put_in_force(raw)
    lost = [
        key for key in before.mv_daily_ahu_kwh if f"{key[0]}" > "2024-02-04" and key[1] == "AHU01"
    ]
    after = views(raw)
    assert freshness(raw, "quarantined_keys", "pending_days") == (len(lost), 0)
    assert len(lost) == 5
    for view in ("mv_daily_ahu_costs", "mv_daily_ahu_kwh"):
        for key in lost:
            assert getattr(after, view)[key] == getattr(before, view)[key]
    raw.execute("call ahu.resolve_quarantine('2024-01-01', '2024-12-31', null, 'replace')")
    assert_fresh(raw, ZONE)


def test_what_was_pending_is_not_lost_on_any_way(raw: Database) -> None:
    put_in_force(raw)
    for number, setting in enumerate(
        (LOOKBACK, NATIVE, LOOKBACK, INCREMENTAL, NATIVE, INCREMENTAL)
    ):
        add_reading(raw, f"2024-01-0{number + 1}")
        raw.execute(f"call ahu.mark_changed('2024-01-0{number + 1}', '2024-01-0{number + 1}')")
        put_in_force(raw, setting)
        refresh(raw)
        assert_fresh(raw, ZONE, after=setting)


def test_the_table_s_owner_who_is_no_superuser_may_switch(raw: Database) -> None:
    raw.execute(
        f"create role owner login createrole; grant create on database {raw.name} to owner; "
        f"revoke temporary on database {raw.name} from public; "
        f"grant temporary on database {raw.name} to owner with grant option; "
        f"alter schema ahu_data owner to owner; alter table {RAW_TABLE} owner to owner"
    )
    dsn = raw.server.dsn(raw.name, "owner")
    for setting in (INCREMENTAL, NATIVE, INCREMENTAL):
        done = ahu_sql("install", "--dsn", dsn, "--set", setting)
        assert done.returncode == 0, done.stderr
        add_reading(raw, "2024-01-05")
        refresh(raw)
        assert_fresh(raw, ZONE)


def test_a_deletion_that_was_pending_on_the_way_to_native_is_evidence_on_the_way_back(
    raw: Database,
) -> None:
    put_in_force(raw)
    raw.execute(f"delete from {RAW_TABLE} where ahu_id = 'AHU02'")
    put_in_force(raw, NATIVE)
    assert freshness(raw, "pending_days", "pending_since", "backfill_days") == (None, None, 0)
    put_in_force(raw)
    assert freshness(raw, "quarantined_keys") == (0,)
    assert_exact(raw)
