"""MERGE that moves readings, also between partitions.

PostgreSQL (15 and 18 alike) shows statement triggers of a partitioned table wrong rows for MERGE:
an update after an insert of the same statement shows the inserted row in its place, and an update
that crosses partitions shows nothing unless the statement has an insert and a delete action too.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Literal

import psycopg
import pytest

from databases import Copies, Database
from in_force import delete_silently
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
def site(request: pytest.FixtureRequest, copies: Copies) -> Iterator[Database]:
    """Two AHUs on 9 January, with months as partitions where there are any."""
    with copies.of(build, request.param) as database:
        yield database


def build(database: Database, kind: Kind) -> None:
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


def test_a_reading_that_a_merge_moves_is_evidence_for_one(copies: Copies) -> None:
    """Where a MERGE deletes too, PostgreSQL shows it as a deletion, to be counted once."""
    with copies.of(build, "partitioned") as site:
        refresh(site)
        delete_silently(site, "ahu_id = 'AHU01' and sf_cost_krw = 1")
        site.execute(
            f"merge into {RAW_TABLE} as r using (values (3)) as s (cost) "
            "on r.sf_cost_krw = s.cost and r.ahu_id = 'AHU01' "
            "when matched and s.cost > 0 then update set timestamp = r.timestamp + interval '31 d' "
            "when matched then delete"
        )
        assert refresh(site).quarantined == 1


def test_what_is_deleted_in_the_with_of_an_update_is_no_merge(copies: Copies) -> None:
    """Both count their own: the key has lost two, and may shrink by two."""
    with copies.of(build, "partitioned") as site:
        refresh(site)
        site.execute(
            f"with gone as (delete from {RAW_TABLE} where ahu_id = 'AHU01' and sf_cost_krw = 1 "
            f"returning ahu_id) update {RAW_TABLE} as r set timestamp = r.timestamp + "
            "interval '31 days' from gone as g where r.ahu_id = g.ahu_id and r.sf_cost_krw = 3"
        )
        assert refresh(site).quarantined == 0
        assert_fresh(site, ZONE)
