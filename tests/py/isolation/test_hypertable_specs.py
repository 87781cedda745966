"""Sessions meet on a hypertable, where retention is drop_chunks: see test_specs.py."""

from __future__ import annotations

import pytest

from isolation.permutations import assert_as_expected, permutations
from isolation.site import Site
from isolation.spec import Permutation


@pytest.mark.parametrize("permutation", permutations("hypertable"), ids=str)
def test_sessions_on_a_hypertable_lose_nothing(site: Site, permutation: Permutation) -> None:
    assert_as_expected(site, "hypertable", permutation)
