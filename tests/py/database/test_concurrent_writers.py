"""Writers and refreshers at once: no reading is lost, none is wrongly taken for vanished."""

from __future__ import annotations

import itertools
import os
import random
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Literal

import psycopg
import pytest

from databases import Database
from etl import STATEMENTS, Writer
from plant import RAW_TABLE, is_hypertable, move_in_time, plant_readings, raw_table
from refreshing import assert_fresh, call, install, quarantined_keys, refresh
from sessions import background, repeated, wait_until_blocked

SECONDS = float(os.environ.get("AHU_TEST_SECONDS", "6"))
ZONE = "America/Chicago"


@pytest.mark.parametrize(("kind", "seconds"), [("plain", SECONDS), ("partitioned", SECONDS / 2)])
def test_eight_writers_and_two_refreshers_lose_nothing(
    database: Database, kind: Literal["plain", "partitioned"], seconds: float
) -> None:
    raw_table(database, kind, first_day=date(2024, 3, 1), months=1, primary_key=True)
    install(database, ZONE)
    until = time.monotonic() + seconds
    alone = is_hypertable(database)
    writers = [Writer(database, number, merges_alone=alone) for number in range(1, 9)]
    with ThreadPoolExecutor(10) as pool:
        refreshers = [pool.submit(refresh_until, database, until, seed) for seed in range(2)]
        for done in [pool.submit(writer.run, until) for writer in writers]:
            done.result()
        refreshes = [refresher.result() for refresher in refreshers]

    for statement in ("copy", *STATEMENTS):
        assert sum(writer.committed.get(statement, 0) for writer in writers) > 0, statement
    assert all(count > 5 for count in refreshes)
    refresh(database)
    assert_fresh(database, ZONE)
    assert database.rows("select from ahu.mv_daily_ahu_costs") != []


def refresh_until(database: Database, until: float, seed: int) -> int:
    """Refreshes in every way, some undone; nothing may ever be in quarantine. Returns how many."""
    dice, count = random.Random(seed), 0
    with database.connect() as session:
        while time.monotonic() < until:
            arguments = dice.choice(("", "", "max_days => 2", "wait_for => '0'"))
            with session.transaction(force_rollback=dice.random() < 0.2):
                assert call(session, arguments).quarantined == 0
                with session.transaction(force_rollback=dice.random() < 0.2):
                    call(session)
            assert quarantined_keys(session) == 0
            count += 1
    return count


def test_a_deletion_that_commits_while_a_refresh_waits_for_raw_is_no_vanished_reading(
    database: Database,
) -> None:
    """The refresh waits before it claims, and finds the deletion in both, log and raw."""
    raw_table(database)
    plant_readings(database, ahus=2, days=3)
    install(database, "Asia/Seoul")
    database.execute(f"update {RAW_TABLE} set sf_cost_krw = 1")
    with database.connect(autocommit=False) as deleter, database.connect() as refresher:
        deleter.execute(f"lock table {RAW_TABLE} in access exclusive mode")
        with background(lambda: call(refresher)) as refreshing:
            wait_until_blocked(database, refresher.info.backend_pid)
            deleter.execute(f"delete from {RAW_TABLE} where ahu_id = 'AHU01'")
            deleter.execute(f"delete from {RAW_TABLE} where extract(minute from timestamp) = 6")
            deleter.commit()
        answer = refreshing.result()
    assert (answer.outcome, answer.quarantined, answer.keys) == ("refreshed", 0, 6)
    assert_fresh(database, "Asia/Seoul")


def test_a_deletion_that_commits_after_the_claim_comes_with_the_next_refresh(
    database: Database,
) -> None:
    """The refresh is stopped at its last table; what is deleted meanwhile is still to come."""
    raw_table(database)
    plant_readings(database, ahus=2, days=3)
    install(database, "Asia/Seoul")
    database.execute(f"update {RAW_TABLE} set sf_cost_krw = 1")
    with database.connect(autocommit=False) as blocker, database.connect() as refresher:
        blocker.execute("lock table _ahu.monthly_rollup in share mode")
        with background(lambda: call(refresher)):
            wait_until_blocked(database, refresher.info.backend_pid)
            database.execute(f"delete from {RAW_TABLE} where ahu_id = 'AHU02'")
            database.execute(move_in_time(database, "1 day"))
            blocker.rollback()
    with pytest.raises(AssertionError):
        assert_fresh(database, "Asia/Seoul")
    refresh(database)
    assert_fresh(database, "Asia/Seoul")


def test_keys_that_are_emptied_again_and_again_are_never_in_quarantine(
    database: Database,
) -> None:
    """Many small deletions against a refresh in a loop: evidence is never behind raw."""
    raw_table(database)
    database.execute(f"create index on {RAW_TABLE} (timestamp)")
    install(database, "Asia/Seoul")

    def empty_and_fill(number: int) -> None:
        with database.connect() as session:
            # as often as it takes on a machine that is busy with something else
            for turn in itertools.takewhile(
                lambda turn: turn < 150 or len(answers) <= 10, itertools.count()
            ):
                session.execute(
                    f"insert into {RAW_TABLE} (timestamp, ahu_id, sf_cost_krw) "
                    "select '2024-05-01 00:00+09'::timestamptz + n * interval '1 minute', %s, %s "
                    "from generate_series(1, 5) as n",
                    [f"AHU{number % 2:02}", number],
                )
                keep = turn % 3
                session.execute(
                    f"delete from {RAW_TABLE} where sf_cost_krw = %s "
                    "and timestamp > '2024-05-01 00:00+09'::timestamptz + %s * interval '1 minute'",
                    [number, keep],
                )

    with (
        database.connect() as refresher,
        repeated(lambda: call(refresher)) as answers,
        ThreadPoolExecutor(6) as pool,
    ):
        for done in [pool.submit(empty_and_fill, number) for number in range(6)]:
            done.result()
    assert len(answers) > 10
    assert {answer.quarantined for answer in answers} == {0}
    refresh(database)
    assert_fresh(database, "Asia/Seoul")


@pytest.mark.parametrize("isolation", ["REPEATABLE_READ", "SERIALIZABLE"])
def test_writers_of_a_stricter_isolation_level_lose_nothing(
    database: Database, isolation: str
) -> None:
    raw_table(database)
    # TimescaleDB makes others wait for a chunk that is not committed
    database.execute(f"insert into {RAW_TABLE} (timestamp, ahu_id) values ('2024-05-01', 'AHU02')")
    install(database, "Asia/Seoul")
    level = psycopg.IsolationLevel[isolation]
    with (
        database.connect(autocommit=False) as writer,
        database.connect(autocommit=False) as other,
    ):
        for session, ahu in ((writer, "AHU01"), (other, "AHU01")):
            session.isolation_level = level
            session.execute(
                f"insert into {RAW_TABLE} (timestamp, ahu_id, sf_cost_krw) "
                "values ('2024-05-01', %s, 1)",
                [ahu],
            )
        writer.commit()
        refresh(database)
        other.commit()
    refresh(database)
    assert_fresh(database, "Asia/Seoul")
