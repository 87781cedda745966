"""What the manual cannot say, because nobody has written it down."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from api.catalog import PUBLIC_SCHEMA, Catalog, Relation, Routine
from api.chapters import CHAPTERS, Chapter

WHERE = "tests/py/api/chapters.py"


def lapses(catalog: Catalog, chapters: Iterable[Chapter] = CHAPTERS) -> list[str]:
    """One line for each; none: the manual can be printed."""
    return [*_chapters(catalog, chapters), *_comments(catalog)]


def _chapters(catalog: Catalog, chapters: Iterable[Chapter]) -> Iterator[str]:
    entries = [entry for chapter in chapters for entry in chapter.entries]
    times = Counter(f"{PUBLIC_SCHEMA}.{entry.name}" for entry in entries)
    names = catalog.public_names()
    yield from (f"{name} is in no chapter of {WHERE}" for name in names if not times[name])
    yield from (f"{name} is twice in {WHERE}" for name in names if times[name] > 1)
    yield from (f"{name} of {WHERE} is not there" for name in times if name not in names)
    for entry in entries:
        name = f"{PUBLIC_SCHEMA}.{entry.name}"
        if not any(name in example.sql for example in entry.examples):
            yield f"{name} has no example that names it in {WHERE}"


def _comments(catalog: Catalog) -> Iterator[str]:
    yield from (f"role {role.name} has no comment" for role in catalog.roles if not role.comment)
    for one in catalog.objects.values():
        if isinstance(one, Relation):
            yield from _of_relation(one)
        else:
            yield from _of_routine(catalog, one)


def _of_relation(one: Relation) -> Iterator[str]:
    if not one.comment:
        yield f"{one.name} has no comment"
    for column in one.columns:
        if not column.comment:
            yield f"{one.name}.{column.name} has no comment"


def _of_routine(catalog: Catalog, one: Routine) -> Iterator[str]:
    if not one.remark:
        yield f"{one.name} has no comment"
        return
    if one.name.startswith(f"{PUBLIC_SCHEMA}."):
        for parameter in one.parameters:
            if not re.search(rf"\b{parameter.name}\b", one.remark):
                yield f"the comment of {one.name} does not name {parameter.name}"
        untold = catalog.may_raise(one.name) - one.comment.states
    else:
        untold = frozenset(state for state in one.codes if state not in one.remark)
    for state in sorted(untold):
        yield f"the comment of {one.name} does not tell of its error {state}"
