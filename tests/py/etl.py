"""Writers as unruly as an ETL gets: every statement there is, many sessions, half of it undone."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg

from databases import Database
from plant import RAW_TABLE

FIRST = datetime(2024, 3, 8, tzinfo=UTC)  # before a change of America/Chicago's clock
DAYS = 7  # the last of them in a chunk of its own, where chunks are weeks of UTC
AHUS = 4

# what the server may tell writers who meet at a shared reading
MEETINGS = (
    psycopg.errors.DeadlockDetected,
    psycopg.errors.SerializationFailure,  # it has moved to another partition
    psycopg.errors.UniqueViolation,  # MERGE does not look again before it inserts
    psycopg.errors.CheckViolation,  # TimescaleDB: an UPDATE may not leave the reading's chunk
)


@dataclass
class Writer:
    """One session. All write to the same keys; the seconds of a reading's time tell whose it is.

    merges_alone: for hypertables. TimescaleDB 2.19.3 crashes, without triggers too, where a MERGE
    meets another writer at a reading.
    committed: how many readings the statements of each kind touched that were not undone.
    meetings: how many transactions ended because of another writer's.
    """

    database: Database
    number: int
    merges_alone: bool = False
    committed: dict[str, int] = field(default_factory=dict)
    meetings: int = 0

    def run(self, until: float) -> None:
        """Transaction after transaction until `until`, a time of the monotonic clock."""
        dice = random.Random(self.number)
        with self.database.connect(autocommit=False) as session:
            while time.monotonic() < until:
                try:
                    self._transaction(session, dice)
                except MEETINGS:
                    session.rollback()
                    self.meetings += 1

    def _transaction(self, session: psycopg.Connection[Any], dice: random.Random) -> None:
        done: dict[str, int] = {}
        for _ in range(dice.randint(1, 4)):
            if dice.random() < 0.3:
                session.execute("savepoint s")
                self._statement(session, dice)
                session.execute("rollback to savepoint s")
            kind, touched = self._statement(session, dice)
            done[kind] = done.get(kind, 0) + touched
        if dice.random() < 0.3:
            session.rollback()
            return
        session.commit()
        for kind, touched in done.items():
            self.committed[kind] = self.committed.get(kind, 0) + touched

    def _statement(self, session: psycopg.Connection[Any], dice: random.Random) -> tuple[str, int]:
        kind = dice.choice(("insert", "copy", "upsert", "update", "move", "delete", "merge"))
        # most of the time our own readings, else those that all writers share
        is_alone = dice.random() < 0.8 or (kind == "merge" and self.merges_alone)
        second = self.number if is_alone else 0
        at = [self._time(dice, second) for _ in range(dice.randint(1, 30))]
        ahu = [f"AHU{dice.randrange(AHUS):02}" for _ in at]
        cost = dice.randrange(10**6) / 1000
        times = {"at": at, "ahu": ahu, "second": second, "cost": cost, "day": self._time(dice, 0)}
        if kind == "copy":
            # times of its own, for COPY knows no conflict
            with session.cursor().copy(f"copy {RAW_TABLE} ({COPIED}) from stdin") as copy:
                for one in at:
                    unique = one + timedelta(microseconds=dice.randrange(1, 10**6))
                    copy.write_row((unique, dice.choice(ahu), cost))
            return kind, len(at)
        return kind, session.execute(STATEMENTS[kind], times).rowcount

    @staticmethod
    def _time(dice: random.Random, second: int) -> datetime:
        return FIRST + timedelta(minutes=6 * dice.randrange(DAYS * 240), seconds=second)


COPIED = "timestamp, ahu_id, electricity_cost_krw"
_NEW = """
    select distinct on (at, ahu) at, ahu
    from unnest(%(at)s::timestamptz[], %(ahu)s::text[]) as n (at, ahu)
    order by at, ahu
"""
_PICKED = """
    select r.ctid, r.tableoid
    from {table} as r
    where date_trunc('day', r.timestamp, 'UTC') = date_trunc('day', %(day)s::timestamptz, 'UTC')
        and extract(second from date_trunc('second', r.timestamp)) = %(second)s
        and r.ahu_id = (%(ahu)s::text[])[1]
    order by r.timestamp
    limit 40
    for update
""".replace("{table}", RAW_TABLE)
_IS_PICKED = "from picked where r.ctid = picked.ctid and r.tableoid = picked.tableoid"

STATEMENTS = {
    "insert": f"""
        insert into {RAW_TABLE} (timestamp, ahu_id, sf_cost_krw, hcv_steam_kwh)
        select at, ahu, %(cost)s, null from ({_NEW}) as n
        on conflict do nothing""",
    "upsert": f"""
        insert into {RAW_TABLE} as r (timestamp, ahu_id, sf_cost_krw)
        select at, ahu, %(cost)s from ({_NEW}) as n
        on conflict (timestamp, ahu_id) do update
        set sf_cost_krw = r.sf_cost_krw + 0.001, hcv_steam_kwh = excluded.sf_cost_krw""",
    "update": f"""
        with picked as ({_PICKED})
        update {RAW_TABLE} as r set dh_hcv_steam_kwh = %(cost)s, sf_cost_krw = null {_IS_PICKED}""",
    # to another day and another AHU, and to a time that nobody has
    "move": f"""
        with picked as ({_PICKED})
        update {RAW_TABLE} as r
        set timestamp = timestamp + '25:30:00' + random() * interval '0.9 seconds',
            ahu_id = (%(ahu)s::text[])[cardinality(%(ahu)s::text[])]
        {_IS_PICKED}""",
    "delete": f"""
        with picked as ({_PICKED})
        delete from {RAW_TABLE} as r using {_IS_PICKED.removeprefix("from ")}""",
    "merge": f"""
        merge into {RAW_TABLE} as r
        using ({_NEW}) as n on r.timestamp = n.at and r.ahu_id = n.ahu
        when matched and extract(minute from n.at) > 30 then delete
        when matched then update set pc_ccv_cold_water_kwh = 0.5
        when not matched then insert (timestamp, ahu_id, ac_hcv_steam_cost_krw)
            values (n.at, n.ahu, 7)""",
}
