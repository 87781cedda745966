"""The manual: what those need who use the SQL, and then a list for those who read it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import groupby

from api.appendix import errors, grants, private_objects, roles, site_objects
from api.catalog import PUBLIC_SCHEMA, Catalog, Parameter, Relation, Routine
from api.chapters import CHAPTERS, WORDS, Entry
from api.markdown import anchor, code, paragraph, prose, table
from servers.places import CHECKOUT

MANUAL = CHECKOUT / "sql" / "API.md"
"""With the SQL, and so in the wheel too."""

TITLE = "The SQL of ahu-sql: its manual"
OPENING = (
    "Printed by `make api` from the comments of an installed database; `make test` sees that it is "
    "what they say now. Schema `ahu` is what we promise. Names, types and defaults are those of an "
    "install without any settings; in `psql`, `\\d+ ahu.*` and `\\df+ ahu.*` show those of yours."
)
APPENDIX = {
    "The roles": roles,
    "Who may do what": grants,
    "What is done to the site's objects": site_objects,
    "Errors that a caller may tell apart": errors,
    "Private objects": private_objects,
}


def manual(catalog: Catalog) -> str:
    """All of it."""
    parts = [f"# {TITLE}", paragraph(OPENING), "\n".join(_contents(catalog))]
    parts += ["## Words", table(("word", "meaning"), WORDS)]
    for chapter in CHAPTERS:
        parts += [f"## {chapter.title}", paragraph(chapter.text)]
        for entry in chapter.entries:
            parts += _entry(catalog, entry)
    for title, print_it in APPENDIX.items():
        parts += [f"## {title}", *print_it(catalog)]
    return "\n\n".join(parts) + "\n"


def _contents(catalog: Catalog) -> Iterator[str]:
    yield f"- {_link('Words')}"
    for chapter in CHAPTERS:
        entries = [
            _link(_title(catalog, entry), code(f"{PUBLIC_SCHEMA}.{entry.name}"))
            for entry in chapter.entries
        ]
        yield f"- {_link(chapter.title)}: {', '.join(entries)}"
    for title in APPENDIX:
        yield f"- {_link(title)}"


def _link(title: str, text: str = "") -> str:
    return f"[{text or title}](#{anchor(title)})"


def _title(catalog: Catalog, entry: Entry) -> str:
    """As it is called: with the parameters that callers pass."""
    one = catalog.objects[f"{PUBLIC_SCHEMA}.{entry.name}"]
    return one.name if isinstance(one, Relation) else one.call


def _entry(catalog: Catalog, entry: Entry) -> Iterator[str]:
    one = catalog.objects[f"{PUBLIC_SCHEMA}.{entry.name}"]
    yield f"### {_title(catalog, entry)}"
    yield from _relation(catalog, one) if isinstance(one, Relation) else _routine(catalog, one)
    for by, examples in groupby(entry.examples, lambda example: example.by):
        statements = [example.sql for example in examples]
        between = "\n\n" if any("\n" in statement for statement in statements) else "\n"
        yield f"```sql\n-- as {by}\n{between.join(statements)}\n```"


def _relation(catalog: Catalog, one: Relation) -> Iterator[str]:
    users = _users(catalog, one.name)
    yield paragraph(f"{prose(one.comment)} {one.kind.capitalize()}, for {users}.")
    if one.kind != "table":
        rows = [(code(c.name), c.type, prose(c.comment)) for c in one.columns]
        yield table(("column", "type", "meaning"), rows)
        return
    checks = defaultdict[tuple[str, ...], list[str]](list)
    for check in one.checks:
        checks[check.columns].append(code(check.condition))
    yield table(
        ("column", "type", "default", "check", "meaning"),
        (
            (
                code(column.name),
                column.type,
                code(column.default or "null"),
                " and ".join(checks.pop((column.name,), ())),
                prose(column.comment),
            )
            for column in one.columns
        ),
    )
    for columns, conditions in checks.items():
        yield paragraph(f"Checks of {_listed(columns)}: {' and '.join(conditions)}.")


def _routine(catalog: Catalog, one: Routine) -> Iterator[str]:
    yield paragraph(prose(one.comment.text))
    kind = one.kind if one.kind == "procedure" else f"{one.volatility} {one.kind}"
    rights = "its owner" if one.runs_as_owner else "its caller"
    users = _users(catalog, one.name)
    yield paragraph(f"{kind.capitalize()}, with the rights of {rights}, for {users}.")
    if given := [_given(one, parameter) for parameter in one.parameters if parameter.is_given]:
        yield table(("parameter", "type", "default", "meaning"), given)
    if answered := [_answered(one, result) for result in one.parameters if result.is_answered]:
        yield table(("answer", "type", "meaning"), answered)
    elif one.kind == "function":
        yield paragraph(f"Answers with {code(one.returns.lower())}.")
    if one.comment.errors:
        yield "\n".join(
            f"- Error {', '.join(map(code, states))}: {prose(when)}."
            for states, when in one.comment.errors
        )


def _given(routine: Routine, one: Parameter) -> tuple[str, ...]:
    default = "mandatory" if one.default is None else code(one.default)
    meaning = routine.comment.meanings.get(one.name, "see above")
    return code(one.name), one.type, default, prose(meaning)


def _answered(routine: Routine, one: Parameter) -> tuple[str, ...]:
    return code(one.name), one.type, prose(routine.comment.meanings.get(one.name, "see above"))


def _users(catalog: Catalog, name: str) -> str:
    return _listed(catalog.users(name)) or "a DBA"


def _listed(names: tuple[str, ...]) -> str:
    return " and ".join(", ".join(map(code, names)).rsplit(", ", 1))
