"""The chapters of the manual that are about all objects at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from api.catalog import (
    GRANTEES,
    PUBLIC_SCHEMA,
    Catalog,
    Relation,
    Role,
    Routine,
    condition_name,
)
from api.chapters import CHAPTERS
from api.markdown import code, paragraph, prose, table

MADE_BY_US = " (made by ahu-sql)"


def roles(catalog: Catalog) -> Iterator[str]:
    """What each is for, and its limits."""
    yield paragraph(
        "Roles and their limits of connections are the whole server's; the other limits hold in "
        "this database. Limits of connections follow the pools of `[pgbouncer]`. `ahu-sql plan` "
        "names a limit that somebody changed, and the next `install` puts it back."
    )
    yield table(
        ("role", "what for", "logs in"),
        (
            (
                code(role.name),
                prose(role.comment.replace(MADE_BY_US, "")),
                "yes" if role.can_login else "no",
            )
            for role in catalog.roles
        ),
    )
    carriers = [role for role in catalog.roles if role.can_login]
    limits = dict.fromkeys(name for role in carriers for name in role.limits)
    yield table(
        ("limit", *(code(role.name) for role in carriers)),
        (
            ("connections", *map(_connections, carriers)),
            *(
                (code(name), *(code(role.limits.get(name, "")) for role in carriers))
                for name in limits
            ),
        ),
    )


def _connections(role: Role) -> str:
    return "no limit" if role.connection_limit < 0 else str(role.connection_limit)


def grants(catalog: Catalog) -> Iterator[str]:
    """On what we promise, and behind it."""
    entries = [f"{PUBLIC_SCHEMA}.{one.name}" for chapter in CHAPTERS for one in chapter.entries]
    granted = [name for name in (PUBLIC_SCHEMA, *entries) if catalog.users(name)]
    privileges = _by_object(catalog.grants)
    yield table(
        ("", *map(code, GRANTEES)),
        (
            (
                f"schema {code(name)}" if name == PUBLIC_SCHEMA else code(name),
                *(privileges[name].get(role, "") for role in GRANTEES),
            )
            for name in granted
        ),
    )
    rest = ", ".join(code(name) for name in entries if name not in granted)
    yield paragraph(
        f"`pg_monitor` is PostgreSQL's own role: grant it to who watches. For a DBA alone: {rest}. "
        "Nothing is granted to PUBLIC, and what a DBA grants to others stays."
    )
    behind = [name for name in catalog.objects if catalog.users(name) and _is_private(name)]
    for role in GRANTEES:
        if names := [code(name) for name in behind if role in catalog.users(name)]:
            yield paragraph(f"What these views call, {code(role)} may too: {', '.join(names)}.")


def site_objects(catalog: Catalog) -> Iterator[str]:
    """What an install does to what is not ours."""
    yield paragraph(
        "Privileges that a role did not have anyway are granted. `ahu-sql uninstall` revokes them."
    )
    names = [role.name for role in catalog.roles]
    yield table(
        ("", *map(code, names)),
        (
            (name, *(by_role.get(role, "") for role in names))
            for name, by_role in _by_object(catalog.site_grants).items()
        ),
    )
    yield paragraph("The raw table gets triggers, as the settings say. `uninstall` drops them.")
    yield table(
        ("trigger", "calls", "which"),
        (
            (code(name), code(function), prose(_what_it_does(catalog, function)))
            for name, function in catalog.triggers
        ),
    )
    yield paragraph(
        "From PUBLIC is taken, since a role's read-only setting is but a default: execute on "
        f"{', '.join(map(code, catalog.revokes))}. `uninstall` gives it back."
    )


def _what_it_does(catalog: Catalog, trigger: str) -> str:
    one = catalog.objects[trigger]
    assert isinstance(one, Routine)
    return one.comment.text.removeprefix("Trigger of the raw table: ").rstrip(".")


def errors(catalog: Catalog) -> Iterator[str]:
    """By SQLSTATE; those with the same reason in one row."""
    yield paragraph(
        "Each has a message, a DETAIL and a HINT that one can type. After `40001` and `55P03` the "
        "same call may work a moment later, in a new transaction; the others want another call."
    )
    raised = defaultdict[tuple[str, str], list[str]](list)
    for one in catalog.routines:
        if one.returns == "trigger" or not _is_private(one.name):
            for states, when in one.comment.errors:
                for state in states:
                    raised[state, when].append(code(one.name))
    yield table(
        ("SQLSTATE", "its name", "raised by", "when"),
        (
            (code(state), condition_name(state) or "ours", ", ".join(by), prose(when))
            for (state, when), by in sorted(raised.items())
        ),
    )


def private_objects(catalog: Catalog) -> Iterator[str]:
    """A line for each."""
    yield paragraph(
        "For readers of the code: schema `_ahu`, by the room of `sql/` that its files are in, as "
        "the default settings have it. Nothing here is promised; do not build on it."
    )
    by_room = defaultdict[str, list[Relation | Routine]](list)
    for name, one in catalog.objects.items():
        if _is_private(name):
            by_room[catalog.rooms[name]].append(one)
    for room, objects in sorted(by_room.items()):
        yield f"### {room}"
        yield table(("object", "kind", "comment"), map(_line, objects))


def _line(one: Relation | Routine) -> tuple[str, str, str]:
    if isinstance(one, Relation):
        return code(one.name), one.kind, prose(one.comment)
    return code(one.call), one.kind, prose(one.remark)


def _is_private(name: str) -> bool:
    return not name.startswith(f"{PUBLIC_SCHEMA}.")


def _by_object(
    granted: tuple[tuple[str, str, str], ...],
) -> Mapping[str, Mapping[str, str]]:
    """What each role may do with an object, in one text; objects in their order."""
    found = defaultdict[str, dict[str, str]](dict)
    for name, privilege, role in granted:
        known = found[name].get(role)
        found[name][role] = f"{known}, {privilege}" if known else privilege
    return found
