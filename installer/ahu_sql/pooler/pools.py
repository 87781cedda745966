"""The pools of a running pgbouncer: what its console tells of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import psycopg
from psycopg import pq
from psycopg.conninfo import conninfo_to_dict

from ahu_sql.errors import AhuSqlError
from ahu_sql.pooler.console import (
    ODDITIES,
    Subject,
    connect_console,
    odd_answer,
    show,
    version_of,
)
from ahu_sql.pooler.versions import SHOWS_STATE, Version

ALIASES = ("ahu_read", "ahu_write")
"""What the site has to do with, whatever else a pooler serves."""

_LARGEST = 2**53
"""More than pgbouncer counts, in whatever unit, and still a whole number to readers of JSON."""

LOOK_UP_ROLE = "ahu_pgbouncer"
"""As whom pgbouncer looks up passwords: in a pool of its own at each alias."""

Rows = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Pool:
    """One alias, as it is now. Servers: connections to the server.

    clients: all that are connected. waiting: those of them that wait for a server. logins_waiting:
    those of the waiting whose password is still to be looked up. longest_wait_s: of the waiting; to
    the millisecond, but of logins in whole seconds, and at least so long. servers_active: with a
    client. servers_idle: without. servers_opening: not logged in yet. look_up_servers,
    look_ups_opening: those that look up passwords, which are none of the pool's. max_clients: a
    limit of its own, where the version knows one and it is set; limited_clients: who counts there.
    """

    alias: str
    clients: int = 0
    waiting: int = 0
    logins_waiting: int = 0
    longest_wait_s: Decimal = Decimal("0.000")
    servers_active: int = 0
    servers_idle: int = 0
    servers_opening: int = 0
    look_up_servers: int = 0
    look_ups_opening: int = 0
    pool_size: int = 0
    reserve_pool_size: int = 0
    max_clients: int | None = None
    limited_clients: int = 0
    is_paused: bool = False
    is_disabled: bool = False

    @property
    def places(self) -> int:
        """How many servers it may have, the reserve included."""
        return self.pool_size + self.reserve_pool_size

    @property
    def queue(self) -> int:
        """How many clients wait for a place: the waiting without the logins."""
        return self.waiting - self.logins_waiting


@dataclass(frozen=True)
class Pooler:
    """A running pgbouncer. place: how one reaches it. clients: of all aliases, the console's too.

    pools: of the aliases that are there. is_paused: as a whole; None: 1.18 does not tell.
    """

    place: str
    version: Version
    clients: int
    max_clients: int
    pools: tuple[Pool, ...]
    is_paused: bool | None = None


def read_pooler(dsn: str) -> Pooler:
    """What the console tells. Raises AhuSqlError where nobody answers, or it is no console."""
    with connect_console(dsn) as connection:
        subjects: tuple[Subject, ...] = ("config", "databases", "lists", "pools")
        shown: dict[Subject, Rows] = {name: show(connection, name) for name in subjects}
        # A row without these columns is an error below, where it is read.
        if any(row.get("user") == LOOK_UP_ROLE and row.get("cl_waiting") for row in shown["pools"]):
            shown["clients"] = show(connection, "clients")
        version = version_of(connection)
        if version >= SHOWS_STATE:
            with suppress(AhuSqlError):
                shown["state"] = show(connection, "state")
        return pooler_from(place_of(dsn), version, shown)


def place_of(dsn: str) -> str:
    """Where a connection string leads to, the same whether anybody answers there or not.

    Raises AhuSqlError where it is none.
    """
    try:
        given = {key: str(value) for key, value in conninfo_to_dict(dsn).items()}
    except psycopg.ProgrammingError as error:
        raise AhuSqlError(
            "the connection string of a pooler's console is malformed",
            detail=f"{str(error).strip()}.",
            hint="Write --pgbouncer 'host=... port=6432 user=...'",
        ) from error
    if "service" in given and "host" not in given:
        return f"service {given['service']}"
    known = {
        option.keyword.decode(): option.val.decode()
        for option in pq.Conninfo.get_defaults()
        if option.val
    } | given
    host = known.get("host") or known.get("hostaddr") or "the local socket"
    return f"{host}:{known['port']}"


def pooler_from(place: str, version: Version, shown: Mapping[Subject, Rows]) -> Pooler:
    """From the rows of SHOW commands; clients and state may be missing.

    Raises AhuSqlError where they are not what a pgbouncer shows.
    """
    try:
        return _pooler(place, version, shown)
    except ODDITIES as error:
        raise odd_answer(error) from error


def _pooler(place: str, version: Version, shown: Mapping[Subject, Rows]) -> Pooler:
    databases = {row["name"]: row for row in shown["databases"]}
    state = {row["key"]: row["value"] for row in shown.get("state", ())}
    return Pooler(
        place=place,
        version=version,
        clients=_count(_row(shown["lists"], "list", "used_clients"), "items"),
        max_clients=_count(_row(shown["config"], "key", "max_client_conn"), "value"),
        pools=tuple(
            _pool(databases[alias], shown["pools"], shown.get("clients", ()))
            for alias in ALIASES
            if alias in databases
        ),
        is_paused=state["paused"] == "yes" if "paused" in state else None,
    )


def _row(rows: Rows, column: str, wanted: str) -> Mapping[str, Any]:
    """The row of that name. Raises LookupError."""
    for row in rows:
        if row[column] == wanted:
            return row
    raise LookupError(f"no {wanted}")


def _count(row: Mapping[str, Any], name: str, otherwise: int | None = None) -> int:
    """A number of a row. otherwise: where there is no such column. Raises LookupError, ValueError.

    SHOW CONFIG has numbers as text, the others as such.
    """
    value = row[name] if otherwise is None else row.get(name, otherwise)
    if isinstance(value, str):
        value = int(value)
    if not isinstance(value, int) or not 0 <= value <= _LARGEST:
        raise ValueError(f"{name} is no count")
    return int(value)


def _pool(database: Mapping[str, Any], pools: Rows, clients: Rows) -> Pool:
    alias = database["name"]
    # Logins that were refused leave pools of other users behind, all of zeros.
    own = _pool_row(pools, alias, database.get("force_user") or alias)
    look_up = _pool_row(pools, alias, LOOK_UP_ROLE)
    logins = _count(look_up, "cl_waiting", 0)
    waiting = _count(own, "cl_waiting", 0) + logins
    wait_us = _count(own, "maxwait", 0) * 1_000_000 + _count(own, "maxwait_us", 0)
    longest = Decimal(wait_us // 1000).scaleb(-3)
    if logins:
        longest = max(longest, _longest_login(alias, clients))
    # reserve_pool up to 1.23.
    reserve = _count(
        database, "reserve_pool_size" if "reserve_pool_size" in database else "reserve_pool", 0
    )
    return Pool(
        alias=alias,
        clients=_count(own, "cl_active", 0) + waiting,
        waiting=waiting,
        logins_waiting=logins,
        longest_wait_s=longest,
        servers_active=_count(own, "sv_active", 0) + _count(own, "sv_being_canceled", 0),
        servers_idle=_free(own),
        servers_opening=_count(own, "sv_login", 0),
        look_up_servers=_count(look_up, "sv_active", 0) + _free(look_up),
        look_ups_opening=_count(look_up, "sv_login", 0),
        pool_size=_count(database, "pool_size"),
        reserve_pool_size=reserve,
        max_clients=_count(database, "max_client_connections", 0) or None,
        limited_clients=_count(database, "current_client_connections", 0),
        is_paused=bool(_count(database, "paused")),
        is_disabled=bool(_count(database, "disabled")),
    )


def _pool_row(pools: Rows, alias: str, user: str) -> Mapping[str, Any]:
    """A row of SHOW POOLS; none before the first client came."""
    return next((row for row in pools if (row["database"], row["user"]) == (alias, user)), {})


def _free(row: Mapping[str, Any]) -> int:
    return sum(_count(row, name, 0) for name in ("sv_idle", "sv_used", "sv_tested"))


def _longest_login(alias: str, clients: Rows) -> Decimal:
    """How long at least, in seconds, the longest waiting client of an alias has waited.

    SHOW POOLS counts no wait of who logs in. SHOW CLIENTS has times without fractions, in its own
    zone; the newest of them is that of the one who asks, so that it is now.
    """
    times = [(_time(row["request_time"]), row) for row in clients]
    since = [at for at, row in times if row["database"] == alias and row["state"] == "waiting"]
    if not since:
        return Decimal("0.000")
    seconds = int((max(at for at, _ in times) - min(since)).total_seconds())
    return Decimal(f"{max(seconds - 1, 0)}.000")


def _time(text: str) -> datetime:
    """Of 2026-11-26 00:08:58 UTC, say: without its zone, which is the same in all rows."""
    return datetime.fromisoformat(text[:19])
