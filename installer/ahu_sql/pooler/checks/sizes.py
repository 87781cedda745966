"""AHU511 to AHU516: how many connections a configuration may open, and how many there are."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence

from ahu_sql.linter.findings import Finding
from ahu_sql.pooler.checks.situation import (
    READ,
    ROLES,
    WRITE,
    Situation,
    finding,
    hosts_of,
    role_of,
)
from ahu_sql.pooler.configuration import Entry
from ahu_sql.pooler.ini import Place
from ahu_sql.pooler.server_facts import ServerFacts
from ahu_sql.pooler.versions import knows

Server = tuple[str, str]
"""Host and port, as an alias names them."""

_NOBODY = Entry("", {}, Place(""))
_LOOK_UPS = 4
"""How many connections look up passwords where we say it: one after the other would do."""


def pool_of(situation: Situation, alias: Entry) -> tuple[float, float]:
    """Pool and reserve of one alias and user, in connections; infinity: without a limit."""
    user = situation.configuration.users.get(role_of(alias) or "", _NOBODY)
    size = _first(user.number("pool_size"), alias.number("pool_size"))
    reserve = _first(
        user.number("reserve_pool_size"), alias.number("reserve_pool_size", "reserve_pool")
    )
    pool = situation.number("default_pool_size") if size is None or size < 0 else size
    spare = situation.number("reserve_pool_size") if reserve is None or reserve < 0 else reserve
    unlimited = pool == 0 and situation.version >= (1, 24)
    return (math.inf if unlimited else pool), spare


def connections_of(situation: Situation, alias: Entry) -> float:
    """How many connections an alias opens at most for those who come in through it."""
    most = alias.number("max_db_connections")
    cap = situation.number("max_db_connections") if most is None or most < 0 else most
    return min(sum(pool_of(situation, alias)), cap or math.inf)


def look_ups(situation: Situation, aliases: Sequence[Entry]) -> float:
    """How many connections look up passwords at most, all these aliases together."""
    total: float = 0
    for name in {situation.auth_user(alias) for alias in aliases} - {""}:
        asked = [alias for alias in aliases if situation.auth_user(alias) == name]
        entry = situation.configuration.users.get(name, _NOBODY)
        most = entry.number("max_user_connections")
        cap = situation.number("max_user_connections") if most is None or most < 0 else most
        role = situation.server.roles.get(name) if situation.server else None
        limit = role.connection_limit if role else None
        total += min(
            sum(connections_of(situation, alias) for alias in asked),
            cap or math.inf,
            math.inf if limit is None else limit,
        )
    return total


def above_role_limit(situation: Situation) -> Iterator[Finding]:
    """AHU511: the pools of a role want more connections than the role may have."""
    pools: defaultdict[str, list[Entry]] = defaultdict(list)
    for alias in situation.aliases:
        if role := role_of(alias):
            pools[role].append(alias)
    for name, aliases in pools.items():
        role_facts = situation.server.roles.get(name) if situation.server else None
        limit = role_facts.connection_limit if role_facts else None
        wanted = sum(connections_of(situation, alias) for alias in aliases)
        if limit is not None and wanted > limit:
            pools_text = ", ".join(_pool_text(situation, alias) for alias in aliases)
            yield finding(
                "AHU511",
                aliases[0].place,
                f"{pools_text}: more than the connection limit of role {name}, {limit}",
                _smaller_or_more(situation, aliases[0], limit, wanted),
            )


def above_server_limit(situation: Situation) -> Iterator[Finding]:
    """AHU512: all pools together want more connections than the server has for them."""
    server = situation.server
    if server is None:
        return
    ours = {role_of(alias) for alias in situation.aliases}
    ours |= {situation.auth_user(alias) for alias in situation.aliases}
    others = sum(
        role.connection_limit or 0 for role in server.roles.values() if role.name not in ours
    )
    room = server.max_connections - server.reserved_connections - others
    for (host, port), aliases in _by_server(situation).items():
        pools = sum(connections_of(situation, alias) for alias in aliases)
        asking = look_ups(situation, aliases)
        if pools + asking > room:
            taken = f" and up to {others} of other roles" if others else ""
            yield finding(
                "AHU512",
                aliases[0].place,
                f"pools and reserves of {_number(pools)} and {_number(asking)} look-ups on "
                f"{host or 'the Unix socket'}:{port} are more than the {max(room, 0)} connections "
                f"that max_connections {server.max_connections} leaves beside "
                f"{server.reserved_connections} reserved ones{taken}",
                "make pool_size or reserve_pool_size smaller, or raise max_connections: alter "
                f"system set max_connections = {_wanted(server, pools + asking + others)}",
            )


def etl_locked_out(situation: Situation) -> Iterator[Finding]:
    """AHU513, AHU514: dashboards can take every place that pgbouncer has for clients."""
    aliases = {alias.name: alias for alias in situation.aliases}
    if READ not in aliases or WRITE not in aliases:
        return
    places = situation.number("max_client_conn")
    if not knows(situation.version, "max_db_client_connections"):
        yield finding(
            "AHU514",
            situation.where("max_client_conn"),
            f"{places:g} dashboards leave no place for the ETL, which is refused then; this "
            "version cannot keep one free",
            "upgrade pgbouncer to 1.24, or give the ETL a pgbouncer of its own",
        )
        return
    dashboards = _clients_of(situation, aliases[READ])
    if dashboards >= places:
        yield finding(
            "AHU513",
            aliases[READ].place,
            f"dashboards can take all {places:g} places for clients, and the ETL is refused",
            f"max_db_client_connections={max(places - 20, 1):g} on the line of {READ}",
        )

    others = [alias for alias in situation.aliases if alias.name not in ROLES]
    most = sum(_clients_of(situation, alias) for alias in others)
    # Without those who may take all of them alone, which is said of each where it stands.
    if most + (0 if dashboards >= places else dashboards) >= places:
        names = ", ".join(f'"{alias.name}"' for alias in others)
        yield finding(
            "AHU515",
            others[0].place,
            f"clients of {names}{'' if most >= places else ' and dashboards'} can take all "
            f"{places:g} places for clients, and the ETL is refused",
            f"max_db_client_connections=10 on the line of {others[0].name}, and less than "
            f"{places:g} for all aliases but {WRITE}",
        )


def _clients_of(situation: Situation, alias: Entry) -> float:
    """How many clients may come in by an alias at most; infinity: without a limit."""
    role = alias.name if alias.name in ROLES else ""
    user = situation.configuration.users.get(role, _NOBODY)
    caps = (
        alias.number("max_db_client_connections") or situation.number("max_db_client_connections"),
        role
        and (
            user.number("max_user_client_connections")
            or situation.number("max_user_client_connections")
        ),
    )
    return min((cap for cap in caps if cap and cap > 0), default=math.inf)


def no_room_for_look_ups(situation: Situation) -> Iterator[Finding]:
    """AHU516: the cap of an alias leaves no connection beside its pool to look up passwords."""
    for alias in situation.aliases:
        most = alias.number("max_db_connections")
        cap = situation.number("max_db_connections") if most is None or most < 0 else most
        pool = sum(pool_of(situation, alias))
        wanted = pool + (1 if _looks_up_here(situation, alias) else 0)
        if cap and cap < wanted:
            yield finding(
                "AHU516",
                alias.place,
                f'"{alias.name}" may have {cap:g} connections by max_db_connections, its pool and '
                f"reserve are {_number(pool)}"
                + (", and passwords are looked up beside them" if wanted > pool else ""),
                "make pool_size smaller"
                if pool == math.inf
                else f"max_db_connections={pool + _LOOK_UPS:g} on the line of {alias.name}",
            )


def _looks_up_here(situation: Situation, alias: Entry) -> bool:
    """Whether passwords are looked up by connections that count as those of the alias."""
    elsewhere = alias.parameters.get("auth_dbname") or situation.auth_dbname
    return bool(situation.auth_user(alias)) and elsewhere in ("", alias.name)


RULES = (above_role_limit, above_server_limit, etl_locked_out, no_room_for_look_ups)


def _by_server(situation: Situation) -> dict[Server, list[Entry]]:
    """The aliases of each server; one with several hosts may go to any of them."""
    servers: defaultdict[Server, list[Entry]] = defaultdict(list)
    for alias in situation.aliases:
        port = alias.parameters.get("port", "5432")
        for host in hosts_of(alias):
            servers[host, port].append(alias)
    return servers


def _pool_text(situation: Situation, alias: Entry) -> str:
    pool, reserve = pool_of(situation, alias)
    return f'"{alias.name}" opens up to {_number(pool)} and a reserve of {reserve:g}'


def _smaller_or_more(situation: Situation, alias: Entry, limit: int, wanted: float) -> str:
    """What to do where a role may have fewer connections than its pools want."""
    smaller = f"pool_size={max(limit - pool_of(situation, alias)[1], 1):g}"
    if situation.configuration.made_for:
        return f"ahu-sql install with the same settings, which sets the limit; or {smaller}"
    more = "-1" if wanted == math.inf else f"{wanted:g}"
    return f"{smaller}, or the limit: alter role {role_of(alias)} connection limit {more}"


def _wanted(server: ServerFacts, connections: float) -> str:
    if connections == math.inf:
        return "..."
    return f"{connections + server.reserved_connections:g}"


def _first(*numbers: int | None) -> int | None:
    return next((number for number in numbers if number is not None), None)


def _number(number: float) -> str:
    return "unlimited" if number == math.inf else f"{number:g}"
