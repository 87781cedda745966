"""Random programs of several sessions leave the views exact, or say what is not."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fuzz.runs import Run, run, runs
from fuzz.sites import Site


@pytest.mark.needs_sessions
@pytest.mark.parametrize("one", runs(), ids=str)
def test_programs_leave_the_views_exact(site_for: Callable[[Run], Site], one: Run) -> None:
    run(site_for(one), one)
