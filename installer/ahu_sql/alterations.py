"""Statements that put right, where it stands, what an object's file alone does not. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from psycopg import sql

from ahu_sql.drift import Change, Drift

OWNER = "ahu_owner"
_ALTERED_AS = {"materialized view": "materialized view", "view": "table", "table": "table"}
_GRANTED_AS = {"function": "routine", "procedure": "routine", "schema": "schema"}


def of_role(drift: Drift) -> Iterator[str]:
    """Attributes, memberships and the comment of a role."""
    for change in drift.changes:
        if change.part.startswith("attribute "):
            yield f"alter role {drift.name} {change.noted or f'no{change.found}'}"
        elif change.part.startswith("membership in "):
            group = change.part.removeprefix("membership in ")
            if change.noted:
                yield f"grant {group} to {drift.name}"
            else:
                yield _LEAVE_GROUP.format(group=group, member=drift.name)
        elif change.part == "comment":
            comment = "null" if change.noted is None else sql.quote(change.noted)
            yield f"comment on role {drift.name} is {comment}"


def of_owner(drift: Drift) -> Iterator[str]:
    """Gives an object back to its owner."""
    kind = next((one.found for one in drift.changes if one.part == "kind"), None) or drift.kind
    for change in drift.changes:
        if change.part == "owner" and change.noted:
            yield f"alter {kind} {drift.name} owner to {sql.Identifier(change.noted).as_string()}"


def of_grants(drift: Drift) -> Iterator[str]:
    """Takes what is too much; what is missing its file grants again."""
    granted = f"{_GRANTED_AS.get(drift.kind, 'table')} {drift.name}"
    for change in drift.changes:
        if not change.part.startswith("grant to "):
            continue
        grantee = change.part.removeprefix("grant to ")
        if grantee == "the owner":
            yield f"grant all on {granted} to {OWNER}"
        elif change.found is not None and grantee != OWNER:
            # Who had been its owner, and was granted something by another one, is that again.
            yield f"revoke all on {granted} from {grantee} cascade"


def of_relation(drift: Drift) -> Iterator[str]:
    """What a table or view has lost or got and its file does not say again."""
    if drift.kind not in _ALTERED_AS:
        return
    # What is too much goes first: a constraint of another name may be the same primary key.
    for change in sorted(drift.changes, key=lambda change: change.noted is not None):
        for clause in _clauses(change):
            yield f"alter {_ALTERED_AS[drift.kind]} {drift.name} {clause}"
        # Its file makes it again.
        if change.part.startswith("index ") and change.found is not None:
            schema = drift.name.partition(".")[0]
            yield f"drop index {schema}.{change.part.removeprefix('index ')}"


def _clauses(change: Change) -> Iterator[str]:
    """Of ALTER TABLE, for what a table's file does not say again."""
    part, noted, found = change.part, change.noted, change.found
    if name := _after(part, "constraint "):
        if found is not None:
            yield f"drop constraint {name}"
        if noted is not None:
            yield f"add constraint {name} {noted}"
    elif name := _after(part, "default of column "):
        yield f"alter column {name} " + (
            "drop default" if noted is None else f"set default {noted}"
        )
    elif name := _after(part, "NOT NULL of column "):
        yield f"alter column {name} {'drop' if noted is None else 'set'} not null"
    elif name := _after(part, "option "):
        yield f"reset ({name})" if noted is None else f"set ({name} = {sql.quote(noted)})"
    elif part == "replica identity":
        yield f"replica identity {noted}"
    elif part == "row security":
        yield "disable row level security"
    elif part == "forced row security":
        yield "no force row level security"
    elif part == "persistence":
        yield "set logged"


def _after(text: str, prefix: str) -> str:
    """What follows the prefix; empty where the text does not begin with it."""
    return text.removeprefix(prefix) if text.startswith(prefix) else ""


_LEAVE_GROUP = """
    do $leave_group$
    declare
        v_grantor name;
    begin
        for v_grantor in
            select
                pg_catalog.pg_get_userbyid(m.grantor)
            from pg_catalog.pg_auth_members as m
            where m.roleid = '{group}'::pg_catalog.regrole
                and m.member = '{member}'::pg_catalog.regrole
        loop
            execute pg_catalog.format(
                case
                    when pg_catalog.current_setting('server_version_num')::integer < 160000
                    then 'revoke {group} from {member}'
                    else 'revoke {group} from {member} granted by %I cascade'
                end,
                v_grantor
            );
        end loop;
    end
    $leave_group$
"""
