"""The statements of programs on the raw table, from the words of one program."""

from __future__ import annotations

from dataclasses import dataclass

from fuzz.tables import Kind
from fuzz.words import NAMES, SHIFTS, TIMES, Row, Words, column, copied, numeric
from plant import COLUMNS, RAW_TABLE

_ALL = ", ".join(COLUMNS)
_OTHERS = ", ".join(COLUMNS[1:])

# PostgreSQL lets no upsert move a reading to another partition
NO_UPSERT = "0A000"
# it is none any more, it is one, or its readings have come to another one meanwhile
NO_PARTITION = frozenset({"42P01", "42809", "42P17"})
# two who have written both want the table for themselves: PostgreSQL refuses the second at once
BOTH_WANT_ALL = frozenset({"40P01"})

MERGES = 7 * 3 * 4
SHIFTED = len(SHIFTS)
SHORTLY = SHIFTS.index("1 microsecond")
MOVES = SHIFTED + 4


@dataclass(frozen=True)
class Statement:
    """SQL to send; copied: the lines that COPY reads; may: errors that it may end with."""

    sql: str
    copied: tuple[str, ...] | None = None
    may: frozenset[str] = frozenset()


def insert(words: Words, numbers: list[int], way: int) -> Statement:
    """A few readings; way: plain, or leaving out those that are there."""
    rows = _values(words.rows(numbers))
    tail = "\non conflict do nothing" if way % 2 else ""
    return Statement(f"insert into {RAW_TABLE} ({_filled(words, numbers)})\nvalues{rows}{tail}")


def insert_many(words: Words, start: int, count: int, step: int, number: int) -> Statement:
    """Readings one after the other, in steps of some minutes, of two AHUs in turn."""
    row, other = words.row(number), words.ahu(number + 1)
    return Statement(
        f"insert into {RAW_TABLE} ({_filled(words, [number])})\n"
        f"select {words.time(start % (TIMES - 2))} + n * interval '{step} minutes',\n"
        f"    case when n % 3 = 0 then {other} else {row.ahu} end, {row.value} + n % 7,\n"
        f"    {row.other}\n"
        f"from generate_series(0, {count - 1}) as n\non conflict do nothing"
    )


def insert_again(words: Words, condition: int, shift: int) -> Statement:
    """Copies of readings that are there, at other times."""
    return Statement(
        f"insert into {RAW_TABLE} ({_ALL})\n"
        f"select r.timestamp + interval '{SHIFTS[shift % SHIFTED]}', {_OTHERS}\n"
        f"from {RAW_TABLE} as r\nwhere {words.condition(condition)}\non conflict do nothing"
    )


def copy(words: Words, numbers: list[int]) -> Statement:
    """COPY of a few readings, as psql reads it."""
    rows = tuple(copied(words.rows(numbers)))
    return Statement(f"copy {RAW_TABLE} ({_filled(words, numbers)}) from stdin", rows)


def upsert(words: Words, numbers: list[int], way: int) -> Statement:
    """Readings that are added, or correct, move or leave those that are there; needs a key."""
    first, second = words.columns(numbers)
    moved = SHIFTS[way // 4 % SHIFTED]
    action = (
        f"update set {first} = excluded.{first}, {second} = r.{second} + 1",
        f"update set timestamp = r.timestamp + interval '{moved}', {first} = excluded.{second}",
        "nothing",
        f"update set ahu_id = {words.ahu(way // 4)} where r.{first} is not null",
    )[way % 4]
    return Statement(
        f"insert into {RAW_TABLE} as r ({_filled(words, numbers)})\n"
        f"values{_values(words.rows(numbers, distinct=True))}\n"
        f"on conflict (timestamp, ahu_id) do {action}",
        may=frozenset({NO_UPSERT}),
    )


def merge(words: Words, numbers: list[int], way: int, by_source: bool) -> Statement:
    """A MERGE of some readings; by_source: the server knows readings that the source lacks."""
    first, second = words.columns(numbers)
    matched, way = way % 7, way // 7
    inserted, way = way % 3, way // 3
    moved = f"timestamp = r.timestamp + interval '{SHIFTS[numbers[0] % SHIFTED]}'"
    name = words.ahu(numbers[-1])
    clauses = [
        (
            f"when matched then update set {first} = s.value",
            "when matched and s.n % 2 = 0 then delete\n"
            f"when matched then update set {second} = s.other",
            f"when matched and s.n % 2 = 0 then do nothing\nwhen matched then update set {moved}",
            f"when matched and s.n % 3 > 0 then update set ahu_id = {name}\n"
            "when matched then delete",
            "when matched then delete",
            f"when matched then update set {moved}, {first} = null",
            "when matched then do nothing",
        )[matched],
        (
            f"when not matched then insert ({_filled(words, numbers)})\n"
            "    values (s.at, s.ahu, s.value, s.other)",
            "when not matched and s.n % 2 = 0 then do nothing\n"
            f"when not matched then insert ({_filled(words, numbers)})\n"
            "    values (s.at, s.ahu, s.value, s.other)",
            "",
        )[inserted],
        (
            "",
            "",
            f"when not matched by source and r.ahu_id = {name} then delete",
            f"when not matched by source and r.ahu_id = {name} then update set {second} = 4",
        )[way % 4 if by_source else 0],
    ]
    rows = words.rows(numbers, distinct=True)
    source = ",\n    ".join(
        f"({n}, {row.time}, {row.ahu}, {row.value}, {row.other})" for n, row in enumerate(rows)
    )
    return Statement(
        f"merge into {RAW_TABLE} as r\nusing (values\n    {source}\n)"
        " as s (n, at, ahu, value, other)\n"
        "on r.timestamp = s.at and r.ahu_id = s.ahu\n" + "\n".join(filter(None, clauses))
    )


def revise(words: Words, condition: int, place: int, value: int) -> Statement:
    """Other values of readings that stay where they are."""
    name = column(place)
    changed = numeric(value) if value % 3 else f"coalesce(r.{name}, 0) + {numeric(value)}"
    return Statement(
        f"update {RAW_TABLE} as r\nset {name} = {changed}\nwhere {words.condition(condition)}"
    )


def move(words: Words, condition: int, way: int) -> Statement:
    """Readings that go to other times or AHUs."""
    shift = f"timestamp = r.timestamp + interval '{SHIFTS[way % SHIFTED]}'"
    name = f"ahu_id = {words.ahu(condition % NAMES + 1)}"
    changed = (
        shift
        if way < SHIFTED
        else (name, f"{name}, {shift}", f"timestamp = {words.time(condition % TIMES)}", shift)[
            way - SHIFTED
        ]
    )
    return Statement(f"update {RAW_TABLE} as r\nset {changed}\nwhere {words.condition(condition)}")


def delete(words: Words, condition: int, *, half: bool = False) -> Statement:
    """Readings that go; half: only those of even minutes."""
    where = words.condition(condition)
    if half:
        where = f"({where}) and date_part('minute', r.timestamp)::integer % 2 = 0"
    return Statement(f"delete from {RAW_TABLE} as r\nwhere {where}")


def replace(words: Words, condition: int, shift: int) -> Statement:
    """Readings that go and come at another time, in one statement."""
    return Statement(
        f"with gone as (\n    delete from {RAW_TABLE} as r\n"
        f"    where {words.condition(condition)}\n    returning r.*\n)\n"
        f"insert into {RAW_TABLE} ({_ALL})\n"
        f"select timestamp + interval '{SHIFTS[shift % SHIFTED]}', {_OTHERS}\nfrom gone\n"
        "on conflict do nothing"
    )


def truncate() -> Statement:
    """All readings at once."""
    return Statement(f"truncate {RAW_TABLE}", may=BOTH_WANT_ALL)


def rewrite() -> Statement:
    """All readings are written anew, and stay what they are."""
    column = "outdoor_humidity"
    return Statement(
        f"alter table {RAW_TABLE} alter column {column} type numeric using {column} + 0",
        may=BOTH_WANT_ALL,
    )


def drop(words: Words, kind: Kind, number: int, way: str) -> Statement:
    """Retention: chunks up to a time, or a partition, which is dropped, detached, or back again."""
    if kind.is_hypertable:
        until = words.time(number % (TIMES - 2))
        return Statement(f"select public.drop_chunks('{RAW_TABLE}', {until})")
    partitions = list(kind.partitions(words.zone))
    partition = partitions[number % len(partitions)]
    if way == "drop":
        return Statement(f"drop table if exists {partition.name}")
    change = f"alter table {partition.parent} {way} partition {partition.name}"
    if way == "attach":
        change += f" {partition.bounds}"
    return Statement(change, may=NO_PARTITION)


def _filled(words: Words, numbers: list[int]) -> str:
    return ", ".join(("timestamp", "ahu_id", *words.columns(numbers)))


def _values(rows: list[Row]) -> str:
    return ",".join(f"\n    ({row.time}, {row.ahu}, {row.value}, {row.other})" for row in rows)
