"""Which indexes the raw table needs, which it has, and how to get there beside writers. Pure.

A table is indexed with CREATE INDEX CONCURRENTLY. A partitioned one cannot be, nor can a hypertable
(whose own transaction_per_chunk locks writers out of each chunk while it is at it): so the parent
gets the index for itself alone, which is a moment, each partition or chunk concurrently, and what
partitions have is then attached. TimescaleDB knows no ATTACH and needs none: new chunks follow the
hypertable, and the planner looks at each chunk's own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ahu_sql.doctor.facts import Index, RawTable, Relation
from ahu_sql.renderer import quoted_if_needed
from ahu_sql.settings import Source

_INDEXABLE_TEXTS = ("text", "character varying")
"""Types of AHUs whose index a comparison as text can use."""

_LONGEST_NAME = 63
"""Of PostgreSQL's names, in bytes."""


@dataclass(frozen=True)
class Need:
    """An index that the design asks for. columns: of one that is built for it."""

    code: str
    columns: tuple[str, ...]

    def is_met_by(self, index: Index) -> bool:
        """Whether an index serves. By its first columns; for AHU and time in either order."""
        if not index.is_valid or index.is_partial:
            return False
        if len(self.columns) == 1:
            return index.method in ("btree", "brin") and index.columns[:1] == self.columns
        return index.method == "btree" and set(index.columns[:2]) == set(self.columns)

    def is_shape_of(self, index: Index) -> bool:
        """Whether an index is what would be built for it, or is left of that."""
        return index.is_plain and not index.is_unique and index.columns == self.columns


def needs(source: Source, ahu_type: str) -> tuple[Need, ...]:
    """What this site needs; AHUs that are no texts are compared as texts, by no index."""
    time, ahu = source.time_column, source.ahu_column
    keys = (Need("AHU602", (ahu, time)),) if ahu_type in _INDEXABLE_TEXTS else ()
    return (Need("AHU601", (time,)), *keys)


@dataclass(frozen=True)
class Step:
    """A statement of the fix. is_brief: it may lock writers out, for a moment, and gives way; else
    it waits for others and nobody for it."""

    statement: str
    is_brief: bool = False


class _Tree:
    """The raw table's relations and indexes, by each other."""

    def __init__(self, raw: RawTable) -> None:
        self.raw = raw
        self.relations = {relation.oid: relation for relation in raw.relations}
        # What lies on another server has its indexes there, and its parent can have none.
        self.has_foreign = any(relation.kind == "f" for relation in raw.relations)

    def children(self, relation: Relation) -> list[Relation]:
        return [
            other
            for other in self.raw.relations
            if other.parent == relation.oid and other.kind != "f"
        ]

    def indexes(self, relation: Relation) -> list[Index]:
        return [index for index in self.raw.indexes if index.table == relation.oid]

    def is_parent(self, relation: Relation) -> bool:
        """Whether it has no readings of its own, and what it has for an index goes for others."""
        return relation.kind == "p" or (self.raw.is_hypertable and relation.parent is None)

    @property
    def leaves(self) -> list[Relation]:
        return [r for r in self.raw.relations if not self.is_parent(r) and r.kind != "f"]

    @property
    def parents(self) -> list[Relation]:
        if self.has_foreign and not self.raw.is_hypertable:
            return []
        return [r for r in self.raw.relations if self.is_parent(r)]


@dataclass(frozen=True)
class Gap:
    """Where a need is not met. leaves: those without an index, of all; parents: likewise."""

    leaves: tuple[Relation, ...]
    all_leaves: int
    parents: tuple[Relation, ...]

    @property
    def is_there(self) -> bool:
        """Whether anything is missing."""
        return bool(self.leaves or self.parents)


def gap(raw: RawTable, need: Need) -> Gap:
    """What lacks an index that serves."""
    tree = _Tree(raw)

    def lacks(relation: Relation) -> bool:
        return not any(need.is_met_by(index) for index in tree.indexes(relation))

    return Gap(
        leaves=tuple(leaf for leaf in tree.leaves if lacks(leaf)),
        all_leaves=len(tree.leaves),
        parents=tuple(parent for parent in tree.parents if lacks(parent)),
    )


def leftovers(raw: RawTable, need: Need) -> list[Index]:
    """What an interrupted build has left, and nobody is at. A partitioned index is to be completed
    rather than dropped."""
    kinds = {relation.oid: relation.kind for relation in raw.relations}
    return [
        index
        for index in raw.indexes
        if need.is_shape_of(index)
        and not (index.is_valid or index.is_building)
        and index.parent is None
        and kinds[index.table] != "p"
    ]


def is_building(raw: RawTable, need: Need) -> bool:
    """Whether somebody builds such an index right now."""
    return any(index.is_building and need.is_shape_of(index) for index in raw.indexes)


def plan(raw: RawTable, need: Need) -> tuple[Step, ...]:
    """What is to be done until a need is met everywhere, in this order; nothing where it is."""
    if is_building(raw, need):
        return ()
    return tuple(_Planner(raw, need).steps())


class _Planner:
    def __init__(self, raw: RawTable, need: Need) -> None:
        self.tree = _Tree(raw)
        self.raw = raw
        self.need = need
        self.taken = set(raw.names)
        self.gap = gap(raw, need)

    def steps(self) -> Iterator[Step]:
        root = self.raw.root
        for index in leftovers(self.raw, self.need):
            if index.table == root.oid and self.raw.is_hypertable:
                # Which takes those of its chunks along, and cannot be done concurrently.
                yield Step(f"drop index {index.name};", is_brief=True)
            else:
                yield Step(f"drop index concurrently {index.name};")
        if self.raw.is_hypertable:
            if self.gap.parents:
                yield self._create_on_parent(root)[1]
            for leaf in self.gap.leaves:
                yield self._create(leaf)[1]
        elif self.gap.parents:
            yield from self._complete(root)[1]
        else:
            for leaf in self.gap.leaves:
                yield self._create(leaf)[1]

    def _complete(self, relation: Relation) -> tuple[str, list[Step]]:
        """An index of this relation that can be attached, with the steps to it."""
        mine = [i for i in self.tree.indexes(relation) if self.need.is_shape_of(i)]
        if relation.kind != "p":
            ready = [i for i in mine if i.is_valid and i.parent is None]
            if ready:
                return ready[0].name, []
            name, step = self._create(relation)
            return name, [step]
        ready = [i for i in mine if i.parent is None]
        steps: list[Step] = []
        if ready:
            index, name = ready[0], ready[0].name
        else:
            index = None
            name, step = self._create_on_parent(relation)
            steps.append(step)
        attached = {i.table for i in self.raw.indexes if index and i.parent == index.oid}
        for child in self.tree.children(relation):
            if child.oid in attached:
                continue
            below, more = self._complete(child)
            attach = Step(f"alter index {name} attach partition {below};", is_brief=True)
            steps += [*more, attach]
        return name, steps

    def _create(self, relation: Relation) -> tuple[str, Step]:
        name = self._new_name(relation)
        return (
            f"{relation.quoted_schema}.{name}",
            Step(f"create index concurrently {name} on {relation.name} ({self._columns});"),
        )

    def _create_on_parent(self, relation: Relation) -> tuple[str, Step]:
        name = self._new_name(relation)
        statement = f"create index {name} on only {relation.name} ({self._columns});"
        return f"{relation.quoted_schema}.{name}", Step(statement, is_brief=True)

    @property
    def _columns(self) -> str:
        return ", ".join(self.raw.quoted[column] for column in self.need.columns)

    def _new_name(self, relation: Relation) -> str:
        """A name that is free, as SQL writes it."""
        number = 0
        while True:
            name = _index_name(relation.bare_name, self.need.columns, number)
            if (relation.schema, name) not in self.taken:
                self.taken.add((relation.schema, name))
                return quoted_if_needed(name)
            number += 1


def _index_name(table: str, columns: tuple[str, ...], number: int) -> str:
    """As PostgreSQL would call it."""
    end = f"_idx{number or ''}"
    parts = [table, *columns]
    while len(("_".join(parts) + end).encode()) > _LONGEST_NAME:
        longest = max(range(len(parts)), key=lambda at: len(parts[at].encode()))
        parts[longest] = parts[longest][:-1]
    return "_".join(parts) + end
