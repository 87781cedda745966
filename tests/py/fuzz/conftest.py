"""One database per kind of raw table, which all zones have one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from fuzz.runs import PROGRAMS, SEED, Run, base_seed, programs
from fuzz.sites import Site, site
from fuzz.tables import KINDS
from servers.running import RunningServer


def pytest_report_header() -> str:
    """What the programs follow from."""
    return f"fuzz: {PROGRAMS}={programs()} {SEED}={base_seed()}"


@pytest.fixture(scope="module")
def site_for(server: RunningServer) -> Iterator[Callable[[Run], Site]]:
    """Gives the site of a run; that of the kind before goes when another kind is asked for."""
    with ExitStack() as stack:
        sites: list[Site] = []

        def get(run: Run) -> Site:
            if not sites or sites[0].kind.name != run.kind:
                stack.close()
                sites[:] = [stack.enter_context(site(server, KINDS[run.kind]))]
            if sites[0].zone != run.zone or sites[0].is_counted:
                sites[0].move_to(run.zone)
            if run.machine != "tracked":
                sites[0].count()
            sites[0].add_inserted(run.machine != "silent")
            return sites[0]

        yield get
