"""Every option of the command line, declared once."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from ahu_sql.locations import sql_folder
from ahu_sql.renderer import RenderedFile, render
from ahu_sql.settings import Settings
from ahu_sql.settings_reader import read_settings
from ahu_sql.source_tree import read_source_tree
from ahu_sql.transaction import LONGEST_PATIENCE_S

Command = TypeVar("Command", bound=Callable[..., Any])

dsn_option = click.option(
    "--dsn",
    metavar="DSN",
    help="The database, as 'host=... dbname=... user=...' or postgresql://... "
    "Default: libpq's own variables (PGHOST, PGDATABASE, PGUSER, PGSERVICE, ...).",
)

_config_option = click.option(
    "--config",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The settings file.  [default: ahu-sql.toml, where there is one]",
)

_set_option = click.option(
    "--set",
    "assignments",
    multiple=True,
    metavar="SECTION.KEY=VALUE",
    help="A single setting, over file and environment; a list is written a,b,c. Repeatable.",
)


class _Patience(click.FloatRange):
    """Up to a day, and a number."""

    def __init__(self) -> None:
        super().__init__(min=0, min_open=True, max=LONGEST_PATIENCE_S)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        seconds = super().convert(value, param, ctx)
        if math.isnan(seconds):
            self.fail(f"{value!r} is no number of seconds.", param, ctx)
        return seconds


patience_option = click.option(
    "--patience",
    type=_Patience(),
    default=60.0,
    show_default=True,
    metavar="SECONDS",
    help="How long to go on trying while others hold a lock that is needed. Each single try gives "
    "way after a second, so that the ETL never waits for two.",
)

publish_option = click.option(
    "--publish",
    is_flag=True,
    help="Go on although a publication FOR ALL TABLES will carry our tables too.",
)

batch_days_option = click.option(
    "--batch-days",
    type=click.IntRange(min=1, max=36600),
    default=31,
    show_default=True,
    metavar="DAYS",
    help="How many days one transaction folds at most.",
)

pgbouncer_option = click.option(
    "--pgbouncer",
    "consoles",
    multiple=True,
    metavar="DSN",
    help="The console of a running pgbouncer, as 'host=... port=6432 user=...'; its dbname is "
    "pgbouncer unless told otherwise. Repeatable.  [default: the setting pgbouncer.console]",
)

explain_option = click.option(
    "--explain", metavar="CODE", help="Say what a code means, with an example each way."
)

json_option = click.option(
    "--json", "wants_json", is_flag=True, help="Print one JSON object, for machines."
)


def settings_options(command: Command) -> Command:
    """--config and --set."""
    return _config_option(_set_option(command))


def settings_from(config: Path | None, assignments: tuple[str, ...]) -> Settings:
    """The settings that the options, the environment and the file give together."""
    return read_settings(config, os.environ, assignments)


def rendered_files(settings: Settings) -> tuple[RenderedFile, ...]:
    """The SQL of this site."""
    return render(read_source_tree(sql_folder()), settings)


def example(*lines: str) -> str:
    """The end of a command's help: lines that work when pasted."""
    return "\b\nExample:\n" + "\n".join(f"  {line}" for line in lines)
