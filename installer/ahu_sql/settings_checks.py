"""What each setting may be: the fault of one value, or of several together. Pure."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict

from ahu_sql.settings import (
    DEFAULT_MEASURES,
    SECTIONS,
    Settings,
    is_network_host,
    split_table_name,
)

CHOICES: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("source", "layout"): ("wide", "long"),
    ("refresh", "strategy"): ("incremental", "native"),
    ("refresh", "tracking"): ("triggers", "lookback"),
    ("drilldown", "raw_access"): ("guarded", "open"),
    ("roles", "large_objects"): ("closed", "open"),
    ("pgbouncer", "load_balance_hosts"): ("round-robin", "disable"),
    ("pgbouncer", "write_pool_mode"): ("transaction", "session"),
}
MAY_BE_EMPTY = frozenset(
    {
        ("source", "unit_column"),
        ("pgbouncer", "docker_network"),
        ("pgbouncer", "include"),
        ("pgbouncer", "listen_addr"),
    }
)
"""Settings whose empty text says that the site has no such thing."""

OLDEST_PGBOUNCER = (1, 18)

_SPAN = re.compile(r"\s*0*[1-9]\d{0,5}\s+(hour|day|week|month|year)s?\s*")
_VERSION = re.compile(r"1\.\d{1,3}(\.\d{1,3})?")
_HOST = re.compile(r"[A-Za-z0-9_.:%-]+")
_PATH = re.compile(r"/[A-Za-z0-9_.@+/-]*")
_ADDRESSES = re.compile(r"\*|[A-Za-z0-9_.:%-]+(\s*,\s*[A-Za-z0-9_.:%-]+)*")
_USER = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_NETWORK_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")


def default_of(section: str, key: str) -> Any:
    """The default of a setting; None where there is no such setting."""
    if section == "measures":
        return DEFAULT_MEASURES.get(key)
    return getattr(SECTIONS[section](), key, None) if section in SECTIONS else None


def fault_of(section: str, key: str, value: Any) -> str | None:
    """What is wrong with the value, as the end of a sentence; None: nothing."""
    default = default_of(section, key)
    if isinstance(default, tuple):
        return _fault_of_list(section, key, value)
    if isinstance(default, bool):
        return None if isinstance(value, bool) else f"must be true or false, not {value!r}"
    if isinstance(default, int):
        least, most = _RANGES.get((section, key), (1, 36600))
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            return f"must be a whole number from {least} to {most}, not {value!r}"
        return None
    if not isinstance(value, str) or any(character < " " for character in value):
        return f"must be a text, not {value!r}"
    if not value.strip():
        return None if (section, key) in MAY_BE_EMPTY else "must not be empty"
    choices = CHOICES.get((section, key))
    if choices and value not in choices:
        return f'must be one of {", ".join(choices)}, not "{value}"'
    check = _TEXTS.get((section, key))
    return check(value) if check else None


def faults_between(settings: Settings) -> Iterator[str]:
    """What is wrong with settings only because of each other, a sentence each."""
    pooler = settings.pgbouncer
    if pooler.write_client_conn >= pooler.max_client_conn:
        yield (
            f'"pgbouncer.write_client_conn" ({pooler.write_client_conn}) must be less than '
            f'"pgbouncer.max_client_conn" ({pooler.max_client_conn}), of which it is a part'
        )
    sockets = [host for host in pooler.read_hosts if not is_network_host(host)]
    if sockets and len(pooler.read_hosts) > 1:
        yield f'"pgbouncer.read_hosts" can name no socket beside other hosts: {sockets[0]}'
    if pooler.include == f"{pooler.folder.rstrip('/')}/pgbouncer.ini":
        yield f'"pgbouncer.include" must not be the file that includes it: {pooler.include}'


def _fault_of_list(section: str, key: str, value: Any) -> str | None:
    check = _LISTS.get((section, key))
    is_secret = (section, key) in _MAY_HOLD_A_PASSWORD
    shown = "what is there, which may hold a password" if is_secret else repr(value)
    if not isinstance(value, list) or not all(isinstance(v, str) and v for v in value):
        return f'must be a list of names such as ["a", "b"], not {shown}'
    if any(character < " " for name in value for character in name):
        return f"must name no control characters: {shown}"
    if len(set(value)) < len(value):
        return f"names something twice: {shown}"
    return next((fault for v in value if (fault := check(v))), None) if check else None


def _table_fault(value: str) -> str | None:
    try:
        split_table_name(value)
    except ValueError as error:
        return f"must name a table with its schema: {error}"
    return None


def _span_fault(value: str) -> str | None:
    return None if _SPAN.fullmatch(value) else f'must be a span such as "31 days", not "{value}"'


def _version_fault(value: str) -> str | None:
    if not _VERSION.fullmatch(value):
        return f'must be what pgbouncer --version says, such as "1.24", not "{value}"'
    if tuple(int(part) for part in value.split("."))[:2] < OLDEST_PGBOUNCER:
        return f'must be 1.18 or later, not "{value}"'
    return None


def _path_fault(value: str) -> str | None:
    if _PATH.fullmatch(value):
        return None
    return f'must be an absolute path of letters, digits and /._@+-, not "{value}"'


def _host_fault(value: str) -> str | None:
    if ":" in value and _HOST.fullmatch(value) and not _is_address(value):
        return (
            f'must be without a port, "pgbouncer.server_port" is that of all hosts, not "{value}"'
        )
    if _HOST.fullmatch(value) or _PATH.fullmatch(value):
        return None
    return f'must be a host, an address or the folder of a Unix socket, not "{value}"'


def _is_address(value: str) -> bool:
    try:
        ipaddress.ip_address(value)
    except ValueError:
        return False
    return True


def _addresses_fault(value: str) -> str | None:
    if _ADDRESSES.fullmatch(value):
        return None
    return f'must be addresses with commas between them, or "*", not "{value}"'


def _network_fault(value: str) -> str | None:
    try:
        network = ipaddress.ip_network(value)
    except ValueError as error:
        return f'must be networks such as "10.0.0.0/8": {error}'
    # The scope of an IPv6 address may hold anything, and a file is made of this.
    return None if "%" not in str(network) else f'must have no scope: "{value}"'


def _server_view_fault(value: str) -> str | None:
    return None if value in ("samehost", "samenet") else _network_fault(value)


def _user_fault(value: str) -> str | None:
    if not _USER.fullmatch(value):
        return f'must name users of the operating system, not "{value}"'
    if value in ("ahu_read", "ahu_write"):
        return f"must name people, not the role {value}"
    return None


def _stats_user_fault(value: str) -> str | None:
    if value == "ahu_pgbouncer":  # which userlist.txt has already, with its password
        return f"must name people, not the role {value}"
    return _user_fault(value)


def _docker_network_fault(value: str) -> str | None:
    if _NETWORK_NAME.fullmatch(value):
        return None
    return f'must be what docker network ls lists, not "{value}"'


def _console_fault(value: str) -> str | None:
    # Neither message shows the value, nor libpq's, which quotes a part of it.
    try:
        given = conninfo_to_dict(value)
    except psycopg.ProgrammingError:
        return (
            'must be connection strings such as "host=/var/run/postgresql port=6432 user=postgres"'
        )
    if "password" in given:
        return "must hold no password: write it to the file that PGPASSFILE names, or ~/.pgpass"
    return None


Check = Callable[[str], str | None]

_RANGES: Mapping[tuple[str, str], tuple[int, int]] = {
    ("pgbouncer", "listen_port"): (1, 65535),
    ("pgbouncer", "server_port"): (1, 65535),
    ("pgbouncer", "write_client_conn"): (0, 36600),
    ("pgbouncer", "reserve_pool_size"): (0, 36600),
}
_TEXTS: Mapping[tuple[str, str], Check] = {
    ("source", "table"): _table_fault,
    ("drilldown", "max_span"): _span_fault,
    ("pgbouncer", "version"): _version_fault,
    ("pgbouncer", "folder"): _path_fault,
    ("pgbouncer", "unix_socket_dir"): _path_fault,
    ("pgbouncer", "os_user"): _user_fault,
    ("pgbouncer", "address"): _server_view_fault,
    ("pgbouncer", "listen_addr"): _addresses_fault,
    ("pgbouncer", "server_host"): _host_fault,
    ("pgbouncer", "docker_network"): _docker_network_fault,
    ("pgbouncer", "include"): _path_fault,
}
_LISTS: Mapping[tuple[str, str], Check] = {
    ("roles", "read_also"): _table_fault,
    ("roles", "write_also"): _table_fault,
    ("pgbouncer", "read_hosts"): _host_fault,
    ("pgbouncer", "client_networks"): _network_fault,
    ("pgbouncer", "stats_users"): _stats_user_fault,
    ("pgbouncer", "console"): _console_fault,
}
_MAY_HOLD_A_PASSWORD = frozenset({("pgbouncer", "console")})
