"""Notes what our objects look like right after an install, so that drift can be told later."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import PurePosixPath
from typing import LiteralString

from pglast import ast, parse_sql

from ahu_sql.database import Connection
from ahu_sql.renderer import RenderedFile


def note(
    connection: Connection, files: Sequence[RenderedFile], *, left: Iterable[str] = ()
) -> None:
    """Notes what the objects of the files look like now, in the transaction that made them so.

    left: paths whose notes stay as they are.
    """
    paths = [file.path for file in files]
    indexes = [name for file in files for name in _indexes(file)]
    connection.execute(
        _NOTE,
        {
            "paths": paths,
            "stems": [PurePosixPath(path).stem for path in paths],
            "indexes": [f"index {name}" for name in indexes],
            "left": list(left),
        },
    )


def _indexes(file: RenderedFile) -> Iterator[str]:
    # Parsing takes longer than all else that is done here: only what may hold one.
    if any(words in file.sql for words in _CREATES_INDEX):
        for raw in parse_sql(file.sql):
            if isinstance(raw.stmt, ast.IndexStmt) and raw.stmt.idxname:
                yield raw.stmt.idxname


_CREATES_INDEX = ("create index ", "create unique index ")


_NOTE: LiteralString = """
    with built as (
        select
            b.path,
            b.stem,
            b.path like '10%%' or b.path like '20%%' as is_unqualified
        from unnest(%(paths)s::text[], %(stems)s::text[]) as b (path, stem)
    ),
    found as materialized (
        select
            b.path,
            d.name,
            d.part,
            d.state,
            case
                when d.is_worded
                then pg_catalog.current_setting('server_version_num')::integer / 10000
            end as written_by
        from _ahu.describe_objects() as d
        join built as b
            -- Of one side each, so that it can be hashed: here are thousands of parts.
            on b.stem = case
                when pg_catalog.strpos(d.name, '.') = 0
                then d.name
                else pg_catalog.split_part(pg_catalog.split_part(d.name, '(', 1), '.', 2)
            end
            and b.is_unqualified = (pg_catalog.strpos(d.name, '.') = 0)
        where d.part not like 'index %%'
            or d.part = any (%(indexes)s)
    ),
    gone as (
        delete from _ahu.object_state as s
        where s.path <> all (%(left)s)
            and not exists (
                select from found as f where f.name = s.name and f.part = s.part
            )
    )
    insert into _ahu.object_state as s (path, name, part, state, written_by)
    select
        f.path,
        f.name,
        f.part,
        f.state,
        f.written_by
    from found as f
    on conflict (name, part) do update
    set
        path = excluded.path,
        state = excluded.state,
        written_by = excluded.written_by
    where (s.path, s.state, s.written_by)
        is distinct from (excluded.path, excluded.state, excluded.written_by)
"""
