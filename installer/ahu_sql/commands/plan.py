"""`ahu-sql plan`: what an install would do."""

from __future__ import annotations

import os
from pathlib import Path

import click

from ahu_sql.applier import read_plan
from ahu_sql.console import counted, say, show
from ahu_sql.database import connect
from ahu_sql.options import (
    dsn_option,
    example,
    publish_option,
    rendered_files,
    settings_from,
    settings_options,
)
from ahu_sql.passwords import read_passwords
from ahu_sql.planner import Action, left_for_a_superuser


@click.command(epilog=example("ahu-sql plan --dsn 'host=localhost dbname=ahu_monitoring'"))
@dsn_option
@settings_options
@publish_option
@click.pass_context
def plan(
    context: click.Context,
    dsn: str | None,
    config: Path | None,
    assignments: tuple[str, ...],
    publish: bool,
) -> None:
    """Show what an install would do, and change nothing. Exit 1 when something is pending."""
    settings = settings_from(config, assignments)
    files = rendered_files(settings)
    with connect(dsn) as connection:
        result = read_plan(
            connection,
            files,
            settings,
            publish=publish,
            passwords=read_passwords(os.environ),
        )
        role = connection.info.user
    steps = [step for step in result.steps if step.action is not Action.REPAIR]
    for step in steps:
        show(f"{step.action.value:<8} {step.path}")
    for repair in result.repairs:
        show(f"repair   {repair}")
    for name in result.passwords:
        show(f"password {name}")
    if result.left:
        say(left_for_a_superuser(role))
    if result.is_pending:
        pending = len(steps) + len(result.repairs) + len(result.passwords)
        say(f"{counted(pending, 'step')} pending: ahu-sql install")
        if any(step.action is Action.CREATE for step in result.steps):
            say(
                f"After them: grants, limits of the roles, triggers on {settings.source.table}, "
                "and a backfill of what it holds."
            )
        context.exit(1)
    say("nothing is pending")
