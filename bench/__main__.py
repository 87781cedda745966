"""`make bench`: everything, on every server that is here, in one run; tables, plots and a page.

Exit code 0: measured, whatever that says of the targets; 2: nothing was measured; 130 interrupted.
"""

from __future__ import annotations

import argparse
import os
import platform
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from ahu_sql import __version__
from ahu_sql.console import say, show
from ahu_sql.table import format_table
from bench.report import HEADINGS, findings, page, summary
from bench.results import Results, read_results
from bench.scenarios import backfill, dashboards, growth, maintained, minutes, refreshes, tracking
from bench.servers_measured import BY_DEFAULT, MEASURED, WITH_PG_IVM
from bench.sites import started
from bench.sizes import SIZES, Size
from databases import fresh_database
from once import work_out_once
from servers.places import CACHE, MissingError
from servers.running import RunningServer

FOLDER = CACHE / "bench"
Measure = Callable[[str, RunningServer, Size, Results], None]

SCENARIOS: dict[str, Measure] = {
    "refreshes": refreshes.measure,
    "tracking": tracking.measure,
    "backfill": backfill.measure,
    "dashboards": dashboards.measure,
    "minutes": minutes.measure,
    "growth": growth.measure,
    "maintained": maintained.measure,
}


def run(
    size: Size, servers: Sequence[str], scenarios: Sequence[str], file: Path | None = None
) -> Results:
    """Measure; file: where results are written as they come."""
    results = Results(about=_about(size))
    for name in servers:
        try:
            with started(MEASURED[name]) as running:
                results.titles[name] = _title(name, running)
                for scenario in _fit(name, scenarios):
                    SCENARIOS[scenario](name, running, size, results)
                    if file:
                        results.write(file)
        except MissingError as error:
            results.skipped.append(f"{name}: {error}")
            say(results.skipped[-1])
    return results


def _fit(server: str, scenarios: Sequence[str]) -> list[str]:
    """One server is there for one scenario alone."""
    return [name for name in scenarios if (name == "maintained") == (server == WITH_PG_IVM)]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measures, prints, and writes the page."""
    options = _parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    for name in [name for name in os.environ if name.startswith("PG")]:
        del os.environ[name]
    file = options.folder / f"results-{options.size}.json"
    if options.again:
        if not file.exists():
            say(f"nothing was measured yet: {file} is not there")
            return 2
        results = read_results(file)
    else:
        work_out_once(setattr)
        began = time.monotonic()
        try:
            results = run(SIZES[options.size], options.servers, options.scenarios, file)
        except KeyboardInterrupt:
            say("interrupted")
            return 130
        results.about["command"] = options.command
        results.about["time"] = f"{(time.monotonic() - began) / 60:.0f} minutes"
        if results.series:
            results.write(file)
    if not results.series:
        say("nothing was measured: none of these servers has one of these scenarios")
        return 2
    show(format_table(HEADINGS, summary(results)))
    for server, finding in findings(results).items():
        show(f"{server}: {finding}")
    _write_page(results, options.page)
    return 0


def _write_page(results: Results, path: Path) -> None:
    """The page, and beside it a folder of pictures, where they can be drawn."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        from bench.plots import draw_all
    except ModuleNotFoundError as error:
        if error.name != "matplotlib":
            raise
        say("no pictures: pip install -e '.[bench]'")
        pictures = {}
    else:
        pictures = draw_all(results, path.parent / "images")
    path.write_text(page(results, pictures), encoding="utf-8")
    say(f"written: {path}")


def _about(size: Size) -> dict[str, str]:
    return {
        "size": size.name,
        "version": _version(),
        "machine": f"{os.cpu_count()} cores, {_processor()}, {_memory_gb():.0f} GB of memory, "
        f"{platform.system()}",
        "load when it began": f"{os.getloadavg()[0]:.1f}",
    }


def _version() -> str:
    """Of what is measured."""
    git = ("git", "-C", str(Path(__file__).parent), "describe", "--always", "--tags", "--dirty")
    try:
        return subprocess.run(git, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return __version__


def _title(name: str, running: RunningServer) -> str:
    """Versions, as the server tells them."""
    query = (
        "select 'PostgreSQL ' || split_part(current_setting('server_version'), ' ', 1) || "
        "coalesce(', ' || (select string_agg(e.extname || ' ' || e.extversion, ', ') "
        "from pg_extension as e where e.extname <> 'plpgsql'), '')"
    )
    with fresh_database(running) as database:
        return f"{database.scalar(query)} ({MEASURED[name].title})"


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.partition(": ")[2] for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _memory_gb() -> float:
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--size", choices=[*SIZES], default="small", help="default: small")
    add("--servers", nargs="+", choices=[*MEASURED], default=[*BY_DEFAULT])
    add("--scenarios", nargs="+", choices=[*SCENARIOS], default=[*SCENARIOS])
    add("--folder", type=Path, default=FOLDER, help="for results-SIZE.json")
    add("--page", type=Path, default=FOLDER / "performance.md", help="what is written at the end")
    add("--again", action="store_true", help="write the page anew from the last results")
    add("--command", default=f"python -m bench {shlex.join(sys.argv[1:])}", help=argparse.SUPPRESS)
    return parser


if __name__ == "__main__":
    sys.exit(main())
