"""Every setting of pgbouncer.ini: what values it takes, and what holds where nothing is said.

From SHOW CONFIG of pgbouncer 1.18.0 and 1.24.1; when each came: INTRODUCED in versions.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from ahu_sql.pooler.versions import INTRODUCED, NEWEST_TRIED, PREPARES_BY_DEFAULT, Version

_WHOLE = {
    "application_name_add_host": "0",
    "default_pool_size": "20",
    "disable_pqexec": "0",
    "listen_backlog": "128",
    "listen_port": "6432",
    "log_connections": "1",
    "log_disconnections": "1",
    "log_pooler_errors": "1",
    "log_stats": "1",
    "max_client_conn": "100",
    "max_db_client_connections": "0",
    "max_db_connections": "0",
    "max_packet_size": "2147483647",
    "max_prepared_statements": "200",
    "max_user_client_connections": "0",
    "max_user_connections": "0",
    "min_pool_size": "0",
    "peer_id": "0",
    "pkt_buf": "4096",
    "reserve_pool_size": "0",
    "sbuf_loopcnt": "5",
    "server_fast_close": "0",
    "server_reset_query_always": "0",
    "server_round_robin": "0",
    "so_reuseport": "0",
    "stats_period": "60",
    "syslog": "0",
    "tcp_defer_accept": "1",
    "tcp_keepalive": "1",
    "tcp_keepcnt": "0",
    "tcp_keepidle": "0",
    "tcp_keepintvl": "0",
    "tcp_socket_buffer": "0",
    "tcp_user_timeout": "0",
    "unix_socket_mode": "0777",
    "verbose": "0",
}
"""Whole numbers; 1 and 0 for on and off; tcp_user_timeout in milliseconds."""

_SECONDS = {
    "autodb_idle_timeout": "3600",
    "cancel_wait_timeout": "10",
    "client_idle_timeout": "0",
    "client_login_timeout": "60",
    "dns_max_ttl": "15",
    "dns_nxdomain_ttl": "15",
    "dns_zone_check_period": "0",
    "idle_transaction_timeout": "0",
    "query_timeout": "0",
    "query_wait_notify": "5",
    "query_wait_timeout": "120",
    "reserve_pool_timeout": "5",
    "server_check_delay": "30",
    "server_connect_timeout": "15",
    "server_idle_timeout": "600",
    "server_lifetime": "3600",
    "server_login_retry": "15",
    "suspend_timeout": "10",
    "transaction_timeout": "0",
}
"""Seconds, with a fraction or without."""

_TEXTS = {
    "auth_query": "SELECT rolname, CASE WHEN rolvaliduntil < now() THEN NULL ELSE rolpassword END "
    "FROM pg_authid WHERE rolname=$1 AND rolcanlogin",
    "client_tls_ciphers": "default",
    "client_tls_dheparams": "auto",
    "client_tls_ecdhcurve": "auto",
    "client_tls_protocols": "secure",
    "job_name": "pgbouncer",
    "server_check_query": "select 1",
    "server_reset_query": "DISCARD ALL",
    "server_tls_ciphers": "default",
    "server_tls_protocols": "secure",
    "syslog_facility": "daemon",
    "syslog_ident": "pgbouncer",
    "track_extra_parameters": "IntervalStyle",
    "unix_socket_dir": "/tmp",
} | dict.fromkeys(
    (
        "admin_users",
        "auth_dbname",
        "auth_file",
        "auth_hba_file",
        "auth_ident_file",
        "auth_user",
        "client_tls_ca_file",
        "client_tls_cert_file",
        "client_tls_key_file",
        "conffile",
        "ignore_startup_parameters",
        "listen_addr",
        "logfile",
        "pidfile",
        "resolv_conf",
        "server_tls_ca_file",
        "server_tls_cert_file",
        "server_tls_key_file",
        "stats_users",
        "unix_socket_group",
        "user",
    ),
    "",
)

POOL_MODES = ("session", "transaction", "statement")
_SSL_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
_CHOICES = {
    "auth_type": ("any", "trust", "plain", "md5", "cert", "hba", "pam", "scram-sha-256"),
    "client_tls_sslmode": _SSL_MODES,
    "pool_mode": POOL_MODES,
    "server_tls_sslmode": _SSL_MODES,
}
_CHOSEN = {
    "auth_type": "md5",
    "client_tls_sslmode": "disable",
    "pool_mode": "session",
    "server_tls_sslmode": "prefer",
}
_DEFAULTS: Mapping[str, str] = _WHOLE | _SECONDS | _TEXTS | _CHOSEN

_AGES: Mapping[str, Mapping[str, Version]] = {
    "pgbouncer": {name: INTRODUCED.get(name, (1, 18)) for name in _DEFAULTS},
    "databases": dict.fromkeys(
        (
            "application_name",
            "auth_user",
            "client_encoding",
            "connect_query",
            "datestyle",
            "dbname",
            "host",
            "max_db_connections",
            "min_pool_size",
            "password",
            "pool_mode",
            "pool_size",
            "port",
            "reserve_pool",
            "timezone",
            "user",
        ),
        (1, 18),
    )
    | {
        "auth_dbname": (1, 19),
        "auth_query": (1, 22),
        "load_balance_hosts": (1, 24),
        "max_db_client_connections": (1, 24),
        "reserve_pool_size": (1, 24),
        "server_lifetime": (1, 23),
    },
    "users": {
        "client_idle_timeout": (1, 24),
        "idle_transaction_timeout": (1, 24),
        "max_user_client_connections": (1, 24),
        "max_user_connections": (1, 18),
        "pool_mode": (1, 18),
        "pool_size": (1, 23),
        "query_timeout": (1, 24),
        "reserve_pool_size": (1, 24),
        "transaction_timeout": (1, 25),
    },
    "peers": {"host": (1, 19), "pool_size": (1, 19), "port": (1, 19)},
}
"""When each key of a section, or each parameter of its connection strings, came."""

SECTIONS: Mapping[str, Version] = {
    "databases": (1, 18),
    "peers": (1, 19),
    "pgbouncer": (1, 18),
    "users": (1, 18),
}

_NUMBER = re.compile(r"[+-]?(0[xX][0-9a-fA-F]+|[0-9]+)")
_FRACTION = re.compile(r"\+?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")


def age_of(section: str, name: str) -> Version | None:
    """The version with which a setting came, 1.18 for older ones; None: none that is known here."""
    return _AGES[section].get(name)


def is_beyond_us(version: Version) -> bool:
    """Whether the version is newer than all that were tried, so that it may know more settings."""
    return version[:2] > NEWEST_TRIED[:2]


def default_of(name: str, version: Version) -> str:
    """What holds where the file does not say it."""
    if name == "max_prepared_statements" and version[:2] < PREPARES_BY_DEFAULT:
        return "0"
    if name == "server_tls_sslmode" and version[:2] < (1, 20):
        return "disable"
    return _DEFAULTS[name]


def fault_of(name: str, value: str) -> str | None:
    """Why pgbouncer refuses a value of a setting, as the end of a sentence; None: it does not.

    A setting that is not known here is not judged, nor a choice that a later version may have.
    """
    if name in _WHOLE and whole(value) is None:
        return "is a whole number"
    if name in _SECONDS and not _FRACTION.fullmatch(value):
        return "is a number of seconds"
    choices = _CHOICES.get(name)
    if choices and value.lower() not in (*choices, "ldap"):
        return f"is one of {', '.join(choices)}"
    return None


def whole(value: str) -> int | None:
    """A whole number as pgbouncer reads it, in octal where it begins with 0; None: it is none."""
    if not _NUMBER.fullmatch(value):
        return None
    digits = value.lstrip("+-")
    if digits.lower().startswith("0x"):
        return int(value, 16)
    try:
        return int(value, 8 if digits.startswith("0") else 10)
    except ValueError:
        return None


def same(name: str, one: str, other: str) -> bool:
    """Whether two ways to write the value of a setting mean the same."""
    if name in _WHOLE:
        return whole(one) == whole(other)
    if name in _SECONDS:
        try:
            return float(one) == float(other)
        except ValueError:
            return one == other
    return one.lower() == other.lower() if name in _CHOICES else one == other
