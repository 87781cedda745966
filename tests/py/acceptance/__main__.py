"""`make acceptance`: does the design keep its promises, on a plant of our own or at a site.

Exit code 0: every criterion that was measured holds; 1: one does not; 2: nothing was measured.

At a site (--dsn) everything is read only, as ahu_read, unless --etl-dsn is given. The clients take
the pooler's places, and users wait with them: choose the hour. Passwords: PGPASSWORD, ~/.pgpass.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

from acceptance.criteria import Limits, judge
from acceptance.measuring import Size, measure
from acceptance.report import report
from acceptance.sites import Site, behind_pooler, given_site, own_plant
from ahu_sql.console import say, show
from ahu_sql.database import translated_errors
from ahu_sql.errors import AhuSqlError
from ahu_sql.settings_reader import read_settings
from servers.catalogue import SERVERS
from servers.places import MissingError

CLIENTS = 200


def main(arguments: Sequence[str] | None = None) -> int:
    """Measures, prints, and says whether all holds."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.rewrite_readings and not options.etl_dsn:
        parser.error("--rewrite-readings writes as ahu_write: give --etl-dsn")
    if options.etl_dsn and not options.dsn:
        parser.error("--etl-dsn is for a site: give --dsn")
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    limits = Limits(options.responsive, options.chart)
    try:
        with ExitStack() as stack, translated_errors():
            site = _site(options, stack)
            clients = options.clients or _clients_of(site)
            size = Size(clients, options.seconds, options.thinking)
            return accept(site, size, limits, compares=not options.quick)
    except (AhuSqlError, MissingError) as error:
        say(str(error))
        return 2
    except KeyboardInterrupt:
        return 128 + signal.SIGINT


def accept(site: Site, size: Size, limits: Limits, *, compares: bool = True) -> int:
    """One run on a site that is there."""
    show(f"{site.title}; {os.cpu_count()} cores, load before {os.getloadavg()[0]:.1f}")
    measured = measure(site, size, compares=compares)
    criteria = judge(measured.evidence, limits)
    show(report(measured, criteria, size.clients))
    failed = sum(one.holds is False for one in criteria)
    unknown = sum(one.holds is None for one in criteria)
    say(f"{len(criteria)} criteria: {failed} failed, {unknown} not measured")
    return int(failed > 0)


def _site(options: argparse.Namespace, stack: ExitStack) -> Site:
    if options.dsn:
        settings = read_settings(options.config, os.environ, ())
        return given_site(
            options.dsn,
            options.monitor_dsn,
            options.etl_dsn,
            settings,
            rewrites=options.rewrite_readings,
        )
    for name in [name for name in os.environ if name.startswith("PG")]:
        del os.environ[name]
    os.environ["AHU_TEST_SERVER"] = options.server
    server = stack.enter_context(own_plant(options.ahus, options.days))
    return stack.enter_context(behind_pooler(server, options.clients or CLIENTS))


def _clients_of(site: Site) -> int:
    """As many as a site's pooler lets in beside its ETL; our own has as many places as we like."""
    pooler = site.settings.pgbouncer
    return CLIENTS if site.direct else pooler.max_client_conn - pooler.write_client_conn


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="acceptance", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    number = parser.add_argument_group("how much").add_argument
    number(
        "--clients",
        type=_at_least(1),
        help=f"dashboards; default: {CLIENTS}, at a site the pooler's places less the ETL's",
    )
    number("--seconds", type=_at_least(1), default=60, help="of each load; default: 60")
    number("--thinking", type=_more_than_0, default=5, help="s between two questions; default: 5")
    number("--responsive", type=_more_than_0, default=1, help="limit of p95 in s; default: 1")
    number("--chart", type=_more_than_0, default=3, help="limit of a chart's p99 in s; default: 3")
    own = parser.add_argument_group("a plant of our own").add_argument
    own("--ahus", type=_at_least(1), default=45, help="default: 45")
    own("--days", type=_at_least(2), default=365, help="of readings; default: 365")
    own("--server", default="ts17", choices=[*SERVERS], help="default: ts17, with TimescaleDB")
    own("--quick", action="store_true", help="leave out how it was: no pooler, no views")
    site = parser.add_argument_group("a site that is there").add_argument
    site("--dsn", help="alias ahu_read of the pooler, as ahu_read")
    site("--monitor-dsn", metavar="DSN", help="past the pooler, as a member of pg_monitor")
    site(
        "--etl-dsn",
        metavar="DSN",
        help="alias ahu_write, as ahu_write: calls the refresh twice a second; without it, measure "
        "while the site's own ETL is at work",
    )
    site(
        "--rewrite-readings",
        action="store_true",
        help="with --etl-dsn: also UPDATE the raw readings of the newest hour, to the values that "
        "they have",
    )
    site("--config", type=Path, help="the site's ahu-sql.toml")
    return parser


def _at_least(least: int) -> Callable[[str], int]:
    def number(text: str) -> int:
        if int(text) < least:
            raise argparse.ArgumentTypeError(f"{text} is less than {least}")
        return int(text)

    return number


def _more_than_0(text: str) -> float:
    if not float(text) > 0:
        raise argparse.ArgumentTypeError(f"{text} is not more than 0")
    return float(text)


if __name__ == "__main__":
    sys.exit(main())
