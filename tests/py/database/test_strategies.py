"""Each strategy, tracking and layout gives the same three views, of the same shape, row for row."""

from __future__ import annotations

from typing import Any

import pytest

import oracle
from databases import Database, fresh_database
from in_force import LOOKBACK, NATIVE, put_in_force
from plant import (
    RAW_TABLE,
    REAL_COUNT,
    REAL_ZONE,
    copy_real_readings,
    long_table,
    raw_table,
    unpivot,
)
from refreshing import refresh
from servers.running import RunningServer

WIDE = "ahu_data.wide_readings"
LONG = "source.layout=long"
WAYS = {"triggers": (), "lookback": (LOOKBACK,), "native": (NATIVE,)}
LAYOUTS: dict[str, tuple[str, ...]] = {"wide": (), "long": (LONG,)}

# all that whoever uses the views can see of them
SHAPE = """
    select c.relname::text, c.relkind::text, c.relowner::regrole::text, c.relacl::text,
        obj_description(c.oid, 'pg_class'), a.attname::text,
        format_type(a.atttypid, a.atttypmod), col_description(c.oid, a.attnum)
    from pg_class as c
    join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0
    where c.relnamespace = 'ahu'::regnamespace and c.relname like 'mv\\_%'
    order by c.relname, a.attnum
"""


@pytest.mark.parametrize("layout", list(LAYOUTS))
@pytest.mark.parametrize("way", list(WAYS))
def test_the_views_of_the_real_readings_are_the_same(
    database: Database, way: str, layout: str
) -> None:
    raw_table(database, hypertable=layout == "wide")
    assert copy_real_readings(database) == REAL_COUNT
    if layout == "long":
        database.execute(f"alter table {RAW_TABLE} rename to {WIDE.split('.')[1]}")
        long_table(database)
        database.execute(unpivot(WIDE))
    options = (*WAYS[way], *LAYOUTS[layout], f"source.time_zone={REAL_ZONE}")
    put_in_force(database, *options)
    table = WIDE if layout == "long" else RAW_TABLE
    with database.connect() as session:
        oracle.assert_views_equal_raw(session, REAL_ZONE, table)
    refresh(database)
    with database.connect() as session:
        oracle.assert_views_equal_raw(session, REAL_ZONE, table)


def test_columns_types_comments_and_grants_of_the_views_are_the_same(server: RunningServer) -> None:
    """Installed afresh with each, and switched from each to the next."""
    shapes: dict[tuple[str, str, str], list[tuple[Any, ...]]] = {}
    for layout, options in LAYOUTS.items():
        with fresh_database(server) as database:
            empty(database, layout)
            for way, switch in WAYS.items():
                put_in_force(database, *switch, *options)
                shapes[layout, way, "switched"] = database.rows(SHAPE)
        for way, switch in WAYS.items():
            with fresh_database(server) as database:
                empty(database, layout)
                put_in_force(database, *switch, *options)
                shapes[layout, way, "afresh"] = database.rows(SHAPE)
    expected = shapes["wide", "triggers", "afresh"]
    assert len(expected) == 6 + 7 + 6
    assert all("ahu_read=r/" in acl for _, _, _, acl, *_ in expected)
    assert all(row[4] for row in expected)
    for what, shape in shapes.items():
        assert shape == expected, what


def empty(database: Database, layout: str) -> None:
    """The raw table without readings."""
    if layout == "long":
        long_table(database)
    else:
        raw_table(database)
