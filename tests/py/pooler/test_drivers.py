"""Drivers through both aliases in transaction pooling: by default, and as docs/clients.md says."""

from __future__ import annotations

import psycopg
import pytest

from pooler.drivers import AS_DOCUMENTED, BY_DEFAULT, Driver
from pooler.site import DATABASE, PooledSite
from servers.pooler import start_pooler

ALIASES = ("ahu_read", "ahu_write")
CARRIES_PREPARED_STATEMENTS = {"1.24"}


@pytest.mark.parametrize("alias", ALIASES)
@pytest.mark.parametrize("driver", BY_DEFAULT, ids=str)
def test_works_by_default(poolers: dict[str, PooledSite], driver: Driver, alias: str) -> None:
    for version in sorted(CARRIES_PREPARED_STATEMENTS):
        driver.run(poolers[version].pooler, alias, driver.options)


@pytest.mark.parametrize("alias", ALIASES)
@pytest.mark.parametrize("driver", AS_DOCUMENTED, ids=str)
def test_works_as_documented(pooled: PooledSite, driver: Driver, alias: str) -> None:
    driver.run(pooled.pooler, alias, driver.options)


def test_without_that_118_carries_no_prepared_statements(poolers: dict[str, PooledSite]) -> None:
    """What docs/clients.md's settings are for; psycopg 3 prepares at the fifth time."""
    with pytest.raises(psycopg.Error, match="prepared statement"):
        BY_DEFAULT[0].run(poolers["1.18"].pooler, "ahu_read", {})


@pytest.mark.parametrize("driver", BY_DEFAULT, ids=str)
def test_works_by_default_under_strict_too(poolers: dict[str, PooledSite], driver: Driver) -> None:
    site = poolers["1.24"]
    with start_pooler(site.server, "1.24", DATABASE, "strict=true") as pooler:
        driver.run(pooler, "ahu_read", driver.options)


def test_a_session_pool_for_the_etl_works_by_default_on_both(pooled: PooledSite) -> None:
    options = ("write_pool_mode=session", "write_pool_size=10")
    with start_pooler(pooled.server, pooled.version, DATABASE, *options) as pooler:
        for driver in BY_DEFAULT:
            driver.run(pooler, "ahu_write", driver.options)
