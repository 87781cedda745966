"""Servers, and a browser, from Debian's packages: the machine's, else unpacked into the cache."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from servers.places import CACHE, MissingError

UNPACK = Path(__file__).with_name("unpack_debian.sh")
PGTAP_VARIABLE = "AHU_TEST_PGTAP"


@dataclass(frozen=True)
class DebianServer:
    """One major version of PostgreSQL, from the Debian suite that has it, with some extensions."""

    major: int
    suite: str
    extensions: tuple[str, ...] = ()
    """Names of their libraries, which end packages' names too, without `pg_` and with dashes."""
    scripts: tuple[str, ...] = ()
    """Names of extensions without a library."""

    @property
    def folder(self) -> Path:
        """Where it is unpacked."""
        return CACHE / f"debian-postgresql-{self.major}"

    @property
    def variable(self) -> str:
        """The environment variable that names another place."""
        return f"AHU_TEST_PG{self.major}_BIN"

    def binaries(self, *extensions: str) -> Path:
        """The programs of an installation that has these extensions: named, installed, unpacked."""
        named = os.environ.get(self.variable)
        candidates = [
            *([Path(named)] if named else []),
            Path(f"/usr/lib/postgresql/{self.major}/bin"),
            self.folder / f"usr/lib/postgresql/{self.major}/bin",
        ]
        for programs in candidates:
            libraries = [programs.with_name("lib") / f"{name}.so" for name in extensions]
            if (programs / "postgres").exists() and all(path.exists() for path in libraries):
                return programs
        wanted = " with ".join([f"PostgreSQL {self.major}", *extensions])
        raise MissingError(
            f"{wanted} is not here; to get it, run `make setup` on a machine with apt and network, "
            f"or install it and set {self.variable} to its bin folder"
        )

    def fetch(self) -> None:
        """Unpack it, with all of its extensions, into the cache."""
        server = f"postgresql-{self.major}"
        packages = [
            f"{server}-{name.removeprefix('pg_').replace('_', '-')}"
            for name in (*self.extensions, *self.scripts)
        ]
        _unpack(self.folder, self.suite, server, *packages)


@dataclass(frozen=True)
class DebianPgbouncer:
    """One version of pgbouncer, from the Debian suite that has it."""

    version: str
    suite: str

    @property
    def folder(self) -> Path:
        """Where it is unpacked."""
        return CACHE / f"debian-pgbouncer-{self.version}"

    @property
    def variable(self) -> str:
        """The environment variable that names another place."""
        return f"AHU_TEST_PGBOUNCER_{self.version.replace('.', '_')}"

    def program(self) -> Path:
        """The program: named, or unpacked."""
        named = os.environ.get(self.variable)
        program = Path(named) if named else self.folder / "usr/sbin/pgbouncer"
        if program.exists():
            return program
        raise MissingError(
            f"pgbouncer {self.version} is not here; to get it, run `make setup` on a machine with "
            f"apt and network, or set {self.variable} to a pgbouncer of that version"
        )

    def fetch(self) -> None:
        """Unpack it into the cache."""
        _unpack(self.folder, self.suite, "pgbouncer")


@dataclass(frozen=True)
class DebianChromium:
    """A browser without a window: the machine's own, else the one of a Debian suite."""

    suite: str
    variable: str = "AHU_TEST_CHROMIUM"
    names: tuple[str, ...] = ("chromium-headless-shell", "chromium", "google-chrome")

    @property
    def folder(self) -> Path:
        """Where it is unpacked."""
        return CACHE / "debian-chromium"

    def program(self) -> Path:
        """The program: named, installed, or unpacked."""
        installed = [found for name in self.names if (found := shutil.which(name))]
        unpacked = self.folder / "usr/bin" / self.names[0]
        for program in (os.environ.get(self.variable), *installed, unpacked):
            if program and Path(program).exists():
                return Path(program)
        raise MissingError(
            "Chromium is not here; to get it, run `make setup` on a machine with apt and network, "
            f"or install it, or set {self.variable} to its program"
        )

    def fetch(self) -> None:
        """Unpack it into the cache, with a font for what a page brings no font for."""
        _unpack(self.folder, self.suite, self.names[0], "fonts-liberation")


@dataclass(frozen=True)
class DebianTool:
    """A program that needs no more than the machine's C library, from the oldest suite that has it.

    package: without the others that it depends on. version: told in errors, and the folder's name.
    """

    package: str
    name: str
    version: str
    suite: str

    @property
    def folder(self) -> Path:
        """Where it is unpacked."""
        return CACHE / f"debian-{self.package}-{self.version}"

    @property
    def variable(self) -> str:
        """The environment variable that names another place."""
        short = self.name.removeprefix("prometheus-").replace("-", "_").upper()
        return f"AHU_TEST_{short}_{self.version.replace('.', '_')}"

    def program(self) -> Path:
        """The program: named, or unpacked."""
        named = os.environ.get(self.variable)
        program = Path(named) if named else self.folder / "usr/bin" / self.name
        if program.exists():
            return program
        raise MissingError(
            f"{self.name} {self.version} is not here; to get it, run `make setup` on a machine "
            f"with apt and network, or set {self.variable} to a {self.name} of that version"
        )

    def fetch(self) -> None:
        """Unpack it into the cache; the package's other programs are big, and go."""
        _unpack(self.folder, self.suite, "--alone", self.package)
        for other in (self.folder / "usr/bin").iterdir():
            if other.name != self.name:
                other.unlink()


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


# newest pgTAP (1.3), which loads on PostgreSQL 15 to 18; the Apache build of TimescaleDB;
# pg_cron 1.6, which knows seconds; plpgsql_check 2.8
PG17 = DebianServer(17, "trixie", ("timescaledb", "pg_cron", "plpgsql_check"), ("pgtap",))
# the oldest that we support; pg_cron 1.4, which knows minutes only; plpgsql_check 2.3
PG15 = DebianServer(15, "bookworm", ("pg_cron", "plpgsql_check"))
PGBOUNCERS = {
    pgbouncer.version: pgbouncer
    for pgbouncer in (DebianPgbouncer("1.18", "bookworm"), DebianPgbouncer("1.24", "trixie"))
}
# the oldest suite that has it: it needs the machine's C library to be as new
CHROMIUM = DebianChromium("bookworm")
# what Debian 12 and 13 have
EXPORTERS = {
    exporter.version: exporter
    for exporter in (
        DebianTool(
            "prometheus-postgres-exporter", "prometheus-postgres-exporter", "0.11", "bookworm"
        ),
        DebianTool(
            "prometheus-postgres-exporter", "prometheus-postgres-exporter", "0.17", "trixie"
        ),
    )
}
PROMTOOL = DebianTool("prometheus", "promtool", "2.42", "bookworm")
# too old for us: what only the refusal of an old server needs
PG13 = DebianServer(13, "bullseye")


def pgtap_script() -> Path:
    """The newest versioned pgTAP script: one file of SQL that loads as one query."""
    named = os.environ.get(PGTAP_VARIABLE)
    if named:
        return Path(named)
    found = PG17.folder.glob("usr/share/postgresql/*/extension/pgtap--[0-9]*.sql")
    whole = [path for path in found if path.stem.count("--") == 1]  # not an upgrade script
    if whole:
        return max(whole)
    raise MissingError(
        "pgTAP is not here; to get it, run `make setup` on a machine with apt and network, or set "
        f"{PGTAP_VARIABLE} to a pgtap--*.sql of pgTAP 1.3"
    )
