"""`ahu-sql pgbouncer`: the pooler's files, and checks of any pooler."""

from __future__ import annotations

import os
import re
from pathlib import Path

import click

from ahu_sql.console import counted, say, show
from ahu_sql.errors import AhuSqlError
from ahu_sql.linter.findings import as_text, explanation
from ahu_sql.locations import pgbouncer_folder
from ahu_sql.options import example, explain_option, settings_from, settings_options
from ahu_sql.passwords import read_password
from ahu_sql.pooler.checks import check as find_faults
from ahu_sql.pooler.checks.evidence import gather
from ahu_sql.pooler.codes import CODES
from ahu_sql.pooler.files import render_files
from ahu_sql.pooler.folder import write_files
from ahu_sql.pooler.program import find_program
from ahu_sql.pooler.versions import as_text as as_version
from ahu_sql.settings import DEBIANS, Pgbouncer, is_network_host
from ahu_sql.settings_checks import OLDEST_PGBOUNCER


@click.group(
    short_help="The pooler's files, and checks of a pooler.",
    epilog=example("ahu-sql pgbouncer render --out pooler"),
)
def pgbouncer() -> None:
    """The files of pgbouncer from the settings, and checks of any configuration of it."""


@pgbouncer.command(
    short_help="Write the pooler's files into a folder.",
    epilog=example("ahu-sql pgbouncer render --out pooler"),
)
@settings_options
@click.option(
    "--out",
    required=True,
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="The folder to write to; it is made where there is none.",
)
def render(config: Path | None, assignments: tuple[str, ...], out: Path) -> None:
    """Write the pooler's files into DIR, and never over a file that is not ours.

    Where pgbouncer reaches the server by TCP, AHU_PGBOUNCER_PASSWORD, or a file that
    AHU_PGBOUNCER_PASSWORD_FILE names, holds its own password: the one that install was given.

    docker-compose.yml is among them where a container of Debian's can be the pooler: it reaches the
    server by TCP (--set pgbouncer.server_host=HOST), and Debian has the version as a package.
    """
    pooler = settings_from(config, assignments).pgbouncer
    password = read_password("ahu_pgbouncer", os.environ)
    if password is None:
        _require_sockets(pooler)
    for change in write_files(out, render_files(pgbouncer_folder(), pooler, password)):
        show(f"{change.action:<9} {change.path}")
    if reason := _why_no_container(pooler):
        say(f"docker-compose.yml is left out: {reason}")
    say(f"the files are for pgbouncer {pooler.version}{_other_version(pooler)}")


def _require_sockets(pooler: Pgbouncer) -> None:
    """Raises AhuSqlError where a server is reached by TCP: no password is there for it."""
    by_tcp = {
        "pgbouncer.server_host": [pooler.server_host],
        "pgbouncer.read_hosts": pooler.read_hosts,
    }
    without = {
        "pgbouncer.server_host": "pgbouncer.server_host=/var/run/postgresql",
        "pgbouncer.read_hosts": "pgbouncer.read_hosts=",
    }
    found = {
        setting: ", ".join(hosts)
        for setting, names in by_tcp.items()
        if (hosts := [host for host in names if is_network_host(host)])
    }
    if found:
        named = " and ".join(f"{setting} ({hosts})" for setting, hosts in found.items())
        flags = " ".join(f"--set {without[setting]}" for setting in found)
        raise AhuSqlError(
            "pgbouncer has no password for the server",
            detail=f"By TCP it reaches {named}, and role ahu_pgbouncer needs one there.",
            hint="Set AHU_PGBOUNCER_PASSWORD_FILE or AHU_PGBOUNCER_PASSWORD, for ahu-sql install "
            f"too; or do without TCP: {flags}",
        )


def _why_no_container(pooler: Pgbouncer) -> str | None:
    """Why there is no file for Docker, and what to do; None: there is, or nobody asked for it."""
    if not pooler.uses_tcp_alone:
        if not pooler.docker_network:
            return None
        return "a container reaches a server by TCP (--set pgbouncer.server_host=HOST)"
    if pooler.local_hosts:
        return (
            f"in a container {pooler.local_hosts[0]} is the container itself (for a server on this "
            "machine: --set pgbouncer.server_host=host.docker.internal --set "
            "pgbouncer.address=samenet)"
        )
    if not pooler.debian:
        packages = " and ".join(f"{as_version(v)} ({name})" for v, name in DEBIANS.items())
        newest = as_version(max(DEBIANS))
        return (
            f"Debian has pgbouncer {packages}, not {pooler.version} (for a container: --set "
            f"pgbouncer.version={newest})"
        )
    return None


def _other_version(pooler: Pgbouncer) -> str:
    """What to say where this machine has another pgbouncer; often nothing."""
    program = find_program()
    if program is None:
        return ""
    minor = program.version[:2]
    if minor == pooler.numbers[:2] or minor < OLDEST_PGBOUNCER:
        return ""
    version = as_version(minor)
    return f", and {program.path} is {version}; for that: --set pgbouncer.version={version}"


@pgbouncer.command(
    short_help="Check a configuration, any, or a running pooler.",
    epilog=example(
        "ahu-sql pgbouncer check pooler",
        "ahu-sql pgbouncer check --explain AHU521",
    ),
)
@click.argument("place", required=False, metavar="[DIR-or-FILE]", type=click.Path(path_type=Path))
@click.option(
    "--dsn",
    metavar="ADMIN",
    help="The console of the running pgbouncer, as 'host=... port=6432 dbname=pgbouncer user=...'. "
    "Without DIR-or-FILE its own configuration is checked.",
)
@click.option(
    "--server",
    metavar="DSN",
    help="The database behind it, as 'host=... dbname=... user=...': sizes, passwords and "
    "its pg_hba.conf are checked against it. A superuser sees most.",
)
@click.option(
    "--pooler-version",
    metavar="X.Y",
    help="The version of pgbouncer, where no console tells it.  [default: the one that the file "
    "was made for, else the newest tried]",
)
@explain_option
@click.pass_context
def check(
    context: click.Context,
    place: Path | None,
    dsn: str | None,
    server: str | None,
    pooler_version: str | None,
    explain: str | None,
) -> None:
    """Check a configuration of pgbouncer, ours or any other, and a running one. Exit 1 on findings.

    DIR-or-FILE is pgbouncer.ini or its folder; the files that it names are read too. A note is
    advice that does not fail: what no configuration of this version helps, or what depends on
    your network.
    """
    if explain is not None:
        show(explanation(CODES, explain, "ahu-sql pgbouncer check"))
        return
    evidence = gather(place, dsn, server, _version(pooler_version))
    for remark in evidence.remarks:
        say(remark)
    found = find_faults(evidence.situation)
    notes = [finding for finding in found if CODES[finding.code].is_note]
    for finding in found:
        show(as_text(finding, is_note=finding in notes))
    faults = len(found) - len(notes)
    version = as_version(evidence.situation.version)
    say(f"pgbouncer {version}: {counted(faults, 'finding')}, {counted(len(notes), 'note')}")
    if faults:
        context.exit(1)


def _version(text: str | None) -> tuple[int, ...] | None:
    """The version that somebody typed. Raises AhuSqlError where it is none."""
    if text is None:
        return None
    if not re.fullmatch(r"\d{1,3}(\.\d{1,3}){1,2}", text):
        raise AhuSqlError(
            f'"{text}" is no version of pgbouncer',
            detail="It is two or three numbers with points between.",
            hint="Write what pgbouncer --version says, such as --pooler-version 1.24",
        )
    version = tuple(int(part) for part in text.split("."))
    if version[:2] < OLDEST_PGBOUNCER:
        raise AhuSqlError(
            f'--pooler-version must be {as_version(OLDEST_PGBOUNCER)} or later, not "{text}"',
            detail="Older ones lack settings that a pooler here needs, and none was tried.",
            hint="Upgrade pgbouncer, or write what pgbouncer --version says, such as "
            "--pooler-version 1.24",
        )
    return version
