"""What ahu-sql requires of a database, a pure function of the facts; one error names all faults."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from ahu_sql.errors import AhuSqlError
from ahu_sql.inspection import Inspection
from ahu_sql.renderer import quoted_if_needed
from ahu_sql.settings import Settings

TIME_TYPE = "timestamp with time zone"
FIRST_WITH_TRANSITION_TABLES = (2, 18)
FIRST_RIGHT_AFTER_DROPPED_COLUMNS = (2, 26, 4)
"""Versions of TimescaleDB."""

_LOOKBACK = "Or do without triggers: ahu-sql install --set refresh.tracking=lookback"
TEXT_TYPES = frozenset({"text", "character varying", "character", "name"})
AHU_TYPES = TEXT_TYPES | {"smallint", "integer", "bigint", "uuid"}
_KINDS = {"v": "a view", "m": "a materialized view", "f": "a foreign table"}


def require(facts: Inspection, settings: Settings, *, publish: bool) -> None:
    """Raises AhuSqlError unless the database is one that the settings describe.

    publish: whether our tables may go into a publication of all tables.
    """
    require_same_site(facts, settings)
    require_a_table(facts, settings)
    _require_table(facts, settings)
    if settings.refresh.needs_triggers:
        _require_triggers(facts, settings)
    _require_columns(facts, settings)
    _require_rights(facts)
    if facts.publications and facts.installed is None and not publish:
        raise AhuSqlError(
            f"publication {', '.join(facts.publications)} is for all tables, and would be for ours",
            detail="A subscriber that lacks the schemas ahu and _ahu would stop with an error.",
            hint="Make them there first (pg_dump -s -n ahu -n _ahu of another install), or where "
            "no subscriber minds: ahu-sql install --publish",
        )


def require_a_table(facts: Inspection, settings: Settings) -> None:
    """Raises AhuSqlError where there is no raw table, or something else in its place."""
    table = settings.source.table
    if facts.table_kind is None:
        raise AhuSqlError(
            f"there is no table {table}",
            detail=_existing(facts.tables, table, facts.database),
            hint="Set source.table to the raw table, with its schema and quoted as in SQL, and "
            "connect to its database; ahu-sql init looks for it and proposes all of ahu-sql.toml.",
        )
    if facts.table_kind in _KINDS:
        raise AhuSqlError(
            f"{table} is {_KINDS[facts.table_kind]}",
            detail="Changes can only be tracked on an ordinary or a partitioned table.",
            hint="Set source.table to the table that the readings are written to.",
        )


def _require_table(facts: Inspection, settings: Settings) -> None:
    table = settings.source.table
    if facts.is_child or facts.has_children:
        raise AhuSqlError(
            f"{table} is "
            + ("a partition or " if facts.is_child else "")
            + ("a child" if facts.is_child else "a parent")
            + " by inheritance",
            detail="A statement on the one table would change the other unnoticed.",
            hint="Set source.table to the partitioned table, or to one without inheritance.",
        )
    if facts.has_row_security:
        raise AhuSqlError(
            f"{table} has row security enabled",
            detail="The rollups would miss the rows that its policies hide from role ahu_owner.",
            hint=f"Disable it: alter table {table} disable row level security",
        )


def _require_triggers(facts: Inspection, settings: Settings) -> None:
    table = settings.source.table
    if facts.has_foreign_partitions:
        raise AhuSqlError(
            f"{table} has partitions on other servers",
            detail="PostgreSQL cannot track changes of a foreign table: writing there would fail.",
            hint="Detach its foreign tables, or set source.table to another table. " + _LOOKBACK,
        )
    if facts.is_subscribed:
        raise AhuSqlError(
            f"{table} is written to by a subscription",
            detail="What logical replication writes fires no statement trigger.",
            hint="Install where the readings come from. " + _LOOKBACK,
        )
    if not facts.is_hypertable or facts.timescaledb is None:
        return
    version = ".".join(map(str, facts.timescaledb))
    if facts.timescaledb < FIRST_WITH_TRANSITION_TABLES:
        raise AhuSqlError(
            f"{table} is a hypertable of TimescaleDB {version}",
            detail="Its triggers do not see what a statement changed; those of 2.18 and later do.",
            hint="Upgrade it: alter extension timescaledb update. " + _LOOKBACK,
        )
    if facts.has_dropped_columns and facts.timescaledb < FIRST_RIGHT_AFTER_DROPPED_COLUMNS:
        raise AhuSqlError(
            f"{table} is a hypertable of TimescaleDB {version} that a column was dropped from",
            detail="In chunks younger than that its triggers see wrong values, or the server "
            "crashes; 2.26.4 and later are right.",
            hint="Upgrade it: alter extension timescaledb update. " + _LOOKBACK,
        )


def _require_columns(facts: Inspection, settings: Settings) -> None:
    source = settings.source
    if source.is_long:
        measured = {source.value_column: "source.value_column"}
        named = {source.metric_column: "source.metric_column"}
        if source.unit_column:
            named[source.unit_column] = "source.unit_column"
    else:
        measured = {
            column: f"measures.{measure}"
            for measure, columns in settings.measures.items()
            for column in columns
        }
        named = {}
    faults = [
        f'there is no column "{column}", which {setting} names{_closest(column, facts.columns)}'
        for column, setting in {
            source.time_column: "source.time_column",
            source.ahu_column: "source.ahu_column",
            **named,
            **measured,
        }.items()
        if column not in facts.columns
    ]
    faults += [
        f'"{column}" must be a text, it is {facts.columns[column]}'
        for column in named
        if column in facts.columns and facts.columns[column] not in TEXT_TYPES
    ]
    time_type = facts.columns.get(source.time_column, TIME_TYPE)
    if time_type != TIME_TYPE:
        faults.append(f'"{source.time_column}" must be {TIME_TYPE}, it is {time_type}')
    ahu_type = facts.columns.get(source.ahu_column, "text")
    if ahu_type not in AHU_TYPES:
        faults.append(
            f'"{source.ahu_column}" must be a text, a whole number or a uuid, it is {ahu_type}'
        )
    faults += [
        f'"{column}" must be an exact number to be a measure, it is {facts.columns[column]}'
        for column in measured
        if column in facts.columns and column not in facts.numeric_columns
    ]
    keys = (source.time_column, source.ahu_column)
    # PostgreSQL shows triggers no virtual column; nor has it the others ready when a row moves.
    hidden = facts.generated_columns if facts.table_kind == "p" else facts.virtual_columns
    faults += [f'"{column}" must not be a generated column' for column in keys if column in hidden]
    if source.ahu_column in facts.blind_columns:
        faults.append(f'"{source.ahu_column}" must have a deterministic collation')
    of_columns = bool(faults)
    if source.time_zone not in facts.time_zones:
        faults.append(
            f'there is no time zone "{source.time_zone}"'
            + _closest(source.time_zone, facts.time_zones)
        )
    faults += [
        f'there is no table "{table}"{_closest(table, facts.tables)}'
        for table in facts.missing_tables
    ]
    if faults:
        raise AhuSqlError(
            f"the settings do not fit table {source.table}",
            detail="; ".join(faults) + ".",
            hint="Correct source, measures and roles in ahu-sql.toml"
            + (f"; the table's columns are: {', '.join(facts.columns)}" if of_columns else ""),
        )


def require_same_site(facts: Inspection, settings: Settings) -> None:
    """Raises AhuSqlError where the database is installed for another source: keys are days of one
    zone and one table's AHUs, and another zone is another rollup."""
    installed, source = facts.installed, settings.source
    if installed is None:
        return
    differences = [
        f"{name} was {before} and is now {now}{_absence(now, there)}"
        for name, before, now, there in (
            ("source.time_zone", installed.time_zone, source.time_zone, facts.time_zones),
            ("source.time_column", installed.time_column, source.time_column, facts.columns),
            ("source.ahu_column", installed.ahu_column, source.ahu_column, facts.columns),
        )
        if before != now
    ]
    # A renamed table keeps its triggers, and with them its name is all that changed.
    if (installed.table_schema, installed.table_name) != (source.schema, source.name) and (
        not facts.is_tracked
    ):
        absence = "" if facts.table_kind else _absence(source.table, facts.tables)
        differences.insert(
            0,
            f"source.table was {quoted_if_needed(installed.table_schema)}."
            f"{quoted_if_needed(installed.table_name)} and is now {source.table}{absence}",
        )
    if differences:
        raise AhuSqlError(
            "ahu-sql is installed here for another source",
            detail="; ".join(differences) + ".",
            hint="Correct it, or name this site's settings file with --config; or, for another "
            "site, run ahu-sql uninstall, then ahu-sql install, which makes the rollups anew from "
            "the raw readings there are.",
        )


def _require_rights(facts: Inspection) -> None:
    if facts.superuser_roles:
        raise AhuSqlError(
            f"role {', '.join(facts.superuser_roles)} is a superuser or bypasses row security",
            detail="Our roles must have only the rights given to them.",
            hint=f"alter role {facts.superuser_roles[0]} nosuperuser nobypassrls",
        )
    if facts.missing_rights:
        raise AhuSqlError(
            f'role "{facts.role}" has too few rights to install ahu-sql',
            detail="It lacks: " + ", ".join(facts.missing_rights) + ".",
            hint="Connect as a superuser, or as the owner of the raw table with createrole and "
            "create on the database.",
        )


def _closest(name: str, candidates: Iterable[str]) -> str:
    matches = difflib.get_close_matches(name, sorted(candidates), n=3, cutoff=0.5)
    quoted = ", ".join(f'"{match}"' for match in matches)
    return f" (closest: {quoted})" if matches else ""


def _absence(name: str, candidates: Iterable[str]) -> str:
    return "" if name in candidates else f", which is not there{_closest(name, candidates)}"


def _existing(names: tuple[str, ...], wanted: str, database: str) -> str:
    if not names:
        return f'The database "{database}" has no tables of its own.'
    closest = difflib.get_close_matches(wanted, names, n=5, cutoff=0.3) or list(names[:5])
    others = " and others" if len(names) > len(closest) else ""
    return f'The database "{database}" has these tables: {", ".join(closest)}{others}.'
