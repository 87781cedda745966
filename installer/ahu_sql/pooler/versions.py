"""What each version of pgbouncer knows. From its changelog, and tried on 1.18.0 and 1.24.1."""

from __future__ import annotations

from collections.abc import Mapping

Version = tuple[int, ...]

NEWEST_TRIED: Version = (1, 24, 1)

INTRODUCED: Mapping[str, Version] = {
    "auth_dbname": (1, 19),
    "cancel_wait_timeout": (1, 19),
    "peer_id": (1, 19),
    "track_extra_parameters": (1, 20),
    "max_prepared_statements": (1, 21),
    "auth_ident_file": (1, 23),
    "max_db_client_connections": (1, 24),
    "max_user_client_connections": (1, 24),
    "load_balance_hosts": (1, 24),
    "reserve_pool_size of an alias": (1, 24),
    "transaction_timeout": (1, 25),
    "query_wait_notify": (1, 25),
}
"""Settings younger than 1.18, the oldest version that is supported here."""

SHOWS_STATE: Version = (1, 19)
"""From here on SHOW STATE may be asked; 1.18 writes a warning into its log for that."""

PREPARES_BY_DEFAULT: Version = (1, 24)
"""From here on max_prepared_statements is 200 where nothing is said."""


def knows(version: Version, name: str) -> bool:
    """Whether a version has a setting (of the pooler, or of an alias)."""
    return version[:2] >= INTRODUCED.get(name, (1, 18))


def as_text(version: Version) -> str:
    """Such as `1.24.1`."""
    return ".".join(str(number) for number in version)
