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
from ahu_sql.options import example, settings_from, settings_options
from ahu_sql.passwords import read_password
from ahu_sql.pooler.checks import check as find_faults
from ahu_sql.pooler.checks.evidence import gather
from ahu_sql.pooler.codes import CODES
from ahu_sql.pooler.files import render_files
from ahu_sql.pooler.folder import write_files
from ahu_sql.pooler.versions import as_text as as_version
from ahu_sql.settings import is_network_host


@click.group(
    short_help="The pooler's files, and checks of a pooler.",
    epilog=example("ahu-sql pgbouncer render --out pooler"),
)
def pgbouncer() -> None:
    """The files of pgbouncer from the settings, and checks of any configuration of it."""


@pgbouncer.command(epilog=example("ahu-sql pgbouncer render --out pooler"))
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
    """
    pooler = settings_from(config, assignments).pgbouncer
    password = read_password("ahu_pgbouncer", os.environ)
    by_tcp = [host for host in (pooler.server_host, *pooler.read_hosts) if is_network_host(host)]
    if password is None and by_tcp:
        raise AhuSqlError(
            "pgbouncer has no password for the server",
            detail=f"It reaches {', '.join(by_tcp)} by TCP, where role ahu_pgbouncer needs one.",
            hint="Set AHU_PGBOUNCER_PASSWORD, for ahu-sql install too; or reach the server by its "
            "Unix socket: --set pgbouncer.server_host=/var/run/postgresql",
        )
    for change in write_files(out, render_files(pgbouncer_folder(), pooler, password)):
        show(f"{change.action:<9} {change.path}")
    if not pooler.fits_a_container:
        say(
            "docker-compose.yml is left out: a container reaches a server by TCP "
            "(--set pgbouncer.server_host=HOST)"
        )


@pgbouncer.command(
    epilog=example(
        "ahu-sql pgbouncer check pooler",
        "ahu-sql pgbouncer check --explain AHU521",
    )
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
    help="The database behind it, as 'host=... dbname=... user=...': sizes and passwords are "
    "checked against it. A superuser sees most.",
)
@click.option(
    "--pooler-version",
    metavar="X.Y",
    help="The version of pgbouncer, where no console tells it.  [default: the one that the file "
    "was made for, else the newest tried]",
)
@click.option("--explain", metavar="CODE", help="Say what a code means, with an example each way.")
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
    something that no configuration of this version can help, and no failure.
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
            hint="Write what pgbouncer --version says, such as --pooler-version 1.24",
        )
    return tuple(int(part) for part in text.split("."))
