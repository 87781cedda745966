"""AHU571 to AHU574: the version itself, and the network that it listens on."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from ahu_sql.linter.findings import Finding
from ahu_sql.pooler.checks.situation import Situation, finding, hosts_of, is_local
from ahu_sql.pooler.versions import as_text

_OLDEST = (1, 18)
_MENDED_CANCEL = (1, 21)


def too_old(situation: Situation) -> Iterator[Finding]:
    """AHU571: a version of which nothing is known here."""
    if situation.version < _OLDEST:
        message = f"pgbouncer {as_text(situation.version)} is older than 1.18, the oldest tried"
        yield finding("AHU571", situation.as_a_whole, message, "upgrade pgbouncer to 1.24")


def fatal_cancel(situation: Situation) -> Iterator[Finding]:
    """AHU572: a version that a client can end."""
    if _OLDEST <= situation.version < _MENDED_CANCEL:
        message = (
            f"pgbouncer {as_text(situation.version)} ends when a client sends a cancel request and "
            "more behind it"
        )
        hint = "upgrade pgbouncer to 1.24; until then Restart=always in its systemd unit"
        yield finding("AHU572", situation.as_a_whole, message, hint)


def plain_network(situation: Situation) -> Iterator[Finding]:
    """AHU573: readings go over the network in clear."""
    mode = situation.text("client_tls_sslmode").lower()
    if mode not in ("disable", "allow", "prefer"):
        return
    without = "without TLS, all they read is in clear"
    if mode != "disable":
        without = f"and need no TLS by client_tls_sslmode {mode}, all they read may be in clear"
    outside = [name for name in situation.names("listen_addr") if not _is_loopback(name)]
    if outside:
        message = f"clients come in over {', '.join(outside)} {without}"
        hint = "client_tls_sslmode = require, with client_tls_key_file and client_tls_cert_file"
        yield finding("AHU573", situation.where("listen_addr"), message, hint)


def plain_server(situation: Situation) -> Iterator[Finding]:
    """AHU574: readings come from the server in clear."""
    if situation.text("server_tls_sslmode").lower() != "disable":
        return
    hosts = {host: alias for alias in situation.our_aliases for host in hosts_of(alias)}
    far = {h: alias for h, alias in hosts.items() if not is_local(h) and not _is_loopback(h)}
    if far:
        message = f"pgbouncer goes to {', '.join(far)} without TLS, all that is read is in clear"
        hint = "server_tls_sslmode = verify-full, with server_tls_ca_file; or prefer"
        yield finding("AHU574", situation.where("server_tls_sslmode"), message, hint)


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return address == "localhost"


RULES = (too_old, fatal_cancel, plain_network, plain_server)
