"""What is known of one database when the rules look at it: read by others, judged by others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from ahu_sql.inspection import Inspection
from ahu_sql.settings import Settings


@dataclass(frozen=True)
class Relation:
    """The raw table, or a partition or chunk of it. name: as SQL writes it, with its schema, which
    quoted_schema is too.

    kind: pg_class.relkind. parent: oid of what it is a partition of; None: the raw table itself.
    """

    oid: int
    name: str
    quoted_schema: str
    schema: str
    bare_name: str
    kind: str
    parent: int | None


@dataclass(frozen=True)
class Index:
    """An index of one of these. columns: its key, None stands for an expression.

    is_plain: a B-tree of columns with their default order, all rows and nothing beside the key.
    is_valid: it may be used. is_building: somebody is at it now. parent: oid of the partitioned
    index that it is attached to.
    """

    oid: int
    name: str
    table: int
    method: str
    columns: tuple[str | None, ...]
    is_unique: bool
    is_valid: bool
    is_partial: bool
    is_plain: bool
    is_building: bool = False
    parent: int | None = None


@dataclass(frozen=True)
class RawTable:
    """The raw table with all that is below it, itself first. may_change: whether we may index it.

    quoted: its columns as SQL writes them. names: of relations, by schema, that an index may not
    have. has_statistics: None: it may not be seen.
    """

    relations: tuple[Relation, ...]
    indexes: tuple[Index, ...]
    is_hypertable: bool
    owner: str
    may_change: bool
    quoted: Mapping[str, str]
    names: frozenset[tuple[str, str]] = frozenset()
    has_statistics: bool | None = None

    @property
    def root(self) -> Relation:
        """The raw table itself."""
        return self.relations[0]


@dataclass(frozen=True)
class Readings:
    """What the readings are like.

    is_empty: there are none. size: of all their tables, in bytes. oldest_day: the first, a date in
    the site's time zone. timeless, endless: how many have no time, or one outside the calendar,
    infinity among them; None: it may take too long to know. from_time, until_time: the newest days,
    in which nameless (without an AHU) and duplicates (times and AHUs that have more than one
    reading) were counted, with one of the latter as an example; None: as above.
    """

    is_empty: bool
    size: int = 0
    oldest_day: date | None = None
    timeless: int | None = 0
    endless: int | None = 0
    from_time: datetime | None = None
    until_time: datetime | None = None
    nameless: int = 0
    duplicates: int = 0
    example: str = ""


@dataclass(frozen=True)
class Holder:
    """What keeps dead rows from being vacuumed, and the statement that ends it."""

    what: str
    statement: str


@dataclass(frozen=True)
class Log:
    """The log of pending changes.

    dead_rows: None: a standby does not know. is_vacuumed: its own setting leaves autovacuum to it.
    lost_days: pending days of which readings came in and raw has none any more, oldest first.
    oldest_day: the oldest pending one, with its age. holders: of its dead rows.
    """

    dead_rows: int | None
    is_vacuumed: bool = True
    lost_days: tuple[date, ...] = ()
    oldest_day: date | None = None
    oldest_age: timedelta | None = None
    holders: tuple[Holder, ...] = ()


@dataclass(frozen=True)
class Retention:
    """A policy of TimescaleDB that drops readings when they are older than drop_after."""

    job_id: int
    drop_after: timedelta


@dataclass(frozen=True)
class Connections:
    """Of the whole server. limits: of our roles, as they are or would be. taken: by everybody else,
    by their limits or, without any, as they are now."""

    maximum: int
    reserved: int
    limits: Mapping[str, int]
    taken: int


@dataclass(frozen=True)
class Facts:
    """All of it; unseen: what could not be looked at, a sentence each.

    is_autovacuum_on: of the server. missing_triggers: names of ours that are missing, disabled or
    others'. drifted_roles, drifted_objects: a line each.
    """

    settings: Settings
    inspection: Inspection
    raw: RawTable
    connections: Connections
    readings: Readings | None = None
    log: Log | None = None
    retention: tuple[Retention, ...] = ()
    stale_after: timedelta = timedelta(hours=1)
    is_autovacuum_on: bool = True
    missing_triggers: tuple[str, ...] = ()
    drifted_roles: tuple[str, ...] = ()
    drifted_objects: tuple[str, ...] = ()
    unseen: tuple[str, ...] = field(default=())
