"""Packets that no well-behaved client sends."""

from __future__ import annotations

import socket
import struct

from ahu_sql.demo.processes import LOOPBACK

PROTOCOL = 196608
CANCEL = 80877102


def startup(**parameters: str) -> bytes:
    """The first packet of a session."""
    words = b"".join(
        word.encode() + b"\0" for pair in parameters.items() for word in pair if word is not None
    )
    body = struct.pack("!I", PROTOCOL) + words + b"\0"
    return struct.pack("!I", len(body) + 4) + body


def cancel_request(process: int, key: int) -> bytes:
    """What asks for the end of the query of the session that was given this key."""
    return struct.pack("!IIII", 16, CANCEL, process % 2**32, key % 2**32)


def send(port: int, packet: bytes, *, answer_s: float = 2.0) -> bytes:
    """Sends a packet on a connection of its own; what is answered within that time, in seconds."""
    with socket.create_connection((LOOPBACK, port), timeout=2) as connection:
        try:
            connection.sendall(packet)
            connection.settimeout(answer_s)
            return connection.recv(4096) if answer_s else b""
        except (TimeoutError, ConnectionError):
            return b""
