"""The command line. Each command lives in a module of its own, named after its verb."""

from __future__ import annotations

import errno
from typing import Any

import click

from ahu_sql import __version__
from ahu_sql.commands.demo import demo
from ahu_sql.commands.doctor import doctor
from ahu_sql.commands.init import init
from ahu_sql.commands.install import install
from ahu_sql.commands.lint import lint
from ahu_sql.commands.pgbouncer import pgbouncer
from ahu_sql.commands.plan import plan
from ahu_sql.commands.refresh import refresh
from ahu_sql.commands.render import render
from ahu_sql.commands.status import status
from ahu_sql.commands.uninstall import uninstall
from ahu_sql.commands.verify import verify
from ahu_sql.console import clock, forget_output, say
from ahu_sql.errors import AhuSqlError
from ahu_sql.options import example

_UNWRITTEN = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)


class _Commands(click.Group):
    """A group that prints our errors as three lines and leaves with their exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            with clock.running():
                return super().invoke(ctx)
        except AhuSqlError as error:
            say(str(error))
            ctx.exit(error.exit_code)
        except OSError as error:
            if error.errno not in _UNWRITTEN:
                raise
            forget_output()
            say(
                "error: the output cannot be written\n"
                f"DETAIL: {error.strerror}.\n"
                "HINT: Make room there, or write it to another place."
            )
            ctx.exit(2)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order in which one meets them."""
        return list(self.commands)


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=example("ahu-sql install --dsn 'host=localhost dbname=ahu_monitoring'"),
)
@click.version_option(__version__, prog_name="ahu-sql")
def main() -> None:
    """Exact, always fresh rollups of AHU energy readings inside PostgreSQL.

    Exit codes: 0 done or nothing to do; 1 something is pending or a check failed; 2 wrong usage or
    no connection; 130 interrupted (Ctrl-C, SIGTERM).
    """


for command in (
    demo,
    init,
    render,
    lint,
    plan,
    install,
    refresh,
    status,
    verify,
    doctor,
    pgbouncer,
    uninstall,
):
    main.add_command(command)
