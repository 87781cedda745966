"""The sites that commands are struck on, and the commands of the command line under a watch."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace

import psycopg
import pytest
from click.testing import CliRunner

from ahu_sql import database as database_module
from ahu_sql.cli import main as command_line
from ahu_sql.commands import install as install_command
from ahu_sql.options import rendered_files
from ahu_sql.renderer import RenderedFile
from ahu_sql.settings import Settings
from ahu_sql.settings_reader import read_settings
from databases import Database
from faults.bystander import Bystander
from faults.watch import Watch
from plant import plant_readings, raw_table

POINTS = (Path(__file__).parent / "points.sql").read_text(encoding="utf-8")


def small_site(database: Database) -> None:
    """Forty days of three AHUs, a reading every six hours, in two months; nothing of ours."""
    raw_table(database)
    plant_readings(database, ahus=3, days=40, minutes=360)
    database.execute(POINTS)


def ahu_sql(database: Database, watch: Watch, verb: str, *options: str) -> bool:
    """`ahu-sql VERB --dsn ...` in the test's own process, under a watch; whether it ended well."""
    with pytest.MonkeyPatch.context() as patch:
        watched = SimpleNamespace(**vars(psycopg) | {"connect": watch.connect})
        patch.setattr(database_module, "psycopg", watched)
        patch.setattr(install_command, "rendered_files", _rendered)
        done = CliRunner().invoke(command_line, [verb, "--dsn", database.dsn, *options])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    watch.said = done.output
    if "server closed the connection" in done.output:
        assert "error: the connection to the server was lost" in done.output
    assert (done.exit_code == 0) == ("error: " not in done.output), done.output
    return done.exit_code == 0


def installed(database: Database, *settings: str) -> None:
    """`ahu-sql install --set SETTING ...`, with points in all that it builds."""
    watch = Watch(Bystander(database))
    options = [word for setting in settings for word in ("--set", setting)]
    assert ahu_sql(database, watch, "install", *options), watch.said
    watch.end()
    watch.bystander.close()


def uninstalled(database: Database) -> None:
    """`ahu-sql uninstall --roles`, where there is something of ours."""
    watch = Watch(Bystander(database))
    assert ahu_sql(database, watch, "uninstall", "--yes", "--roles"), watch.said
    watch.end()
    watch.bystander.close()


def file_names(*settings: str) -> Mapping[str, str]:
    """The path of each file of SQL that an install sends, by its text."""
    return {file.sql: file.path for file in _rendered(read_settings(None, {}, settings))}


def _rendered(settings: Settings) -> tuple[RenderedFile, ...]:
    """Once for each site: an install is struck a hundred times."""
    key = repr(settings)
    if key not in _RENDERED:
        _RENDERED[key] = rendered_files(settings)
    return _RENDERED[key]


_RENDERED: dict[str, tuple[RenderedFile, ...]] = {}
