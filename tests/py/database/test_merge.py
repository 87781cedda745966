"""MERGE that moves readings, also between partitions.

PostgreSQL (15 and 18 alike) shows statement triggers of a partitioned table wrong rows for MERGE:
an update after an insert of the same statement shows the inserted row in its place, and an update
that crosses partitions shows nothing unless the statement has an insert and a delete action too.
"""

from __future__ import annotations

from datetime import date
from typing import Literal

import psycopg
import pytest

from databases import Database
from plant import RAW_TABLE, is_hypertable, raw_table
from refreshing import assert_fresh, install, pending_entries, refresh

ZONE = "Asia/Seoul"
Kind = Literal["plain", "partitioned"]

# how the readings of 9 January move
MOVES = {
    "to the next day": "timestamp = r.timestamp + interval '1 day'",
    "to the next month": "timestamp = r.timestamp + interval '31 days'",
    "to another AHU": "ahu_id = 'AHU09'",
}
INSERT = "when not matched then insert (timestamp, ahu_id, sf_cost_krw) values (s.at, s.ahu, 5)"


@pytest.fixture(params=["plain", "partitioned"])
def site(request: pytest.FixtureRequest, database: Database) -> Database:
    """Two AHUs on 9 January, with months as partitions where there are any."""
    kind: Kind = request.param
    raw_table(database, kind, first_day=date(2024, 1, 1), months=3)
    database.execute(
        f"insert into {RAW_TABLE} (timestamp, ahu_id, sf_cost_krw) "
        "select '2024-01-09 12:00+09'::timestamptz + n * interval '1 minute', 'AHU0' || ahu, n "
        "from generate_series(1, 9) as n, generate_series(1, 2) as ahu"
    )
    install(database, ZONE)
    # in the order of the source, new readings between those that are there
    database.execute(
        f"alter database {database.name} set enable_hashjoin = off; "
        f"alter database {database.name} set enable_mergejoin = off"
    )
    return database


def merge(actions: str) -> str:
    """A MERGE of every second reading of AHU01, and between them of times that are not there."""
    return f"""
        merge into {RAW_TABLE} as r
        using (
            select '2024-01-09 12:00+09'::timestamptz + n * interval '30 seconds' as at,
                'AHU01' as ahu
            from generate_series(1, 13) as n
        ) as s
        on r.timestamp = s.at and r.ahu_id = s.ahu
        {actions}"""


@pytest.mark.parametrize("beside", ["updates alone", "inserts too"])
@pytest.mark.parametrize("move", list(MOVES))
def test_readings_that_a_merge_moves_are_in_the_views(
    site: Database, move: str, beside: str
) -> None:
    update = f"when matched then update set {MOVES[move]}"
    statement = merge(update + (f" {INSERT}" if beside == "inserts too" else ""))
    if move == "to the next month" and is_hypertable(site):
        # TimescaleDB: an UPDATE may not take a reading to another chunk
        with pytest.raises(psycopg.errors.CheckViolation):
            site.execute(statement)
        assert pending_entries(site) == 0
    else:
        site.execute(statement)
    refresh(site)
    assert_fresh(site, ZONE, after=f"a MERGE that moves {move}, {beside}")


def test_values_that_a_merge_corrects_are_no_evidence_for_shrinking(site: Database) -> None:
    """Nothing left the day; what retention takes before the next refresh stays in the views."""
    before = site.rows("select * from ahu.mv_daily_ahu_costs where ahu_id = 'AHU01'")
    actions = "when matched then update set sf_cost_krw = 100"
    other = INSERT.replace("s.ahu", "'AHU03'")
    site.execute(merge(f"{actions} {other}"))
    site.execute(
        "set session_replication_role = replica; "
        f"delete from {RAW_TABLE} where ahu_id = 'AHU01' and sf_cost_krw = 100"
    )
    assert refresh(site).quarantined == 1
    assert site.rows("select * from ahu.mv_daily_ahu_costs where ahu_id = 'AHU01'") == before
