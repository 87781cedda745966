"""`ahu-sql install`: one transaction, then the backfill."""

from __future__ import annotations

import os
from pathlib import Path

import click

from ahu_sql import applier, backfill
from ahu_sql.console import counted, progress, say
from ahu_sql.database import Connection, connect, pass_on_notices
from ahu_sql.errors import AhuSqlError
from ahu_sql.health import read_large_objects, read_left_out
from ahu_sql.inspection import (
    NEWEST,
    absent_metrics,
    has_time_index,
    is_installed,
)
from ahu_sql.linter import lint
from ahu_sql.options import (
    batch_days_option,
    dsn_option,
    example,
    patience_option,
    publish_option,
    rendered_files,
    settings_from,
    settings_options,
)
from ahu_sql.passwords import read_passwords, read_without_password
from ahu_sql.planner import left_for_a_superuser
from ahu_sql.renderer import RenderedFile
from ahu_sql.settings import Settings


@click.command(
    short_help="Install or upgrade; safe while the ETL runs.",
    epilog=example("ahu-sql install --dsn 'host=localhost dbname=ahu_monitoring'"),
)
@dsn_option
@settings_options
@publish_option
@patience_option
@batch_days_option
def install(
    dsn: str | None,
    config: Path | None,
    assignments: tuple[str, ...],
    publish: bool,
    patience: float,
    batch_days: int,
) -> None:
    """Install or upgrade; asks nothing, and does nothing where nothing is to do.

    AHU_READ_PASSWORD and AHU_WRITE_PASSWORD become the passwords of the roles, and so does
    AHU_PGBOUNCER_PASSWORD, for a pooler that comes by TCP; or what files hold that
    AHU_READ_PASSWORD_FILE and so on name. Without them, passwords stay as they are.

    Everything is applied in one transaction that gives way to the ETL. Then the readings that are
    already there are folded, newest days first, in batches; interrupted, the next install goes on.
    """
    settings = settings_from(config, assignments)
    passwords = read_passwords(os.environ)
    files = rendered_files(settings)
    _refuse_faults(files)
    with connect(dsn) as connection:
        pass_on_notices(connection, say)
        is_first = not is_installed(connection)
        plan = applier.install(
            connection,
            files,
            settings,
            publish=publish,
            passwords=passwords,
            patience_s=patience,
            say=say,
        )
        if plan.steps:
            say(f"{counted(len(plan.steps), 'file')} applied")
        elif not plan.is_pending:
            say("nothing to apply")
        for repair in plan.repairs:
            say(f"repairing {repair}")
        for role in plan.passwords:
            say(f"password of {role} set")
        if plan.left:
            say(left_for_a_superuser(connection.info.user))
        if plan.steps and is_first:
            _warn_of_missing_passwords(connection)
        if plan.steps:
            _warn_of_large_objects(connection)
        if plan.steps and settings.refresh.strategy == "native":
            _warn_of_left_out(connection)
        if plan.steps and not has_time_index(connection, settings):
            table, column = settings.source.table, settings.source.time_column
            say(
                f'warning: {table} has no index on "{column}"\n'
                "DETAIL: Every refresh reads the whole table.\n"
                "HINT: ahu-sql doctor --fix builds it beside writers."
            )
        with progress("backfill") as move:
            totals = backfill.backfill(connection, batch_days=batch_days, progress=move)
        if plan.steps and settings.source.is_long:
            _warn_of_absent_metrics(connection, settings)
    if totals.days:
        say(f"{counted(totals.readings, 'reading')} folded into {counted(totals.keys, 'key')}")


def _warn_of_missing_passwords(connection: Connection) -> None:
    if roles := read_without_password(connection):
        variables = " ".join(f"{role.upper()}_PASSWORD_FILE=FILE" for role in roles)
        say(
            f"{' and '.join(roles)} {'has' if len(roles) == 1 else 'have'} no password yet\n"
            "DETAIL: Where the server or pgbouncer asks for one, they do not get in.\n"
            f"HINT: {variables} ahu-sql install"
        )


def _warn_of_large_objects(connection: Connection) -> None:
    role = connection.info.user
    found = read_large_objects(connection)
    if found.left_open and found.in_use:
        say(
            "warning: ahu_read can create large objects, as everybody can\n"
            "DETAIL: This database holds large objects, and whoever makes them may need the right "
            "that PUBLIC has.\n"
            "HINT: Grant it to those who need it, then: revoke execute on function "
            f"{found.left_open} from public; or keep it: ahu-sql install --set "
            "roles.large_objects=open"
        )
    elif found.left_open:
        say(
            "warning: ahu_read can create large objects, as everybody can\n"
            f'DETAIL: PUBLIC may execute {found.left_open}; role "{role}" cannot revoke that.\n'
            "HINT: Once as a superuser: ahu-sql install; or keep it: ahu-sql install --set "
            "roles.large_objects=open"
        )
    if found.left_closed:
        say(
            "warning: PUBLIC stays without the right to create large objects\n"
            f"DETAIL: PUBLIC may not execute {found.left_closed}; "
            f'role "{role}" cannot grant that.\n'
            "HINT: Once as a superuser: ahu-sql install --set roles.large_objects=open"
        )


def _warn_of_left_out(connection: Connection) -> None:
    left_out = read_left_out(connection)
    if left_out:
        say(
            f"warning: the views leave out what raw has no more, of {counted(left_out, 'key')}\n"
            "DETAIL: The strategy native sums up the raw table; retention took their readings.\n"
            "HINT: Their summaries are kept: ahu-sql install --set refresh.strategy=incremental"
        )


def _warn_of_absent_metrics(connection: Connection, settings: Settings) -> None:
    if absent := absent_metrics(connection, settings):
        say(
            f"warning: no reading of the newest {NEWEST} has the metric {', '.join(absent)}\n"
            "DETAIL: Measures that add up nothing else are null.\n"
            "HINT: Correct [measures] in ahu-sql.toml; ahu-sql init lists the metrics there are."
        )


def _refuse_faults(files: tuple[RenderedFile, ...]) -> None:
    findings = lint(files)
    if findings:
        first = findings[0]
        raise AhuSqlError(
            f"the SQL has {counted(len(findings), 'fault')}, nothing was installed",
            detail=f"{first.path}:{first.line}: {first.code} {first.message}",
            hint="ahu-sql lint",
            exit_code=1,
        )
