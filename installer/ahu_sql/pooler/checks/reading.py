"""AHU501 to AHU507: what pgbouncer cannot read, or reads otherwise than one thinks."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from ahu_sql.linter.findings import Finding
from ahu_sql.pooler.checks.situation import Situation, finding, hosts_of, is_local
from ahu_sql.pooler.configuration import Entry
from ahu_sql.pooler.ini import Assignment, Header, Inclusion, Nonsense, Place
from ahu_sql.pooler.known_settings import (
    POOL_MODES,
    SECTIONS,
    age_of,
    fault_of,
    is_beyond_us,
    whole,
)
from ahu_sql.pooler.login_files import BrokenRule
from ahu_sql.pooler.versions import Version, as_text

_TEMPLATES = ("template0", "template1")
_MAINTENANCE = "postgres"
"""A database that every server has, and that a site may use all the same."""
_SITE = "ahu_monitoring"

_LARGEST = 2**31 - 1
_COUNTS = frozenset(
    {
        *("pool_size", "min_pool_size", "reserve_pool", "reserve_pool_size", "max_db_connections"),
        *("max_db_client_connections", "max_user_connections", "max_user_client_connections"),
        *("port", "query_timeout", "server_lifetime"),
    }
)
"""Parameters that are whole numbers."""

_REMOVE = "remove the line, or write it as name = value"


def unreadable(situation: Situation) -> Iterator[Finding]:
    """AHU501: a line that is no syntax of pgbouncer's."""
    configuration = situation.configuration
    for line in configuration.lines:
        if isinstance(line, Nonsense):
            message = "this line is neither a section nor name = value, pgbouncer does not start"
            yield finding("AHU501", line.place, message, _REMOVE)
        elif isinstance(line, Assignment) and line.section is None:
            message = f'"{line.key}" stands in no section, pgbouncer does not start'
            yield finding("AHU501", line.place, message, "write [pgbouncer] above it")
    for entry in _entries(situation):
        if entry.unread is not None:
            message = (
                f'the connection string of "{entry.name}" breaks off, pgbouncer does not start'
            )
            hint = (
                "write name=value pairs with spaces between, and values with spaces in quotes: ''"
            )
            yield finding("AHU501", entry.place, message, hint)
    for rule in configuration.hba or ():
        if isinstance(rule, BrokenRule):
            message = f"pgbouncer passes over this rule: {rule.reason}"
            hint = "write it as: host ahu_read ahu_read 0.0.0.0/0 scram-sha-256"
            yield finding("AHU501", rule.place, message, hint)
    if configuration.broken_userlist:
        message = "pgbouncer reads the userlist up to this line and not beyond"
        hint = 'write it as "user" "password"'
        yield finding("AHU501", configuration.broken_userlist, message, hint)


def unknown_settings(situation: Situation) -> Iterator[Finding]:
    """AHU502: a section, a setting or a parameter that this version does not have."""
    for line in situation.configuration.lines:
        if isinstance(line, Header):
            yield from _too_new(
                situation, f"section [{line.section}]", SECTIONS.get(line.section), line.place
            )
        elif isinstance(line, Assignment) and line.section == "pgbouncer":
            age = age_of("pgbouncer", line.key)
            yield from _too_new(situation, f'setting "{line.key}"', age, line.place)
    for section, entries in _sections(situation).items():
        for entry in entries:
            for name in entry.parameters:
                what = f'parameter "{name}" of "{entry.name}"'
                yield from _too_new(situation, what, age_of(section, name), entry.place)


def _too_new(
    situation: Situation, what: str, age: Version | None, place: Place
) -> Iterator[Finding]:
    version = situation.version
    if age is None and is_beyond_us(version):
        return
    if age is not None and age <= version:
        return
    reason = f"came with {as_text(age)}" if age else "is unknown"
    yield finding(
        "AHU502",
        place,
        f"{what} {reason}, pgbouncer {as_text(version)} does not start with it",
        "remove it" + (", or upgrade pgbouncer" if age else ", or correct its name"),
    )


def missing_files(situation: Situation) -> Iterator[Finding]:
    """AHU503: a file that is named and is not there, or that is needed and not named."""
    configuration = situation.configuration
    for line in configuration.lines:
        if isinstance(line, Inclusion) and line.reason is not None:
            message = f'"{line.name}" cannot be included: {line.reason}'
            hint = "correct the path: a relative one begins where pgbouncer is started"
            yield finding("AHU503", line.place, message, hint)
    for file in configuration.files:
        if not file.is_there:
            message = f'{file.setting} "{file.name}" is not there: {_without(file.setting)}'
            hint = f"correct the path in {file.setting}, or: ahu-sql pgbouncer render --out DIR"
            yield finding("AHU503", situation.where(file.setting), message, hint)
    if situation.text("auth_type").lower() == "hba" and not situation.text("auth_hba_file"):
        message = f"auth_type is hba and no auth_hba_file is named: {_without('auth_hba_file')}"
        hint = "auth_hba_file = /etc/pgbouncer/pgbouncer_hba.conf"
        yield finding("AHU503", situation.where("auth_type"), message, hint)


def _without(setting: str) -> str:
    if setting == "auth_hba_file":
        return "every client is refused"
    return "pgbouncer knows no user and no password of its own"


def refused_values(situation: Situation) -> Iterator[Finding]:
    """AHU504: a value that pgbouncer does not take."""
    for line in situation.configuration.lines:
        if isinstance(line, Assignment) and line.section == "pgbouncer":
            fault = fault_of(line.key, line.value)
            if not fault and _is_number(line.key) and abs(whole(line.value) or 0) > _LARGEST:
                fault = "is too large a number"
            if fault:
                message = (
                    f'{line.key} {fault}, pgbouncer does not start with "{_shortened(line.value)}"'
                )
                hint = f"{line.key} = ..., with nothing behind the value: a comment needs a line"
                yield finding("AHU504", line.place, message, hint)
    for entry in _entries(situation):
        mode = entry.parameters.get("pool_mode", POOL_MODES[0])
        if mode.lower() not in POOL_MODES:
            message = f'pool_mode of "{entry.name}" is one of {", ".join(POOL_MODES)}'
            yield finding("AHU504", entry.place, message, "pool_mode=transaction")
        for name, value in entry.parameters.items():
            if name in _COUNTS and abs(entry.number(name) or 0) > _LARGEST:
                message = f'{name} of "{entry.name}" is "{_shortened(value)}", which no int holds'
                yield finding("AHU504", entry.place, message, f"{name}=20")
    for alias in situation.aliases:
        if alias.name == "pgbouncer" and not situation.configuration.is_running:
            message = 'the name "pgbouncer" is the console\'s, pgbouncer does not start'
            yield finding("AHU504", alias.place, message, "name the alias otherwise")


def _is_number(setting: str) -> bool:
    """Whether nothing is no value of a setting."""
    return fault_of(setting, "") is not None


def begun_anew(situation: Situation) -> Iterator[Finding]:
    """AHU505: a second [pgbouncer], which takes back what the first one said."""
    seen: Place | None = None
    for line in situation.configuration.lines:
        if isinstance(line, Header) and line.section == "pgbouncer":
            if seen:
                message = (
                    "a second [pgbouncer] sets everything back to its default that "
                    f"{seen.path}:{seen.line} and the lines below it have set"
                )
                hint = "remove this line where the section goes on anyway, or merge the two"
                yield finding("AHU505", line.place, message, hint)
            seen = line.place


def ports_in_hosts(situation: Situation) -> Iterator[Finding]:
    """AHU506: a host with a port behind it, which is taken for a part of its name."""
    for alias in situation.aliases:
        for host in hosts_of(alias):
            if is_local(host) or ":" not in host or _is_address(host):
                continue
            name, _, port = host.rpartition(":")
            message = (
                f'host "{host}" of "{alias.name}" holds a port, which pgbouncer takes for a part '
                "of the name: it finds no such server"
            )
            hint = f"host={name.strip('[]')} port={port}, the port is that of all hosts"
            yield finding("AHU506", alias.place, message, hint)


def two_databases(situation: Situation) -> Iterator[Finding]:
    """AHU507: our aliases lead to different databases, or to one of the server's own."""
    behind = {a.name: a.parameters.get("dbname", a.name) for a in situation.our_aliases}
    if len(set(behind.values())) > 1:
        alias = situation.our_aliases[-1]
        said = " and ".join(f'"{name}" to database {where}' for name, where in behind.items())
        message = f"{said}: dashboards do not see what the ETL writes"
        yield finding("AHU507", alias.place, message, "the same dbname= on both lines")
        return
    for alias in situation.our_aliases:
        database = behind[alias.name]
        asked = alias.parameters.get("auth_dbname") or situation.auth_dbname or database
        if database in _TEMPLATES or (database == _MAINTENANCE and asked != database):
            message = f'"{alias.name}" leads to database {database}, which holds no readings'
            yield finding("AHU507", alias.place, message, f"dbname={_SITE} on the line")


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


RULES = (
    unreadable,
    unknown_settings,
    missing_files,
    refused_values,
    begun_anew,
    ports_in_hosts,
    two_databases,
)


def _sections(situation: Situation) -> dict[str, list[Entry]]:
    configuration = situation.configuration
    if configuration.is_running:
        return {}
    return {
        "databases": list(configuration.aliases.values()),
        "users": list(configuration.users.values()),
        "peers": list(configuration.peers.values()),
    }


def _entries(situation: Situation) -> list[Entry]:
    return [entry for entries in _sections(situation).values() for entry in entries]


def _shortened(text: str) -> str:
    return text if len(text) <= 30 else text[:29] + "…"
