"""AHU571 to AHU574: the version itself, and the network that it listens on."""

from __future__ import annotations

from ahu_sql.linter.findings import Code

_INI = "pgbouncer.ini"

CODES = (
    Code(
        code="AHU571",
        title="this version is older than all that were tried",
        explanation=(
            "1.18 is the oldest version that these files and rules were tried with. Older ones "
            "lack settings, know fewer hosts for an alias, and have faults in cancelling and TLS "
            "that were mended since."
        ),
        path=_INI,
        bad="; pgbouncer 1.17\n",
        good="; pgbouncer 1.24\n",
    ),
    Code(
        code="AHU572",
        title="a client can end this pgbouncer",
        explanation=(
            "From 1.18 to 1.20 a client that sends a cancel request, and data behind it, ends the "
            "process: every client of every alias loses its connection. 1.24 was seen to survive "
            "it. No setting helps, so something must start it again: Restart=always in its systemd "
            "unit, or restart: unless-stopped in docker-compose.yml."
        ),
        path=_INI,
        bad="; pgbouncer 1.18\n",
        good="; pgbouncer 1.24\n",
        is_note=True,
    ),
    Code(
        code="AHU573",
        title="clients come in over the network without TLS",
        explanation=(
            "SCRAM never sends a password, but everything behind it goes over the network in "
            "clear; allow and prefer leave that to the client. In a network that is the plant's "
            "own this may be meant so. client_tls_sslmode = require with a key and a certificate "
            "keeps readings to those who asked for them."
        ),
        path=_INI,
        bad="[pgbouncer]\nlisten_addr = 127.0.0.1, 10.0.0.5\n",
        good="[pgbouncer]\nlisten_addr = 127.0.0.1\n",
        is_note=True,
    ),
    Code(
        code="AHU574",
        title="pgbouncer goes to the server over the network without TLS",
        explanation=(
            "With server_tls_sslmode = disable all that is read and written crosses the network in "
            "clear, even where the server has a certificate. In a network that is the plant's own "
            "this may be meant so. prefer encrypts where the server can, and verify-full with "
            "server_tls_ca_file knows that it is the right one."
        ),
        path=_INI,
        bad="[pgbouncer]\n; host=db1\nserver_tls_sslmode = disable\n",
        good="[pgbouncer]\n; host=db1\nserver_tls_sslmode = prefer\n",
        is_note=True,
    ),
)
