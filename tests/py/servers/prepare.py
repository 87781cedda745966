"""`python -m servers.prepare`: get every server ready, and say in one line each how that went."""

from __future__ import annotations

import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from ahu_sql.demo.server import embedded_binaries
from ahu_sql.errors import AhuSqlError
from servers import airflow, container, dashboard, debian, pglite, pgspot
from servers.places import CHECKOUT, MissingError


@dataclass(frozen=True)
class Source:
    """Something to fetch, and what is found in it afterwards, by title."""

    fetch: Callable[[], None]
    finds: dict[str, Callable[[], Path]]


# in the order in which they are started: the slowest first
SOURCES = (
    Source(airflow.fetch_airflow, {"Airflow": airflow.airflow_python}),
    Source(
        debian.PG17.fetch,
        {
            "PostgreSQL 17 with TimescaleDB": lambda: debian.PG17.binaries("timescaledb"),
            "PostgreSQL 17 with pg_cron": lambda: debian.PG17.binaries("pg_cron"),
            "PostgreSQL 17 with plpgsql_check": lambda: debian.PG17.binaries("plpgsql_check"),
            "pgTAP": debian.pgtap_script,
        },
    ),
    Source(
        debian.PG15.fetch,
        {
            "PostgreSQL 15": debian.PG15.binaries,
            "PostgreSQL 15 with pg_cron": lambda: debian.PG15.binaries("pg_cron"),
            "PostgreSQL 15 with plpgsql_check": lambda: debian.PG15.binaries("plpgsql_check"),
        },
    ),
    *(
        Source(pgbouncer.fetch, {f"pgbouncer {version}": pgbouncer.program})
        for version, pgbouncer in debian.PGBOUNCERS.items()
    ),
    *(
        Source(exporter.fetch, {f"postgres_exporter {version}": exporter.program})
        for version, exporter in debian.EXPORTERS.items()
    ),
    Source(debian.PROMTOOL.fetch, {"promtool": debian.PROMTOOL.program}),
    Source(debian.PG13.fetch, {"PostgreSQL 13": debian.PG13.binaries}),
    Source(
        dashboard.fetch_dashboard_packages,
        {"Streamlit and Playwright": dashboard.dashboard_packages},
    ),
    Source(debian.CHROMIUM.fetch, {"Chromium": debian.CHROMIUM.program}),
    Source(pglite.fetch_pglite, {"PGlite with TimescaleDB": pglite.pglite_folder}),
    Source(pgspot.fetch_pgspot, {"pgspot": pgspot.pgspot_python}),
)


def prepare(source: Source) -> list[str]:
    """Fetch it unless everything is here already; one line for each of its titles."""
    failure = ""
    if not all(_is_here(find) for find in source.finds.values()):
        try:
            source.fetch()
        except MissingError as error:
            failure = f" - {error}"
    return [_line(title, find, failure) for title, find in source.finds.items()]


def _is_here(find: Callable[[], Path]) -> bool:
    try:
        find()
    except MissingError:
        return False
    return True


def _line(title: str, find: Callable[[], Path], failure: str = "") -> str:
    try:
        found = find()
    except MissingError as missing:
        return f"{title}: skipped: {missing}{failure}"
    place = found.relative_to(CHECKOUT) if found.is_relative_to(CHECKOUT) else found
    return f"{title}: ready ({place})"


def _docker_line() -> str:
    title = "Docker"
    try:
        container.require_docker()
    except MissingError as missing:
        return f"{title}: skipped: {missing}, then AHU_TEST_SERVER=ha17"
    return f"{title}: ready ({container.IMAGE} is pulled when AHU_TEST_SERVER=ha17 wants it)"


def main() -> int:
    """Exit code 1 only where the server is missing that everything runs on."""
    try:
        print(_line("PostgreSQL 18", embedded_binaries))
    except AhuSqlError as error:
        print(error, file=sys.stderr)
        return 1
    with ThreadPoolExecutor() as pool:
        docker = pool.submit(_docker_line)
        for lines in pool.map(prepare, SOURCES):
            print("\n".join(lines), flush=True)
        print(docker.result())
    return 0


if __name__ == "__main__":
    sys.exit(main())
