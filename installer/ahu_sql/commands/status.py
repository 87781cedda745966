"""`ahu-sql status`: how fresh the views are."""

from __future__ import annotations

import click

from ahu_sql.console import say, show
from ahu_sql.database import connect
from ahu_sql.health import read_health
from ahu_sql.inspection import require_installed
from ahu_sql.options import dsn_option, example
from ahu_sql.table import format_table


@click.command(epilog=example("ahu-sql status --dsn 'host=localhost dbname=ahu_monitoring'"))
@dsn_option
@click.pass_context
def status(context: click.Context, dsn: str | None) -> None:
    """Show how fresh the views are, and the last refreshes. Exit 1 when something is wrong."""
    with connect(dsn) as connection:
        require_installed(connection)
        health = read_health(connection)
    show(format_table(health.freshness.columns, health.freshness.rows))
    show("")
    show(format_table(health.runs.columns, health.runs.rows))
    if health.job.rows:
        show("")
        show(format_table(health.job.columns, health.job.rows))
    for concern in health.concerns:
        say(concern)
    if health.concerns:
        context.exit(1)
