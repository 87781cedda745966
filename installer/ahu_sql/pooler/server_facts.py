"""Facts of the PostgreSQL server behind a pooler, as far as the connected role may look."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ahu_sql.database import Connection
from ahu_sql.passwords import read_new_passwords
from ahu_sql.pooler.server_doors import ServerDoors, read_server_doors


@dataclass(frozen=True)
class RoleFacts:
    """A role that can log in. connection_limit: None is none, superusers have none ever.

    secret: scram, md5 or none; None: it may not be seen. is_expired: VALID UNTIL is over.
    is_other: its SCRAM secret was made from another password than the one that was asked about.
    """

    name: str
    connection_limit: int | None
    secret: str | None
    is_expired: bool
    is_other: bool = False


@dataclass(frozen=True)
class LoginFunction:
    """ahu.pgbouncer_login, in the database that was looked at. executors: who may call it."""

    owner: str
    owner_is_superuser: bool
    executors: frozenset[str]


@dataclass(frozen=True)
class ServerFacts:
    """Facts of one server and one of its databases.

    reserved_connections: for superusers and for pg_use_reserved_connections. roles: those that can
    log in. unseen: what could not be looked at, a sentence each. doors: its pg_hba.conf and
    pg_ident.conf; None: they may not be seen.
    """

    database: str
    max_connections: int
    reserved_connections: int
    roles: Mapping[str, RoleFacts]
    login_function: LoginFunction | None
    unseen: tuple[str, ...]
    doors: ServerDoors | None = None


def read_server_facts(connection: Connection, passwords: Mapping[str, str]) -> ServerFacts:
    """Reads them from the catalog. Errors of the server leave as they are: see `connect`.

    passwords: by role, to be compared with what the server has.
    """
    row = connection.execute(_CONNECTIONS).fetchone()
    maximum, reserved, sees_secrets = row or (0, 0, False)
    query = _ROLES_WITH_SECRETS if sees_secrets else _ROLES
    others = read_new_passwords(connection, passwords) if sees_secrets else ()
    doors, unseen_doors = read_server_doors(connection)
    return ServerFacts(
        database=connection.info.dbname,
        max_connections=maximum,
        reserved_connections=reserved,
        roles={
            name: RoleFacts(
                name, limit, secret, is_expired, is_other=secret == "scram" and name in others
            )
            for name, limit, secret, is_expired in connection.execute(query)
        },
        login_function=_login_function(connection),
        unseen=(*(() if sees_secrets else (_unseen_secrets(connection),)), *unseen_doors),
        doors=doors,
    )


def _unseen_secrets(connection: Connection) -> str:
    return (
        f"whether roles have a SCRAM secret: role {connection.info.user} may not read pg_authid, "
        "a superuser may"
    )


def _login_function(connection: Connection) -> LoginFunction | None:
    row = connection.execute(_FUNCTION).fetchone()
    if row is None:
        return None
    oid, owner, is_superuser = row
    executors = connection.execute(_EXECUTORS, {"function": oid}).fetchall()
    return LoginFunction(owner, is_superuser, frozenset(name for (name,) in executors))


_CONNECTIONS = """
    select
        current_setting('max_connections')::integer,
        current_setting('superuser_reserved_connections')::integer
            -- from PostgreSQL 16 on
            + coalesce(current_setting('reserved_connections', true), '0')::integer,
        has_table_privilege('pg_catalog.pg_authid', 'select')
"""

_ROLES = """
    select
        r.rolname,
        case when r.rolconnlimit >= 0 and not r.rolsuper then r.rolconnlimit end,
        null,
        r.rolvaliduntil is not null and r.rolvaliduntil < now()
    from pg_catalog.pg_roles as r
    where r.rolcanlogin
"""

# The secret itself stays on the server.
_ROLES_WITH_SECRETS = """
    select
        a.rolname,
        case when a.rolconnlimit >= 0 and not a.rolsuper then a.rolconnlimit end,
        case
            when a.rolpassword is null then 'none'
            when starts_with(a.rolpassword, 'SCRAM-SHA-256$') then 'scram'
            else 'md5'
        end,
        a.rolvaliduntil is not null and a.rolvaliduntil < now()
    from pg_catalog.pg_authid as a
    where a.rolcanlogin
"""

_FUNCTION = """
    select
        p.oid,
        r.rolname,
        r.rolsuper
    from pg_catalog.pg_proc as p
    join pg_catalog.pg_namespace as n
        on n.oid = p.pronamespace
    join pg_catalog.pg_roles as r
        on r.oid = p.proowner
    where n.nspname = 'ahu'
        and p.proname = 'pgbouncer_login'
        and p.prosecdef
        and oidvectortypes(p.proargtypes) = 'text'
"""

_EXECUTORS = """
    select
        r.rolname
    from pg_catalog.pg_roles as r
    cross join pg_catalog.pg_proc as p
    where r.rolcanlogin
        and p.oid = %(function)s
        and has_schema_privilege(r.oid, p.pronamespace, 'usage')
        and has_function_privilege(r.oid, p.oid, 'execute')
"""
