"""`ahu-sql plan`: what an install would do."""

from __future__ import annotations

from pathlib import Path

import click

from ahu_sql.applier import read_plan
from ahu_sql.console import counted, say, show
from ahu_sql.database import connect
from ahu_sql.options import (
    dsn_option,
    example,
    rendered_files,
    settings_from,
    settings_options,
)


@click.command(epilog=example("ahu-sql plan --dsn 'host=localhost dbname=ahu_monitoring'"))
@dsn_option
@settings_options
@click.pass_context
def plan(
    context: click.Context, dsn: str | None, config: Path | None, assignments: tuple[str, ...]
) -> None:
    """Show what an install would do, and change nothing. Exit 1 when something is pending."""
    settings = settings_from(config, assignments)
    files = rendered_files(settings)
    with connect(dsn) as connection:
        result = read_plan(connection, files, settings)
    for step in result.steps:
        show(f"{step.action.value:<8} {step.file.path}")
    if result.is_pending:
        say(f"{counted(len(result.steps), 'step')} pending: ahu-sql install")
        context.exit(1)
    say("nothing is pending")
