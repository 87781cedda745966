"""Where the server of a connection is, as far as a pooler may go there too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from psycopg import pq
from psycopg.conninfo import conninfo_to_dict

from ahu_sql.database import Connection
from ahu_sql.settings import Pgbouncer
from ahu_sql.settings_checks import fault_of


@dataclass(frozen=True)
class ServerAddress:
    """A host, or the folder of a Unix socket, and a port. doubt: why to check it; empty: no why."""

    host: str = Pgbouncer.server_host
    port: int = Pgbouncer.server_port
    doubt: str = ""


def read_address(connection: Connection, dsn: str | None) -> ServerAddress:
    """The address that a connection was made to. dsn: what the user said of it."""
    info = connection.info
    named = _named(connection, dsn)
    if fault_of("pgbouncer", "server_host", info.host):
        doubt = "the default, for the address of this connection cannot stand here."
        return ServerAddress(port=info.port, doubt=doubt)
    if not named:
        doubt = "no host was named, and this is where the connection went."
    elif "," in named:
        doubt = f"of {named} this is the one that answered."
    else:
        doubt = ""
    return ServerAddress(info.host, info.port, doubt)


def _named(connection: Connection, dsn: str | None) -> str:
    """The host or hosts that were named, by the DSN, a variable or a service; empty: none were."""
    # Of several psycopg tells the one that answered alone, so that the connection comes last.
    given = conninfo_to_dict(dsn or "")
    variables = {} if "service" in given else _options(pq.Conninfo.get_defaults())
    return _host(given) or _host(variables) or _host(_options(connection.pgconn.info))


def _options(options: list[pq.ConninfoOption]) -> dict[str, str]:
    return {o.keyword.decode(): o.val.decode(errors="replace") for o in options if o.val}


def _host(parameters: Mapping[str, Any]) -> str:
    return str(parameters.get("host") or parameters.get("hostaddr") or "")
