"""Sessions meet in every order that a spec names: the views equal raw, or the log says where not.

The specs, in specs/, are of PostgreSQL's own kind (spec.py) and run by its isolationtester
(tester.py). Who must wait, and who must fail, stands in them as well.
"""

from __future__ import annotations

import pytest

from isolation.permutations import assert_as_expected, permutations
from isolation.site import Site
from isolation.spec import Permutation


@pytest.mark.parametrize("permutation", permutations("plain"), ids=str)
def test_sessions_on_a_plain_table_lose_nothing(site: Site, permutation: Permutation) -> None:
    assert_as_expected(site, "plain", permutation)


@pytest.mark.parametrize("permutation", permutations("install"), ids=str)
def test_installers_beside_sessions_lose_nothing(site: Site, permutation: Permutation) -> None:
    assert_as_expected(site, "plain", permutation)


@pytest.mark.parametrize("permutation", permutations("partitioned"), ids=str)
def test_sessions_on_partitions_lose_nothing(site: Site, permutation: Permutation) -> None:
    assert_as_expected(site, "partitioned", permutation)
