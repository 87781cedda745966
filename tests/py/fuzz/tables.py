"""The raw tables that programs run on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from fuzz.zones import changes
from plant import COLUMNS, NUMERIC_COLUMNS, RAW_TABLE, into_hypertable

PARTITION_SPAN = timedelta(hours=30)
"""Partitions end at a change of the clock and so long before and after it: within days."""
CHUNKS = timedelta(hours=36)
NAMES = ", ".join(COLUMNS)


@dataclass(frozen=True)
class Kind:
    """One sort of raw table.

    key: none, a unique index whose columns may be null, or a primary key.
    parts: by time, or by AHU and then by time.
    """

    name: str
    key: str | None = None
    parts: str | None = None
    is_hypertable: bool = False

    @property
    def is_nullable(self) -> bool:
        """Whether a reading may lack its time."""
        return self.key != "primary" and not self.is_hypertable

    def statements(self, zone: str) -> tuple[str, ...]:
        """What makes the empty table."""
        columns = [f"{name} {_type(name)}" for name in COLUMNS]
        if self.key == "primary":
            columns.append("primary key (timestamp, ahu_id)")
        made = ["create schema if not exists ahu_data"]
        table = f"create table {RAW_TABLE} (\n    " + ",\n    ".join(columns) + "\n)"
        if self.parts == "time":
            made += [f"{table} partition by range (timestamp)"]
            made += [f"create table {RAW_TABLE}_rest partition of {RAW_TABLE} default"]
        elif self.parts == "ahu":
            by_time = "partition by range (timestamp)"
            made += [
                f"{table} partition by list (ahu_id)",
                f"create table {RAW_TABLE}_first partition of {RAW_TABLE} "
                f"for values in ('AHU01') {by_time}",
                f"create table {RAW_TABLE}_others partition of {RAW_TABLE} default {by_time}",
                f"create table {RAW_TABLE}_rest partition of {RAW_TABLE}_first default",
                f"create table {RAW_TABLE}_others_rest partition of {RAW_TABLE}_others default",
            ]
        else:
            made += [table]
        if self.is_hypertable:
            hours = CHUNKS // timedelta(hours=1)
            made += [into_hypertable().replace("7 days", f"{hours} hours")]
        made += [part.statement for part in self.partitions(zone)]
        if self.key == "unique":
            made += [f"create unique index on {RAW_TABLE} (timestamp, ahu_id)"]
        elif self.key is None:
            made += [f"create index on {RAW_TABLE} (ahu_id, timestamp)"]
        return tuple(made)

    def partitions(self, zone: str) -> Iterator[Partition]:
        """Those that retention may take: two around each change of the zone's clock."""
        if self.parts is None:
            return
        parent = RAW_TABLE if self.parts == "time" else f"{RAW_TABLE}_first"
        for number, change in enumerate(changes(zone)):
            yield Partition(f"{RAW_TABLE}_{number}a", parent, change - PARTITION_SPAN, change)
            yield Partition(f"{RAW_TABLE}_{number}b", parent, change, change + PARTITION_SPAN)


@dataclass(frozen=True)
class Partition:
    """One partition by time."""

    name: str
    parent: str
    first: datetime
    end: datetime

    @property
    def bounds(self) -> str:
        """Its span."""
        return f"for values from ('{self.first}') to ('{self.end}')"

    @property
    def statement(self) -> str:
        """What makes it."""
        return f"create table {self.name} partition of {self.parent} {self.bounds}"


def _type(name: str) -> str:
    if name in NUMERIC_COLUMNS:
        return "numeric"
    return "timestamptz" if name == "timestamp" else "text"


KINDS = {
    kind.name: kind
    for kind in (
        Kind("plain"),
        Kind("keyed", key="primary"),
        Kind("partitioned", key="unique", parts="time"),
        Kind("two-level", parts="ahu"),
        Kind("hypertable", is_hypertable=True),
        Kind("keyed-hypertable", key="unique", is_hypertable=True),
    )
}
