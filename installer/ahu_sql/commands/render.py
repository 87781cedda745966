"""`ahu-sql render`: the SQL of this site, for reading."""

from __future__ import annotations

from pathlib import Path

import click

from ahu_sql.console import show
from ahu_sql.errors import AhuSqlError
from ahu_sql.options import example, rendered_files, settings_from, settings_options


@click.command(epilog=example("ahu-sql render 60_refresh"))
@settings_options
@click.argument("paths", nargs=-1)
def render(config: Path | None, assignments: tuple[str, ...], paths: tuple[str, ...]) -> None:
    """Print the SQL of this site as it would be applied.

    PATHS are rooms or files, such as 60_refresh or 70_views/mv_daily_ahu_kwh.sql; default: all.
    """
    files = rendered_files(settings_from(config, assignments))
    unknown = [path for path in paths if not any(f.path == path or f.room == path for f in files)]
    if unknown:
        raise AhuSqlError(
            f'there is no SQL "{unknown[0]}"',
            detail="The rooms are " + ", ".join(sorted({file.room for file in files})) + ".",
            hint="Name a room, or a file as it is printed: ahu-sql render 60_refresh",
        )
    for file in files:
        if not paths or file.path in paths or file.room in paths:
            show(f"-- file: {file.path}\n\n{file.sql}")
