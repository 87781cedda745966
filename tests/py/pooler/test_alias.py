"""The monitoring views know through which alias of a real pooler a session comes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from plant import RAW_TABLE
from pooler.site import PooledSite

NAMES = {
    "none": {},
    "empty": {"application_name": ""},
    "a name": {"application_name": "Streamlit - costs"},
    "a long one": {"application_name": "airflow.providers.common.sql.operators.sql.energy"},
    "longer than PostgreSQL keeps": {"application_name": "x" * 70},
    "in Korean": {"application_name": "공장 대시보드 모니터"},
}


def by_socket(pooled: PooledSite, alias: str) -> str:
    return make_conninfo(pooled.pooler.dsn(alias), host=str(pooled.pooler.folder))


@contextmanager
def watching(pooled: PooledSite) -> Iterator[None]:
    """Every open transaction runs for long."""
    pooled.database.execute("update ahu.settings set long_running_after = '0'")
    try:
        yield
    finally:
        pooled.database.execute("update ahu.settings set long_running_after = default")


def open_transactions(pooled: PooledSite, text: str) -> list[tuple[Any, ...]]:
    return pooled.database.rows(
        "select role_name, alias, state from ahu.long_running_queries where query = %s", [text]
    )


@pytest.mark.parametrize("name", NAMES)
def test_whatever_the_client_calls_itself(pooled: PooledSite, name: str) -> None:
    text = f"select '{pooled.version}, {name}'"
    with watching(pooled):
        for dsn in (pooled.pooler.dsn("ahu_read"), by_socket(pooled, "ahu_read")):
            with psycopg.connect(dsn, **NAMES[name]) as client:
                client.execute(text)
                expected = [("ahu_read", "ahu_read", "idle in transaction")]
                assert open_transactions(pooled, text) == expected


def test_but_not_when_it_changes_the_name_afterwards(pooled: PooledSite) -> None:
    text = f"select 'renamed, {pooled.version}'"
    with watching(pooled), psycopg.connect(pooled.pooler.dsn("ahu_read")) as client:
        client.execute("set application_name = 'mine'")
        client.execute(text)
        assert open_transactions(pooled, text) == [("ahu_read", None, "idle in transaction")]


def test_the_etl_comes_by_ahu_write(pooled: PooledSite) -> None:
    with watching(pooled), psycopg.connect(pooled.pooler.dsn("ahu_write")) as etl:
        etl.execute(f"delete from {RAW_TABLE} where ahu_id = 'nobody'")
        counted = pooled.database.rows(
            "select alias, state, connections, role_connections >= connections "
            "from ahu.connections where role_name = 'ahu_write' and state <> 'idle'"
        )
        assert counted == [("ahu_write", "idle in transaction", 1, True)]
