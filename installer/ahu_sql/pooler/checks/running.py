"""AHU581 to AHU583: what a running pgbouncer does otherwise than its file says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ahu_sql.linter.findings import Finding
from ahu_sql.pooler.checks.situation import Running, Situation, finding
from ahu_sql.pooler.checks.sizes import pool_of
from ahu_sql.pooler.configuration import Entry, running_configuration
from ahu_sql.pooler.ini import Place
from ahu_sql.pooler.known_settings import same
from ahu_sql.pooler.versions import as_text

_OF_A_CONTAINER = frozenset(
    {
        "auth_file",
        "auth_hba_file",
        "conffile",
        "listen_addr",
        "logfile",
        "pidfile",
        "unix_socket_dir",
    }
)
"""Where things lie: in a container another file says that, which includes this one."""

_PUT = "put the files where pgbouncer reads them (folder in [pgbouncer] of ahu-sql.toml), then "
_RELOAD = "reload on the console of pgbouncer, or systemctl reload pgbouncer"
_RESTART = "systemctl restart pgbouncer: this one cannot be reloaded"


def not_in_force(situation: Situation) -> Iterator[Finding]:
    """AHU581: a value of the file that the running pgbouncer does not have."""
    running, configuration = situation.running, situation.configuration
    if running is None or configuration.is_running:
        return
    in_force = {row["key"]: row for row in running.settings}
    is_elsewhere = _is_elsewhere(situation, running)
    passed_over = _OF_A_CONTAINER if is_elsewhere else {"conffile"}
    put = _PUT if is_elsewhere else ""
    for name, given in configuration.settings.items():
        row = in_force.get(name)
        if row is None or name in passed_over or same(name, given.value, row["value"] or ""):
            continue
        yield finding(
            "AHU581",
            given.place,
            f"{name} is {_quoted(given.value)} here and {_quoted(row['value'])} in the running "
            "pgbouncer",
            put + (_RELOAD if row.get("changeable") == "yes" else _RESTART),
        )
    yield from _aliases_not_in_force(situation, running, put + _RELOAD)


def _aliases_not_in_force(situation: Situation, running: Running, hint: str) -> Iterator[Finding]:
    shown = running_configuration(running.settings, running.databases)
    now = Situation(shown, running.version)
    for alias in situation.aliases:
        if alias.name == "*":
            continue
        other = shown.aliases.get(alias.name)
        if other is None:
            message = f'alias "{alias.name}" is not in the running pgbouncer'
            yield finding("AHU581", alias.place, message, hint)
            continue
        mine, theirs = _facts(situation, alias), _facts(now, other)
        for what, value in mine.items():
            if value != theirs[what]:
                yield finding(
                    "AHU581",
                    alias.place,
                    f'{what} of "{alias.name}" is {_quoted(value)} here and '
                    f"{_quoted(theirs[what])} in the running pgbouncer",
                    hint,
                )


def _facts(situation: Situation, alias: Entry) -> dict[str, str]:
    """What SHOW DATABASES tells of an alias, with what holds where its line is silent."""
    pool, reserve = pool_of(situation, alias)
    given = alias.parameters
    return {
        "host": given.get("host", ""),
        "port": given.get("port", "5432"),
        "dbname": given.get("dbname", alias.name),
        "user": given.get("user", ""),
        "pool_mode": given.get("pool_mode", situation.text("pool_mode")).lower(),
        "pool size": f"{pool:g}",
        "reserve": f"{reserve:g}",
    }


def other_version(situation: Situation) -> Iterator[Finding]:
    """AHU582: the file was made for another version than the one that runs."""
    made_for, running = situation.configuration.made_for, situation.running
    if made_for and running and made_for[:2] != running.version[:2]:
        version = as_text(running.version[:2])
        yield finding(
            "AHU582",
            situation.as_a_whole,
            f"this file was made for pgbouncer {as_text(made_for)}, and {as_text(running.version)} "
            "runs",
            f"ahu-sql pgbouncer render --set pgbouncer.version={version} --out DIR",
        )


def at_rest(situation: Situation) -> Iterator[Finding]:
    """AHU583: an alias that lets nobody work."""
    for row in situation.running.databases if situation.running else ():
        place = _place(situation, row["name"])
        if row.get("disabled"):
            message = f'alias "{row["name"]}" is disabled: it lets nobody in'
            yield finding("AHU583", place, message, f"enable {row['name']} on the console")
        if row.get("paused"):
            message = f'alias "{row["name"]}" is paused: its clients wait'
            yield finding("AHU583", place, message, f"resume {row['name']} on the console")


def _place(situation: Situation, name: str) -> Place:
    alias = situation.configuration.aliases.get(name)
    return alias.place if alias else Place("SHOW DATABASES")


def _is_elsewhere(situation: Situation, running: Running) -> bool:
    """Whether pgbouncer was started with another file than the one that is looked at."""
    started = next((row["value"] for row in running.settings if row["key"] == "conffile"), "")
    path = situation.configuration.path
    return bool(started and path and Path(started).resolve() != path.resolve())


def _quoted(value: str | None) -> str:
    return f'"{value}"' if value else "empty"


RULES = (not_in_force, other_version, at_rest)
