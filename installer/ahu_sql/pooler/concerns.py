"""What needs attention in the pools of a running pgbouncer, and what to do about it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

from ahu_sql.console import counted
from ahu_sql.health import Concern
from ahu_sql.pooler.pools import ALIASES, Pool, Pooler

LONG_WAIT_S = 1
"""Who waits for as long as this, in seconds, is a concern: a pool of short queries has a place
within milliseconds, and a second is reserve_pool_timeout of our files, when the reserve comes."""

NEARLY_USED = Decimal("0.9")
"""The part of the places for clients from which on it is a concern: the last tenth is what our
files keep for the ETL (write_client_conn, 20 of 200). Who comes when none is left is refused."""

_IF_FULL = (
    ", who comes after the last is refused; see who keeps them (show clients on the console), or "
    "raise pgbouncer.max_client_conn"
)

_POOL_SIZES: Mapping[str, str] = {
    "ahu_read": "pgbouncer.read_pool_size",
    "ahu_write": "pgbouncer.write_pool_size",
}
"""What makes the pool of an alias larger."""


def concerns_of(pooler: Pooler) -> Iterator[Concern]:
    """What needs attention, and what to do about it."""
    return (Concern("pools", text) for text in _texts(pooler))


def _texts(pooler: Pooler) -> Iterator[str]:
    there = {pool.alias for pool in pooler.pools}
    for alias in ALIASES:
        if alias not in there:
            yield (
                f"pgbouncer at {pooler.place} has no alias {alias}, nobody gets in there; write "
                "its files anew (ahu-sql pgbouncer render --out DIR) and reload it"
            )
    if _is_nearly_used(pooler.clients, pooler.max_clients):
        yield (
            f"{pooler.clients:,} of the {counted(pooler.max_clients, 'place')} for clients of "
            f"pgbouncer at {pooler.place} are taken{_IF_FULL}"
        )
    if pooler.is_paused:
        yield (
            f"pgbouncer at {pooler.place} is paused, {_who_waits(*pooler.pools)}; type on its "
            "console: resume"
        )
    for pool in pooler.pools:
        yield from _texts_of_pool(pooler, pool)


def _texts_of_pool(pooler: Pooler, pool: Pool) -> Iterator[str]:
    name = f"{pool.alias} at {pooler.place}"
    if pool.is_disabled:
        yield f"{name} is disabled, nobody gets in; type on the console: enable {pool.alias}"
    if pool.max_clients and _is_nearly_used(pool.limited_clients, pool.max_clients):
        yield (
            f"{pool.limited_clients:,} of the {counted(pool.max_clients, 'place')} for clients of "
            f"{name} are taken{_IF_FULL}"
        )
    if pooler.is_paused:
        return
    if pool.is_paused:
        yield f"{name} is paused, {_who_waits(pool)}; type on the console: resume {pool.alias}"
        return
    who = f"{name}: {_who_waits(pool)}"
    if _is_cut_off(pool):
        yield (
            f"{who}, and there is no connection to the server; see whether the server is up, and "
            "what the log of pgbouncer says; where it was paused, type on its console: resume"
        )
    elif pool.queue and pool.servers_active >= pool.places:
        yield (f"{who}, {_taken(pool)}; end long queries, or raise {_POOL_SIZES[pool.alias]}")
    elif pool.waiting and pool.longest_wait_s >= LONG_WAIT_S:
        yield (
            f"{who}, {_taken(pool)}; find what limits it: ahu-sql pgbouncer check --dsn ADMIN "
            "--server DSN"
        )


def _is_cut_off(pool: Pool) -> bool:
    """Whether clients, or logins, wait and no server is there.

    One that is opening may be the first of a quiet hour, until it takes too long.
    """
    is_long = pool.longest_wait_s >= LONG_WAIT_S
    own = pool.servers_active + pool.servers_idle
    return bool(
        (pool.queue and not own and (is_long or not pool.servers_opening))
        or (
            pool.logins_waiting
            and not pool.look_up_servers
            and (is_long or not pool.look_ups_opening)
        )
    )


def _is_nearly_used(used: int, places: int) -> bool:
    return used >= NEARLY_USED * places


def _who_waits(*pools: Pool) -> str:
    clients = sum(pool.waiting for pool in pools)
    if not clients:
        return "nobody waits"
    text = f"{counted(clients, 'client')} {'waits' if clients == 1 else 'wait'}"
    longest = max(pool.longest_wait_s for pool in pools)
    # Zero: somebody who logs in, and is not known to have waited for a second.
    return f"{text}, the longest for {longest:,} s" if longest else text


def _taken(pool: Pool) -> str:
    taken, places = pool.servers_active, counted(pool.places, "place")
    if taken < pool.places:
        return f"and {taken:,} of its {places} {'is' if taken == 1 else 'are'} taken"
    return "and its only place is taken" if pool.places == 1 else f"and all its {places} are taken"
