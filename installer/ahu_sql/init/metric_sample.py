"""Which metrics a table of the long layout holds, from a bounded number of its readings."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from ahu_sql.console import counted
from ahu_sql.database import Connection
from ahu_sql.init.column_roles import Roles
from ahu_sql.init.survey import TableFacts

MOST_READINGS = 100_000
MOST_PAGES = 2_000
"""How much of a table is looked at, in readings and in blocks; a table of fewer blocks: all."""
MOST_NAMES = 5_000
"""A table with more metrics than this names something else by them."""


_Row = tuple[Any, ...]


@dataclass(frozen=True)
class Metric:
    """A metric found. units: those that its readings came in, spellings of one counted as one."""

    name: str
    units: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sample:
    """metrics: what was found, by name. extent: what was looked at, for the user, such as `all
    2,880 readings`. is_whole: nothing was left out."""

    metrics: tuple[Metric, ...]
    extent: str
    is_whole: bool = True


def take_sample(connection: Connection, table: TableFacts, roles: Roles) -> Sample:
    """Looks at a small table as a whole, at the newest and at random readings of a large one.

    Call it inside a transaction with a statement_timeout: what takes longer is left out.
    """
    found: dict[tuple[str, str | None], int] = {}
    looked: list[str] = []
    for label, clause in _parts(table, roles):
        rows = _ask(connection, _query(table, roles, clause))
        if rows is None:
            looked.append("not " + label.format(number="readings") + ", which took too long")
            continue
        for metric, unit, count in rows:
            if metric is not None:
                found[metric, unit] = found.get((metric, unit), 0) + count
        number = counted(sum(count for *_, count in rows), "reading")
        looked.append(label.format(number=number))
    is_whole = len(looked) == 1 and looked[0].startswith("all ")
    return Sample(_metrics(found), " and ".join(looked), is_whole)


def _parts(table: TableFacts, roles: Roles) -> Iterable[tuple[str, sql.Composable]]:
    """What to look at: a name for it, and the clauses that read it."""
    # Compressed chunks hold far more than their blocks say.
    compressed = table.hypertable is not None and table.hypertable.has_columnstore
    if table.pages <= MOST_PAGES and not compressed:
        yield "all {number}", sql.SQL("")
        return
    if roles.time_column in table.leading_columns:
        time = sql.Identifier(roles.time_column)
        yield (
            "the newest {number}",
            sql.SQL("where r.{} is not null order by r.{} desc limit {}").format(
                time, time, sql.Literal(MOST_READINGS)
            ),
        )
    shares = [100.0, 100.0 * MOST_PAGES / max(table.pages, 1)]
    if table.rows:
        shares.append(100.0 * MOST_READINGS / table.rows)
    yield (
        "{number} at random",
        # The same blocks each time, so that the proposal does not change by itself.
        sql.SQL("tablesample system ({}) repeatable (1)").format(
            sql.Literal(round(min(shares), 6))
        ),
    )


def _query(table: TableFacts, roles: Roles, clause: sql.Composable) -> sql.Composed:
    unit = (
        sql.SQL("r.{}::text").format(sql.Identifier(roles.unit_column))
        if roles.unit_column
        else sql.SQL("null::text")
    )
    return sql.SQL(
        "select s.metric, s.unit, pg_catalog.count(*) from ("
        "select r.{metric}::text as metric, {unit} as unit from {table} as r {clause}"
        ") as s group by 1, 2 order by 3 desc limit {most}"
    ).format(
        metric=sql.Identifier(str(roles.metric_column)),
        unit=unit,
        table=sql.Identifier(table.schema, table.name),
        clause=clause,
        most=sql.Literal(MOST_NAMES),
    )


def _ask(connection: Connection, query: sql.Composed) -> list[_Row] | None:
    """The rows; None where the server gave up. The transaction goes on either way."""
    try:
        with connection.transaction():
            return connection.execute(query).fetchall()
    except (psycopg.errors.QueryCanceled, psycopg.errors.FeatureNotSupported):
        return None


def _metrics(found: dict[tuple[str, str | None], int]) -> tuple[Metric, ...]:
    units: dict[str, dict[str, str]] = {}
    for metric, unit in sorted(found, key=lambda key: -found[key]):
        spellings = units.setdefault(metric, {})
        if unit and unit.strip():
            spellings.setdefault(unit.strip().casefold(), unit.strip())
    return tuple(Metric(name, tuple(units[name].values())) for name in sorted(units))
