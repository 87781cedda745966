"""AHU561 to AHU568: what a client finds in a session that another one had before."""

from __future__ import annotations

from collections.abc import Iterator

from ahu_sql.linter.findings import Finding
from ahu_sql.pooler.checks.situation import READ, Situation, finding
from ahu_sql.pooler.versions import INTRODUCED, NEWEST_TRIED, as_text, knows

_OPTIONS_ARE_READ = (1, 20)
"""From here on pgbouncer looks into the startup parameter `options`."""


def prepared_statements(situation: Situation) -> Iterator[Finding]:
    """AHU561, AHU562: transaction pooling that loses what a client prepared."""
    sharing = [a for a in situation.aliases if situation.pool_mode(a) == "transaction"]
    if not sharing:
        return
    names = ", ".join(f'"{alias.name}"' for alias in sharing)
    if not knows(situation.version, "max_prepared_statements"):
        since = as_text(INTRODUCED["max_prepared_statements"])
        yield finding(
            "AHU562",
            sharing[0].place,
            f"clients of {names} must not prepare statements, which pgbouncer carries from "
            f"{since} on",
            "psycopg: prepare_threshold=None, asyncpg: statement_cache_size=0, SQLAlchemy with "
            "asyncpg: see docs/clients.md",
        )
    elif situation.number("max_prepared_statements") == 0:
        yield finding(
            "AHU561",
            situation.where("max_prepared_statements"),
            f"max_prepared_statements is 0: psycopg, asyncpg and SQLAlchemy fail on {names}",
            "max_prepared_statements = 200",
        )


def statement_pooling(situation: Situation) -> Iterator[Finding]:
    """AHU563: an alias on which nobody can begin a transaction."""
    for alias in situation.aliases:
        if situation.pool_mode(alias) == "statement":
            message = f'"{alias.name}" pools by statement: a transaction of two statements fails'
            yield finding("AHU563", alias.place, message, "pool_mode=transaction")


def no_reset(situation: Situation) -> Iterator[Finding]:
    """AHU564: a session goes on to the next client as the last one left it."""
    query = situation.text("server_reset_query")
    if " ".join(query.lower().rstrip("; ").split()) == "discard all":
        return
    for alias in situation.aliases:
        if situation.pool_mode(alias) == "session":
            said = f'"{query}"' if query else "empty"
            yield finding(
                "AHU564",
                situation.where("server_reset_query"),
                f"server_reset_query is {said}: settings, temporary tables and locks of one client "
                f'of "{alias.name}" go on to the next',
                "server_reset_query = DISCARD ALL",
            )
            return


def readers_by_session(situation: Situation) -> Iterator[Finding]:
    """AHU565: every open dashboard keeps a server connection for itself."""
    alias = situation.configuration.aliases.get(READ)
    if alias and situation.pool_mode(alias) == "session":
        yield finding(
            "AHU565",
            alias.place,
            f'"{READ}" pools by session: each open dashboard keeps a server connection',
            "pool_mode=transaction",
        )


def ignored_parameters(situation: Situation) -> Iterator[Finding]:
    """AHU566, AHU567: what clients ask for at the start and do not get."""
    ignored = [name.lower() for name in situation.names("ignore_startup_parameters")]
    place = situation.where("ignore_startup_parameters")
    affected = _OPTIONS_ARE_READ <= situation.version <= NEWEST_TRIED
    if "extra_float_digits" in ignored and affected:
        yield finding(
            "AHU566",
            place,
            "extra_float_digits here lets anybody without a password keep this pgbouncer at full "
            "CPU: PGOPTIONS='-c=' is enough",
            "ignore_startup_parameters =, no driver of today needs it",
        )
    if "options" in ignored:
        yield finding(
            "AHU567",
            place,
            "options here drops settings of clients that believe in them, such as a "
            "statement_timeout",
            "ignore_startup_parameters =, and role settings for what clients need",
        )


def connect_queries(situation: Situation) -> Iterator[Finding]:
    """AHU568: SQL of the file runs as whoever comes in."""
    for alias in situation.our_aliases:
        if "connect_query" in alias.parameters:
            message = f'connect_query of "{alias.name}" runs as its clients, in each new connection'
            hint = "remove connect_query=, and alter role ... set ... for what a session needs"
            yield finding("AHU568", alias.place, message, hint)


RULES = (
    prepared_statements,
    statement_pooling,
    no_reset,
    readers_by_session,
    ignored_parameters,
    connect_queries,
)
