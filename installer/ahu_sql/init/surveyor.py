"""Looks at a database, in one transaction that only reads, and proposes settings for it."""

from __future__ import annotations

import dataclasses
import difflib
import shlex
from collections.abc import Sequence

from ahu_sql.database import Connection
from ahu_sql.errors import AhuSqlError
from ahu_sql.init.column_roles import assign_roles, looks_like_readings
from ahu_sql.init.metric_sample import take_sample
from ahu_sql.init.proposal import Proposal, propose
from ahu_sql.init.server_address import read_address
from ahu_sql.init.server_zone import read_zone
from ahu_sql.init.survey import TableFacts, is_settable, read_table, read_tables
from ahu_sql.inspection import inspect
from ahu_sql.requirements import require
from ahu_sql.settings import Settings, Source, split_table_name

# Whoever holds a lock that even reading needs may finish; what looks at readings may not go on.
_LIMITS = """
    set local lock_timeout = '5s';
    set local statement_timeout = '10s';
    set local search_path = pg_catalog, pg_temp
"""


def survey(
    connection: Connection, wanted: str | None, dsn: str | None = None
) -> tuple[Proposal, AhuSqlError | None]:
    """The settings that a table suggests, and why an install would refuse them.

    wanted: its name, with its schema and quoted as in SQL; None: the site's default table where
    it is there, else the only one that looks like readings. dsn: what the connection was made
    with; None: libpq's own variables. Raises AhuSqlError where there is no table, where there are
    several, and where the role may not read it.
    """
    connection.read_only = True
    with connection.transaction():
        connection.execute(_LIMITS, prepare=False)
        table = _table(connection, wanted)
        _require_readable(table, connection.info.user)
        roles = assign_roles(table)
        sample = take_sample(connection, table, roles) if roles.is_long else None
        proposal = propose(
            table,
            roles,
            sample,
            read_zone(connection),
            database=connection.info.dbname,
            address=read_address(connection, dsn),
        )
        return proposal, _refusal(connection, proposal.settings)


def _refusal(connection: Connection, settings: Settings) -> AhuSqlError | None:
    """What `ahu-sql plan` would say to a role that has all the rights."""
    facts = inspect(connection, settings)
    try:
        require(
            dataclasses.replace(facts, missing_rights=(), installed=None), settings, publish=True
        )
    except AhuSqlError as error:
        return error
    return None


def _table(connection: Connection, wanted: str | None) -> TableFacts:
    if wanted is not None:
        try:
            schema, name = split_table_name(wanted)
        except ValueError as error:
            raise AhuSqlError(
                "--table must name a table with its schema",
                detail=f"{error}.",
                hint="ahu-sql init --table SCHEMA.TABLE",
            ) from error
        table = read_table(connection, schema, name)
        if table is None:
            names = [table.quoted for table in read_tables(connection)]
            raise _no_such_table(wanted, names, connection.info.dbname)
    else:
        table = read_table(connection, *split_table_name(Source().table)) or _only_one(connection)
    _require_raw_table(table)
    return table


def _only_one(connection: Connection) -> TableFacts:
    tables = read_tables(connection)
    alike = [
        table
        for table in tables
        if looks_like_readings(table) and is_settable(table.schema) and is_settable(table.name)
    ]
    candidates = [table for table in alike if table.is_readable] or alike
    if not candidates:
        raise AhuSqlError(
            f'no table of database "{connection.info.dbname}" looks like readings',
            detail="Readings have a timestamptz, a column called like an AHU's, and numbers. "
            + _existing([table.quoted for table in tables], connection.info.dbname),
            hint="Connect to the database of the readings, or name their table: "
            "ahu-sql init --table SCHEMA.TABLE",
        )
    if len(candidates) > 1:
        names = [table.quoted for table in candidates]
        raise AhuSqlError(
            f"{len(names)} tables look like readings",
            detail=f"They are {', '.join(names)}.",
            hint=f"Name the raw table, such as: ahu-sql init --table {shlex.quote(names[0])}",
        )
    found = read_table(connection, candidates[0].schema, candidates[0].name)
    return found or candidates[0]


def _require_raw_table(table: TableFacts) -> None:
    kinds = {"v": "a view", "m": "a materialized view", "f": "a foreign table"}
    if table.kind in kinds:
        raise AhuSqlError(
            f"{table.quoted} is {kinds[table.kind]}",
            detail="Settings are proposed for the table that readings are written to.",
            hint="Name that table: ahu-sql init --table SCHEMA.TABLE",
        )
    if not (is_settable(table.schema) and is_settable(table.name)):
        raise AhuSqlError(
            f"settings cannot name {' '.join(table.quoted.split())}",
            detail="They take no blank names and no control characters.",
            hint="Rename the table, or name another: ahu-sql init --table SCHEMA.TABLE",
        )
    if table.parent is not None:
        raise AhuSqlError(
            f"{table.quoted} is a part of {table.parent}",
            detail="It is a partition, a chunk or a child of that table.",
            hint=f"Name the whole: ahu-sql init --table {shlex.quote(table.parent)}",
        )


def _require_readable(table: TableFacts, role: str) -> None:
    if not table.is_readable:
        raise AhuSqlError(
            f'role "{role}" may not read {table.quoted}',
            detail="It lacks select on the table, or usage on its schema.",
            hint="Connect as another role, or have it granted: "
            f'grant select on {table.quoted} to "{role}"',
        )


def _no_such_table(wanted: str, names: Sequence[str], database: str) -> AhuSqlError:
    closest = difflib.get_close_matches(wanted, names, 5, 0.3) or names
    return AhuSqlError(
        f"there is no table {wanted}",
        detail=_existing(closest, database, len(names)),
        hint="Name a table with its schema and quoted as in SQL: ahu-sql init --table SCHEMA.TABLE",
    )


def _existing(names: Sequence[str], database: str, count: int | None = None) -> str:
    """names: some or all of `count`; None: all there are."""
    if not names:
        return f'The database "{database}" has no tables of its own.'
    others = " and others" if (count or len(names)) > len(names[:5]) else ""
    return f'The database "{database}" has these tables: {", ".join(names[:5])}{others}.'
