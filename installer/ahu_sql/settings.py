"""The settings of one site: what the file ahu-sql.toml, the environment and the flags say."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

DEFAULT_MEASURES: Mapping[str, tuple[str, ...]] = {
    "steam_cost": ("hcv_steam_cost_krw", "ac_hcv_steam_cost_krw", "dh_hcv_steam_cost_krw"),
    "cold_water_cost": (
        "ccv_cold_water_cost_krw",
        "ac_ccv_cold_water_cost_krw",
        "pc_ccv_cold_water_cost_krw",
    ),
    "electricity_cost": ("sf_cost_krw", "electricity_cost_krw"),
    "hcv_kwh": ("hcv_steam_kwh", "ac_hcv_steam_kwh"),
    "dh_hcv_kwh": ("dh_hcv_steam_kwh",),
    "ccv_kwh": ("ccv_cold_water_kwh", "ac_ccv_cold_water_kwh"),
    "pc_ccv_kwh": ("pc_ccv_cold_water_kwh",),
    "electricity_kwh": ("sf_electricity_kwh",),
}
"""Source columns (or metrics, in the long layout) that each measure adds up, in the order of the
rollup: the plant's own."""


@dataclass(frozen=True)
class Source:
    """The raw table. table: schema-qualified. time_zone: IANA name; a day is a date there.

    layout: wide (a column per measured value) or long (a row per measured value: metric_column
    names it, value_column holds it, unit_column its unit; the latter empty: there is none).
    """

    table: str = "ahu_data.energy_readings"
    time_column: str = "timestamp"
    ahu_column: str = "ahu_id"
    time_zone: str = "Asia/Seoul"
    layout: str = "wide"
    metric_column: str = "metric_name"
    value_column: str = "value"
    unit_column: str = "unit"

    @property
    def is_long(self) -> bool:
        """Whether measures name metrics rather than columns."""
        return self.layout == "long"

    @property
    def schema(self) -> str:
        """Schema of the raw table."""
        return split_table_name(self.table)[0]

    @property
    def name(self) -> str:
        """Name of the raw table, without its schema."""
        return split_table_name(self.table)[1]


@dataclass(frozen=True)
class Refresh:
    """How the rollups are kept up to date. lookback_days: what `lookback` folds at each refresh."""

    strategy: str = "incremental"
    tracking: str = "triggers"
    lookback_days: int = 7

    @property
    def needs_triggers(self) -> bool:
        """Whether changes of the raw table are tracked."""
        return self.strategy == "incremental" and self.tracking == "triggers"


@dataclass(frozen=True)
class Drilldown:
    """The way to raw readings. max_span: an interval as PostgreSQL writes it."""

    max_span: str = "31 days"
    raw_access: str = "guarded"


@dataclass(frozen=True)
class Roles:
    """What the two roles may do. read_also, write_also: other tables of the site, schema-qualified.

    large_objects: closed (nobody creates them by PUBLIC's right) or open (that right stays).
    """

    read_also: tuple[str, ...] = ()
    write_also: tuple[str, ...] = ()
    large_objects: str = "closed"


DEBIANS: Mapping[tuple[int, ...], str] = {(1, 18): "bookworm", (1, 24): "trixie"}
"""Releases of Debian by the version of pgbouncer that is a package of theirs."""


@dataclass(frozen=True)
class Pgbouncer:
    """The pooler. Names that pgbouncer.ini has too mean the same there.

    version: its own, such as 1.24. folder: where its files will lie. os_user: as whom it runs.
    address: where it is, as the server sees it: a network, samehost or samenet. client_networks:
    from where clients may log in. server_host: a host, or the folder of the server's Unix socket.
    read_hosts: the servers behind ahu_read, in the order of preference where load_balance_hosts is
    disable; empty: server_host. write_client_conn: how many places of max_client_conn are kept for
    ahu_write. write_pool_mode: transaction or session. strict: whether every transaction gets a
    session without a trace of the one before. stats_users: users of the pooler's machine who may
    look at its console. docker_network: the network on which a container finds server_host.
    include: a file of the site's own, on the pooler's machine, with further lines for [pgbouncer].
    console: how status reaches the admin console of each pooler of the site.
    """

    version: str = "1.24"
    folder: str = "/etc/pgbouncer"
    os_user: str = "postgres"
    address: str = "samehost"
    listen_addr: str = "127.0.0.1"
    listen_port: int = 6432
    unix_socket_dir: str = "/var/run/postgresql"
    client_networks: tuple[str, ...] = ("0.0.0.0/0", "::/0")
    server_host: str = "/var/run/postgresql"
    server_port: int = 5432
    database: str = "ahu_monitoring"
    read_hosts: tuple[str, ...] = ()
    load_balance_hosts: str = "round-robin"
    max_client_conn: int = 200
    write_client_conn: int = 20
    read_pool_size: int = 20
    write_pool_size: int = 5
    reserve_pool_size: int = 5
    write_pool_mode: str = "transaction"
    strict: bool = False
    stats_users: tuple[str, ...] = ()
    docker_network: str = ""
    include: str = ""
    console: tuple[str, ...] = ()

    @property
    def numbers(self) -> tuple[int, ...]:
        """The version as numbers, such as (1, 24)."""
        return tuple(int(part) for part in self.version.split("."))

    @property
    def read_connections(self) -> int:
        """How many connections of ahu_read it opens at most."""
        return self.read_pool_size + self.reserve_pool_size

    @property
    def write_connections(self) -> int:
        """How many connections of ahu_write it opens at most."""
        return self.write_pool_size + self.reserve_pool_size

    @property
    def login_connections(self) -> int:
        """How many connections it opens at most to look up passwords: two for each alias."""
        return 4

    @property
    def uses_socket(self) -> bool:
        """Whether every server is reached by its Unix socket, where no password is needed."""
        return not any(is_network_host(host) for host in (self.server_host, *self.read_hosts))

    @property
    def uses_tcp_alone(self) -> bool:
        """Whether no server is reached by its Unix socket."""
        return all(is_network_host(host) for host in (self.server_host, *self.read_hosts))

    @property
    def local_hosts(self) -> tuple[str, ...]:
        """Servers at an address that means, in a container, the container itself."""
        return tuple(h for h in (self.server_host, *self.read_hosts) if _is_loopback(h))

    @property
    def fits_a_container(self) -> bool:
        """Whether a container of Debian's has this version, and reaches every server."""
        return bool(self.uses_tcp_alone and not self.local_hosts and self.debian)

    @property
    def seen_by_the_server(self) -> str:
        """Where the server sees it: on its own network where both are containers."""
        in_containers = self.docker_network and self.address == "samehost"
        return "samenet" if in_containers else self.address

    @property
    def debian(self) -> str:
        """The Debian release that has the version as a package; empty: none has."""
        return DEBIANS.get(self.numbers[:2], "")

    @property
    def mounted(self) -> str:
        """The included file, where a container would not find it among the others; else empty."""
        return "" if self.include.startswith(self.folder.rstrip("/") + "/") else self.include

    @property
    def published(self) -> str:
        """How Docker writes the address that a container's port is published on; empty: all."""
        first = self.listen_addr.split(",")[0].strip()
        if first in ("", "*", "0.0.0.0", "::"):
            return ""
        return f"[{first}]:" if ":" in first else f"{first}:"


@dataclass(frozen=True)
class Settings:
    """All settings of one site. The defaults are the plant's own: it needs no file."""

    source: Source = field(default_factory=Source)
    measures: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: dict(DEFAULT_MEASURES))
    refresh: Refresh = field(default_factory=Refresh)
    drilldown: Drilldown = field(default_factory=Drilldown)
    roles: Roles = field(default_factory=Roles)
    pgbouncer: Pgbouncer = field(default_factory=Pgbouncer)


SECTIONS: Mapping[str, Any] = {
    "source": Source,
    "refresh": Refresh,
    "drilldown": Drilldown,
    "roles": Roles,
    "pgbouncer": Pgbouncer,
}
"""Sections whose keys are the fields of a dataclass; `measures` is a section of another kind."""

_NAME = r'(?:[^".\s]+|"(?:[^"]|"")+")'
_TABLE_NAME = re.compile(rf"\s*({_NAME})\.({_NAME})\s*")


def split_table_name(table: str) -> tuple[str, str]:
    """Schema and name of `schema.table`, either of them quoted as in SQL where it needs it.

    Unquoted names are folded to lower case, as PostgreSQL does. Raises ValueError.
    """
    match = _TABLE_NAME.fullmatch(table)
    if match is None:
        raise ValueError(f'"{table}" is not of the form schema.table')
    return _unquoted(match[1]), _unquoted(match[2])


def is_network_host(host: str) -> bool:
    """Whether it is a host's name or address, and not the folder of a Unix socket."""
    return not host.startswith("/")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower().rstrip(".") == "localhost"


def _unquoted(name: str) -> str:
    return name[1:-1].replace('""', '"') if name.startswith('"') else name.lower()
