"""`ahu-sql refresh`: what Airflow does with one CALL, in batches and with progress."""

from __future__ import annotations

import click

from ahu_sql.backfill import refresh_pending
from ahu_sql.console import counted, progress, say
from ahu_sql.database import connect, pass_on_notices
from ahu_sql.inspection import require_installed
from ahu_sql.options import batch_days_option, dsn_option, example


@click.command(
    short_help="Bring the views up to date.",
    epilog=example("ahu-sql refresh --dsn 'host=localhost dbname=ahu_monitoring'"),
)
@dsn_option
@click.option(
    "--wait-for",
    default="5 minutes",
    show_default=True,
    metavar="INTERVAL",
    help="How long to wait for another refresh; 0: skip at once and say so.",
)
@batch_days_option
def refresh(dsn: str | None, wait_for: str, batch_days: int) -> None:
    """Bring the views up to date with the raw table: CALL ahu.refresh_dashboard_views()."""
    with connect(dsn) as connection:
        require_installed(connection)
        pass_on_notices(connection, say)
        with progress("refresh") as move:
            totals = refresh_pending(
                connection, wait_for=wait_for, batch_days=batch_days, progress=move
            )
    if totals.skipped:
        return  # the server has said why
    if totals.days:
        say(
            f"refreshed {counted(totals.days, 'day')}, {counted(totals.keys, 'key')} "
            f"from {counted(totals.readings, 'reading')}, {totals.quarantined:,} in quarantine"
        )
    else:
        say("nothing pending")
