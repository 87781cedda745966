"""Turns the source tree into the SQL of one site."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import jinja2
from psycopg import sql

from ahu_sql.settings import Settings, Source, split_table_name
from ahu_sql.source_tree import TEMPLATE_SUFFIX, SqlFile

FIRST_INSTANT = "0001-01-02 00:00:00+00"
LAST_INSTANT = "9999-12-30 00:00:00+00"
"""Readings outside this span, infinity among them, have no day that clients could represent."""

_PLAIN_NAME = re.compile(r"[a-z_][a-z0-9_]*")


@dataclass(frozen=True)
class RenderedFile:
    """One file of SQL as it would be sent to the server.

    path: below `sql/`, without the template suffix, such as `60_refresh/fold_days.sql`.
    sql: its text.
    """

    path: str
    sql: str

    @property
    def room(self) -> str:
        """The numbered folder the file stands in, such as `60_refresh`."""
        return self.path.split("/", 1)[0]

    @property
    def checksum(self) -> str:
        """SHA-256 of the text, in hexadecimal: what the ledger remembers of an applied file."""
        return hashlib.sha256(self.sql.encode()).hexdigest()


@dataclass(frozen=True)
class SiteGrant:
    """A privilege on an object of the site. object_name: quoted and qualified."""

    object_type: str
    object_name: str
    privilege: str
    grantee: str


@dataclass(frozen=True)
class QuotedSource:
    """The raw table as templates write it. time, ahu and table are quoted identifiers."""

    schema: str
    name: str
    time_column: str
    ahu_column: str
    time_zone: str
    table: str
    time: str
    ahu: str
    layout: str
    metric_column: str | None
    value_column: str | None
    unit_column: str | None


def render(files: Sequence[SqlFile], settings: Settings) -> tuple[RenderedFile, ...]:
    """The SQL of one site, file by file in the order of the tree."""
    environment = _environment()
    context = {
        "source": _quoted(settings.source),
        "measures": settings.measures,
        "definition": _definition(settings),
        "last_instant": LAST_INSTANT,
        "refresh": settings.refresh,
        "drilldown": settings.drilldown,
        "roles": settings.roles,
        "pooler": settings.pgbouncer,
        "site_grants": list(_site_grants(settings)),
    }
    return tuple(
        RenderedFile(
            path=file.path.removesuffix(TEMPLATE_SUFFIX),
            sql=environment.from_string(file.text).render(context)
            if file.is_template
            else file.text,
        )
        for file in files
        if file.strategy in (None, settings.refresh.strategy)
    )


def _environment() -> jinja2.Environment:
    # SQL, not HTML: values are quoted by the filters, each where it stands.
    environment = jinja2.Environment(
        undefined=jinja2.StrictUndefined, keep_trailing_newline=True, autoescape=False
    )
    environment.filters.update(
        literal=_literal,
        literal_or_null=_literal_or_null,
        in_calendar=_in_calendar,
        sum_of=_sum_of,
        known_of=_known_of,
    )
    return environment


def quoted(name: str) -> str:
    """A name as SQL always understands it."""
    return sql.Identifier(name).as_string(None)


def quoted_if_needed(name: str) -> str:
    """A name as people type it: the same to SQL."""
    return name if _PLAIN_NAME.fullmatch(name) else quoted(name)


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _literal_or_null(text: str | None) -> str:
    return "null" if text is None else _literal(text)


def _in_calendar(source: QuotedSource, alias: str) -> str:
    """The condition that a reading's time has a day."""
    column = f"{alias}.{source.time}"
    return f"{column} >= '{FIRST_INSTANT}' and {column} < '{LAST_INSTANT}'"


def _sum_of(inputs: Sequence[str], alias: str, source: QuotedSource, measure: str) -> str:
    """The exact sum of some columns, or metrics: null when none of them was ever non-null."""
    if not inputs:
        return "null::numeric"
    if source.layout == "long":
        return _sum_of_metrics(inputs, alias, source, in_kwh=measure.endswith("_kwh"))
    return _sum_of_known([f"sum({alias}.{quoted(column)}::numeric)" for column in inputs])


def _known_of(inputs: Sequence[str], alias: str) -> str:
    """What one reading of the layout wide adds to the sum of some columns; null: nothing."""
    return _sum_of_known([f"{alias}.{quoted(column)}::numeric" for column in inputs])


def _sum_of_known(terms: Sequence[str]) -> str:
    if len(terms) < 2:
        return terms[0] if terms else "null::numeric"
    known = "\n        + ".join(f"coalesce({term}, 0)" for term in terms)
    indented = ",\n        ".join(terms)
    return f"case\n    when num_nonnulls(\n        {indented}\n    ) > 0\n    then {known}\nend"


def _sum_of_metrics(
    metrics: Sequence[str], alias: str, source: QuotedSource, *, in_kwh: bool
) -> str:
    known = ""
    value = f"{alias}.{quoted(source.value_column or '')}::numeric"
    if in_kwh and source.unit_column:
        unit = f"{alias}.{quoted(source.unit_column)}"
        value += (
            f"\n        * case {unit}\n            when 'kWh' then 1"
            f"\n            else _ahu.kwh_per_unit({unit}::text)\n        end"
        )
        # A value that is unknown needs no unit.
        known = f"\n    and {alias}.{quoted(source.value_column or '')} is not null"
    names = ",\n        ".join(_literal(metric) for metric in metrics)
    metric_name = f"{alias}.{quoted(source.metric_column or '')}"
    return (
        f"sum(\n    {value}\n) filter (\n    where {metric_name} in (\n        {names}\n    )"
        f"{known}\n)"
    )


def _definition(settings: Settings) -> int:
    """A number (signed, 64 bits) of its own for each way of summing up readings."""
    source = settings.source
    columns = source.time_zone, source.time_column, source.ahu_column
    words = repr((columns, sorted(settings.measures.items())))
    return int.from_bytes(hashlib.sha256(words.encode()).digest()[:8], signed=True)


def _quoted(source: Source) -> QuotedSource:
    return QuotedSource(
        schema=source.schema,
        name=source.name,
        time_column=source.time_column,
        ahu_column=source.ahu_column,
        time_zone=source.time_zone,
        table=_qualified(source.table),
        time=quoted(source.time_column),
        ahu=quoted(source.ahu_column),
        layout=source.layout,
        metric_column=source.metric_column if source.is_long else None,
        value_column=source.value_column if source.is_long else None,
        unit_column=(source.unit_column or None) if source.is_long else None,
    )


def _qualified(table: str) -> str:
    return ".".join(quoted(part) for part in split_table_name(table))


def _site_grants(settings: Settings) -> Iterator[SiteGrant]:
    """What the roles need on the site's tables, each privilege once, schemas first."""
    raw = settings.source.table
    readers = [*settings.roles.read_also]
    if settings.drilldown.raw_access == "open":
        readers.append(raw)
    wanted: list[tuple[str, str, Iterable[str]]] = [
        ("ahu_owner", raw, ["select"]),
        *(
            ("ahu_write", table, ["select", "insert", "update", "delete"])
            for table in (raw, *settings.roles.write_also)
        ),
        *(("ahu_read", table, ["select"]) for table in readers),
    ]
    grants = [
        SiteGrant("schema", quoted(split_table_name(table)[0]), "usage", grantee)
        for grantee, table, _ in wanted
    ] + [
        SiteGrant("table", _qualified(table), privilege, grantee)
        for grantee, table, privileges in wanted
        for privilege in privileges
    ]
    yield from dict.fromkeys(grants)
