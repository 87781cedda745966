"""`ahu-sql install`: one transaction, then the backfill."""

from __future__ import annotations

from pathlib import Path

import click

from ahu_sql import applier, backfill
from ahu_sql.console import counted, progress, say
from ahu_sql.database import connect
from ahu_sql.errors import AhuSqlError
from ahu_sql.inspection import has_time_index
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
from ahu_sql.renderer import RenderedFile, quoted


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

    Everything is applied in one transaction that gives way to the ETL. Then the readings that are
    already there are folded, newest days first, in batches; interrupted, the next install goes on.
    """
    settings = settings_from(config, assignments)
    files = rendered_files(settings)
    _refuse_faults(files)
    with connect(dsn) as connection:
        plan = applier.install(
            connection, files, settings, publish=publish, patience_s=patience, say=say
        )
        say(f"{counted(len(plan.steps), 'file')} applied" if plan.steps else "nothing to apply")
        for repair in plan.repairs:
            say(f"repairing {repair}")
        if plan.steps and not has_time_index(connection, settings):
            table, column = settings.source.table, settings.source.time_column
            say(
                f'warning: "{table}" has no index on "{column}"\n'
                "DETAIL: Every refresh reads the whole table.\n"
                f"HINT: create index concurrently on {table} ({quoted(column)})"
            )
        with progress("backfill") as move:
            totals = backfill.backfill(connection, batch_days=batch_days, progress=move)
    if totals.days:
        say(f"{counted(totals.readings, 'reading')} folded into {counted(totals.keys, 'key')}")


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
