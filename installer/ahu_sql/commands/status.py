"""`ahu-sql status`: how fresh the views are, and how the pools before them are."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import click

from ahu_sql.console import say, show
from ahu_sql.database import connect
from ahu_sql.errors import AhuSqlError
from ahu_sql.health import Concern, Health, read_health
from ahu_sql.inspection import require_installed
from ahu_sql.options import (
    dsn_option,
    example,
    json_option,
    pgbouncer_option,
    settings_from,
    settings_options,
)
from ahu_sql.pooler.console import NotAdmittedError
from ahu_sql.pooler.pools import Pooler, place_of, read_pooler
from ahu_sql.report import Report, as_json, as_tables

_ADVICE = (
    "start it, or name its console with --pgbouncer 'host=... port=6432 user=...', as a user among "
    "stats_users in pgbouncer.ini"
)
"""What helps against most of what a console may not answer for."""


@click.command(
    short_help="Show how fresh the views are, and the pools.",
    epilog=example(
        "ahu-sql status --dsn 'host=localhost dbname=ahu_monitoring'",
        "ahu-sql status --dsn 'host=localhost dbname=ahu_monitoring' --json",
    ),
)
@dsn_option
@pgbouncer_option
@json_option
@settings_options
@click.pass_context
def status(
    context: click.Context,
    dsn: str | None,
    consoles: tuple[str, ...],
    wants_json: bool,
    config: Path | None,
    assignments: tuple[str, ...],
) -> None:
    """Show how fresh the views are, the last refreshes, and the pools of pgbouncer where asked.

    Exit 1 when something is wrong; a line on stderr says what, and what to do. A pooler that does
    not answer is such a thing. Where the database does not answer, the pools are shown before the
    error.

    In the tables: waiting clients are among the clients; servers are connections to the server;
    places are how many of them there may be, the reserve included.

    \b
    --json prints one object. Its keys; what is unknown is null, times and dates are ISO 8601,
    what ends in _s is seconds, the rest of the numbers are counts:
      version    of ahu-sql
      database   its name; null: it did not answer, and "concerns" says why
      freshness  an object per view, with the columns of ahu.freshness (last_duration_s)
      runs       the last five refreshes, newest first: columns of ahu.refresh_runs (duration_s)
      job        scheduler, job_id, schedule, last_run, next_run, last_error, last_error_at;
                 null: nothing is scheduled
      poolers    null: none was asked; an object per pgbouncer that answered:
                 place (as in "pools"), version, clients, max_clients (max_client_conn),
                 is_paused (as a whole; null: the version does not tell)
      pools      null: no pooler was asked; an object per alias:
                 place, alias, clients, max_clients (its own limit), waiting (among clients),
                 logins_waiting (among waiting: passwords still to be looked up),
                 longest_wait_s (of logins at least), servers_active, servers_idle,
                 servers_opening, look_up_servers (connections that look up passwords, beside the
                 pool), pool_size, reserve_pool_size, is_paused, is_disabled
      concerns   code and text of all that is wrong; the codes: stale, backfill, quarantine,
                 tracking, job, native, lock, drift (somebody changed or dropped an object of
                 ours), database, pooler (does not answer), pools
    """
    settings = settings_from(config, assignments)
    places = {console: place_of(console) for console in consoles or settings.pgbouncer.console}
    health, failure = _look_at_database(dsn)
    poolers, unreachable = _look_at_poolers(places)
    report = Report(health, failure, poolers if places else None, unreachable)
    if wants_json:
        show(as_json(report))
    else:
        if tables := as_tables(report):
            show(tables)
        for concern in report.concerns:
            say(str(concern))
    if failure:
        raise failure
    if report.concerns:
        context.exit(1)


def _look_at_database(dsn: str | None) -> tuple[Health | None, AhuSqlError | None]:
    """Its state, or why that is not to be had."""
    try:
        with connect(dsn) as connection:
            require_installed(connection)
            return read_health(connection), None
    except AhuSqlError as error:
        return None, error


def _look_at_poolers(
    places: Mapping[str, str],
) -> tuple[tuple[Pooler, ...], tuple[Concern, ...]]:
    """Those that answer, and a concern for each that does not. places: by connection string."""
    poolers, unreachable = [], []
    for console, place in places.items():
        try:
            poolers.append(read_pooler(console))
        except AhuSqlError as error:
            reason = " ".join(f"{error.message}: {error.detail or ''}".split()).rstrip(".:")
            advice = _ADVICE
            if isinstance(error, NotAdmittedError) and error.hint:
                advice = error.hint[0].lower() + error.hint[1:].removesuffix(".")
            unreachable.append(
                Concern(
                    "pooler",
                    f"pgbouncer at {place} does not tell its state ({reason}); {advice}",
                )
            )
    return tuple(poolers), tuple(unreachable)
