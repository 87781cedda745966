"""`ahu-sql uninstall`: everything of ours goes, everything of the site's is as it was."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click

from ahu_sql.console import ask, say
from ahu_sql.database import Connection, connect, pass_on_notices
from ahu_sql.errors import AhuSqlError
from ahu_sql.inspection import is_installed
from ahu_sql.options import dsn_option, example, patience_option
from ahu_sql.remover import read_losses, read_our_roles, remove, require_primary


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
    """Remove ahu-sql: views, rollups, triggers, grants; with --roles, its roles too.

    Roles belong to the whole server. With --roles they go later too, where they were kept.
    """
    with connect(dsn) as connection:
        pass_on_notices(connection, say)
        require_primary(connection)
        is_here = is_installed(connection)
        left = read_our_roles(connection) if roles and not is_here else ()
        if not is_here and not left:
            say("ahu-sql is not installed here, nothing to do")
            return
        if not yes and not _is_confirmed(_question(connection, left)):
            say("nothing was removed")
            context.exit(1)
        remove(connection, roles=roles, patience_s=patience, say=say)
    if left:
        say(f"ahu-sql is not installed here; its roles are dropped: {', '.join(left)}")
    elif roles:
        say("ahu-sql is removed, with its roles")
    else:
        say("ahu-sql is removed; its roles are kept, to drop them: ahu-sql uninstall --roles")


def _question(connection: Connection, left: Sequence[str]) -> str:
    """left: roles of ours, where nothing else is here."""
    database = connection.info.dbname
    if left:
        return f'ahu-sql is not installed in database "{database}". Drop {", ".join(left)}?'
    return f'{read_losses(connection)} Remove ahu-sql from database "{database}"?'


def _is_confirmed(question: str) -> bool:
    if sys.stdin is None:
        raise AhuSqlError(
            "nobody is there to be asked, nothing was removed",
            detail="There is no standard input.",
            hint="ahu-sql uninstall --yes",
            exit_code=1,
        )
    try:
        return ask(question)
    except click.Abort:
        say("")
        return False
