"""`ahu-sql uninstall`: everything of ours goes, everything of the site's is as it was."""

from __future__ import annotations

import sys

import click

from ahu_sql.console import say
from ahu_sql.database import connect, pass_on_notices
from ahu_sql.errors import AhuSqlError
from ahu_sql.inspection import is_installed
from ahu_sql.options import dsn_option, example, patience_option
from ahu_sql.remover import read_losses, remove


@click.command(
    short_help="Give everything back.",
    epilog=example("ahu-sql uninstall --yes --dsn 'host=localhost dbname=ahu_monitoring'"),
)
@dsn_option
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--roles", is_flag=True, help="Drop the roles too that ahu-sql made.")
@patience_option
@click.pass_context
def uninstall(
    context: click.Context, dsn: str | None, yes: bool, roles: bool, patience: float
) -> None:
    """Remove ahu-sql: views, rollups, triggers, grants; with --roles, its roles too."""
    with connect(dsn) as connection:
        pass_on_notices(connection, say)
        if not is_installed(connection):
            say("ahu-sql is not installed here, nothing to do")
            return
        question = f'Remove ahu-sql from database "{connection.info.dbname}"?'
        if not yes and not _is_confirmed(f"{read_losses(connection)} {question}"):
            say("nothing was removed")
            context.exit(1)
        remove(connection, roles=roles, patience_s=patience, say=say)
    say("ahu-sql is removed" + (", with its roles" if roles else "; its roles are kept"))


def _is_confirmed(question: str) -> bool:
    if sys.stdin is None:
        raise AhuSqlError(
            "nobody is there to be asked, nothing was removed",
            detail="There is no standard input.",
            hint="ahu-sql uninstall --yes",
            exit_code=1,
        )
    try:
        return click.confirm(question, err=True)
    except click.Abort:
        say("")
        return False
