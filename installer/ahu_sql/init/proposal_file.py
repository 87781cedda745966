"""A proposal as the text of ahu-sql.toml, with what was found as comments: pure."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence

from ahu_sql.console import counted
from ahu_sql.init.proposal import Proposal
from ahu_sql.init.survey import TableFacts
from ahu_sql.settings import SECTIONS, Refresh
from ahu_sql.settings_checks import CHOICES

_WIDTH = 100
_MOST_LISTED = 60
"""How many names a comment lists: a table may have thousands of metrics."""


def format_proposal(proposal: Proposal) -> str:
    """The whole file, which settings_reader.read_settings accepts."""
    blocks = [
        list(_heading(proposal)),
        ["[source]", *_source(proposal)],
        ["[measures]", *_measures(proposal)],
        ["[refresh]", *_refresh(proposal)],
        ["[drilldown]", *_section(proposal, "drilldown")],
        [
            "[roles]",
            *_comment(
                "Other tables of the site that ahu_read and ahu_write need; and everybody's right "
                "to create large objects, closed or open."
            ),
            *_section(proposal, "roles"),
        ],
        [
            "[pgbouncer]",
            *_comment("The pooler, where there is to be one: ahu-sql pgbouncer render --out DIR"),
            *_pooler(proposal),
        ],
    ]
    return "\n\n".join("\n".join(block) for block in blocks) + "\n"


def describe_table(table: TableFacts) -> str:
    """What a table is and how much it holds, such as `partitioned by RANGE (ts), 12 partitions,
    about 815,000 rows`."""
    hypertable = table.hypertable
    if hypertable is not None:
        interval = f" of {hypertable.chunk_interval}" if hypertable.chunk_interval else ""
        kind = (
            f"a hypertable of TimescaleDB {hypertable.version} ({hypertable.licence} licence), "
            f"{counted(table.parts, 'chunk')}{interval}"
        )
    elif table.partition_key is not None:
        kind = f"partitioned by {table.partition_key}, {counted(table.parts, 'partition')}"
    else:
        kind = "an ordinary table"
    if table.rows is None:
        return f"{kind}, number of rows unknown (it was never analyzed)"
    return f"{kind}, about {counted(table.rows, 'row')}"


def time_index_statement(table: TableFacts, time_column: str) -> str | None:
    """What creates, beside writers, the index on the time that a table lacks; None: it has one."""
    if time_column in table.leading_columns:
        return None
    column = '"' + time_column.replace('"', '""') + '"'
    if table.hypertable is not None or table.kind == "p":
        # Neither knows CREATE INDEX CONCURRENTLY: chunk by chunk, partition by partition.
        return "ahu-sql doctor --fix"
    return f"create index concurrently on {table.quoted} ({column});"


def quote_toml(text: str) -> str:
    """A basic string of TOML."""
    escapes = {'"': '\\"', "\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}
    return '"' + "".join(escapes.get(c) or _escaped(c) for c in text) + '"'


def _escaped(character: str) -> str:
    return character if character.isprintable() else f"\\U{ord(character):08x}"


def _heading(proposal: Proposal) -> Iterator[str]:
    table = proposal.table
    yield from _comment(
        "Proposed by `ahu-sql init`. Check it, above all what says so; then: ahu-sql plan"
    )
    yield "#"
    yield from _comment(f"{table.quoted} is {describe_table(table)}.")
    if statement := time_index_statement(table, proposal.roles.time_column):
        yield "#"
        yield from _comment(
            "No index begins with its time: each refresh would read the whole table. To create it:"
        )
        # On one line, however long, so that it can be pasted.
        yield _comment_line(f"  {statement}")


def _source(proposal: Proposal) -> Iterator[str]:
    source, roles = proposal.settings.source, proposal.roles
    yield _pair("table", source.table)
    if roles.other_times:
        yield from _comment("Check: it also has " + _listed(roles.other_times) + ".")
    yield _pair("time_column", source.time_column)
    if not roles.is_ahu_named:
        yield from _comment(
            "Check: no column is called like that of an AHU; this one could be, by its type."
        )
    if roles.other_ahus:
        yield from _comment("Check: it could also be " + _listed(roles.other_ahus) + ".")
    yield _pair("ahu_column", source.ahu_column)
    if proposal.zone is not None:
        origin = f"Check: the time zone set for {proposal.zone.origin}."
    else:
        origin = "Check: the default, for the server names no zone other than UTC."
    yield from _comment(f"{origin} A day of the rollups is a calendar date there.")
    yield _pair("time_zone", source.time_zone)
    yield _pair("layout", source.layout)
    if source.is_long:
        yield _pair("metric_column", source.metric_column)
        if proposal.refused:
            yield from _refused(proposal)
        yield _pair("value_column", source.value_column)
        if not source.unit_column:
            yield from _comment("No column says the unit: energy must be in kWh.")
        yield _pair("unit_column", source.unit_column)


def _measures(proposal: Proposal) -> Iterator[str]:
    is_long = proposal.settings.source.is_long
    what = "metrics" if is_long else "columns"
    yield from _comment(
        f"Each adds up these {what}; none may hold the sum of others. [] where there is none."
    )
    if proposal.sample is not None:
        missing = "" if proposal.sample.is_whole else " A rare metric may be missing."
        yield from _comment(f"Looked for metrics in {proposal.sample.extent}.{missing}")
    for measure, names in proposal.settings.measures.items():
        if not names:
            yield from _comment(f"{measure}: no {what[:-1]} found.")
        by_name = [name for name in names if name in proposal.by_name]
        if by_name:
            yield from _comment("Check, by what the name says: " + _listed(by_name))
        for name in names:
            if name in proposal.units:
                yield from _comment(
                    f"Check: {quote_toml(name)} comes in {_listed(proposal.units[name])}, "
                    "which is converted to kWh."
                )
        yield _pair(measure, names)
    if proposal.doubtful:
        yield ""
        yield from _comment("Left out, since it is not clear where they belong:")
        for name, why in list(proposal.doubtful.items())[:_MOST_LISTED]:
            yield _comment_line(f"  {quote_toml(name)}: {why}")
        if len(proposal.doubtful) > _MOST_LISTED:
            yield from _comment(f"  and {len(proposal.doubtful) - _MOST_LISTED:,} others")
    if proposal.refused and not is_long:
        yield ""
        yield from _refused(proposal)
    if proposal.unmapped:
        yield ""
        yield from _comment("not mapped: " + _listed(proposal.unmapped))


def _refused(proposal: Proposal) -> Iterator[str]:
    """Columns that would be measures but for their types, with what makes them such."""
    for name, type_name in proposal.refused.items():
        column = '"' + name.replace('"', '""') + '"'
        yield from _comment(
            f"{quote_toml(name)} is {type_name}, which cannot be added up exactly. "
            "To change it (this rewrites the table):"
        )
        yield _comment_line(
            f"  alter table {proposal.table.quoted} alter column {column} type numeric;"
        )


def _refresh(proposal: Proposal) -> Iterator[str]:
    hypertable = proposal.table.hypertable
    for line in _section(proposal, "refresh"):
        if line.startswith("tracking") and proposal.settings.refresh != Refresh() and hypertable:
            yield from _comment(
                f"TimescaleDB {hypertable.version} does not show triggers what changed, as 2.18 "
                "does: each refresh folds the last days anew."
            )
        yield line


def _pooler(proposal: Proposal) -> Iterator[str]:
    for line in _section(proposal, "pgbouncer"):
        if line.startswith("server_host ") and proposal.address.doubt:
            yield from _comment(f"Check: {proposal.address.doubt}")
        yield line


def _section(proposal: Proposal, section: str) -> Iterator[str]:
    """All keys of a section, with what else each may be."""
    values = getattr(proposal.settings, section)
    for key in SECTIONS[section].__dataclass_fields__:
        value = getattr(values, key)
        others = [other for other in CHOICES.get((section, key), ()) if other != value]
        alternative = "  # or " + ", ".join(quote_toml(other) for other in others)
        yield _pair(key, value) + (alternative if others else "")


def _pair(key: str, value: str | int | Sequence[str]) -> str:
    if isinstance(value, bool):
        return f"{key} = {str(value).lower()}"
    if isinstance(value, int):
        return f"{key} = {value}"
    if isinstance(value, str):
        return f"{key} = {quote_toml(value)}"
    items = [quote_toml(item) for item in value]
    line = f"{key} = [{', '.join(items)}]"
    if len(line) <= _WIDTH:
        return line
    return "\n".join([f"{key} = [", *(f"    {item}," for item in items), "]"])


def _listed(names: Iterable[str]) -> str:
    every = [quote_toml(name) for name in names]
    more = len(every) - _MOST_LISTED
    return ", ".join(every[:_MOST_LISTED]) + (f" and {more:,} others" if more > 0 else "")


def _comment(text: str) -> list[str]:
    return textwrap.wrap(
        _comment_line(text),
        _WIDTH,
        subsequent_indent="# ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def _comment_line(text: str) -> str:
    """One line of a comment, in which TOML allows no control characters."""
    return "# " + "".join("?" if c < " " or c == "\x7f" else c for c in text)
