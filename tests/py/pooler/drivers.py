"""The drivers of dashboards and ETLs, each running the same work in many sessions at once.

Every session asks a dashboard's question, or calls the refresh, again and again: alone and inside a
transaction, so that drivers that prepare statements do, and server connections change hands.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import asyncpg
import psycopg
import psycopg2
import sqlalchemy
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from servers.pooler import PoolerProcess

SESSIONS = 8
ROUNDS = 12
QUESTION = (
    "select day, ahu_id, total_cost from ahu.mv_daily_ahu_costs where ahu_id = {} "
    "order by day desc limit 5"
)
CALL = "call ahu.refresh_dashboard_views(wait_for => '1 minute')"
WORK = {"ahu_read": (QUESTION, ("AHU01",)), "ahu_write": (CALL, ())}

Options = Mapping[str, Any]


@dataclass(frozen=True)
class Driver:
    """name. run: does the work of an alias. options: that of the driver's own that it is given."""

    name: str
    run: Callable[[PoolerProcess, str, Options], None]
    options: Options

    def __str__(self) -> str:
        return self.name


def _in_threads(session: Callable[[], None]) -> None:
    with ThreadPoolExecutor(SESSIONS) as pool:
        for done in [pool.submit(session) for _ in range(SESSIONS)]:
            done.result(120)


def _psycopg3(pooler: PoolerProcess, alias: str, options: Options) -> None:
    question, values = WORK[alias]

    def session() -> None:
        with psycopg.connect(pooler.dsn(alias), autocommit=True, **options) as connection:
            for _ in range(ROUNDS):
                connection.execute(question.format("%s"), values or None).fetchall()
                with connection.transaction():
                    connection.execute(question.format("%s"), values or None).fetchall()

    _in_threads(session)


def _psycopg2(pooler: PoolerProcess, alias: str, options: Options) -> None:
    question, values = WORK[alias]

    def session() -> None:
        connection = psycopg2.connect(pooler.dsn(alias), **options)
        try:
            for number in range(2 * ROUNDS):
                connection.autocommit = number % 2 == 0
                with connection.cursor() as cursor:
                    cursor.execute(question.format("%s"), values or None)
                    cursor.fetchall()
                connection.rollback() if number % 4 == 1 else connection.commit()
        finally:
            connection.close()

    _in_threads(session)


def _asyncpg(pooler: PoolerProcess, alias: str, options: Options) -> None:
    question, values = WORK[alias]
    where = conninfo_to_dict(pooler.dsn(alias))
    where["database"] = where.pop("dbname")

    async def session() -> None:
        connection = await asyncpg.connect(**where, **options)
        for _ in range(ROUNDS):
            await connection.fetch(question.format("$1"), *values)
            async with connection.transaction():
                await connection.fetch(question.format("$1"), *values)
        await connection.close()

    asyncio.run(_together(session))


def _sqlalchemy(driver: str) -> Callable[[PoolerProcess, str, Options], None]:
    def run(pooler: PoolerProcess, alias: str, options: Options) -> None:
        question, values = WORK[alias]
        statement = sqlalchemy.text(question.format(":ahu_id"))
        named = dict(zip(["ahu_id"], values, strict=False))
        engine = sqlalchemy.create_engine(
            _url(pooler, alias, driver), pool_size=SESSIONS, pool_pre_ping=True, **options
        )

        def session() -> None:
            for _ in range(ROUNDS):
                with engine.begin() as connection:
                    connection.execute(statement, named).fetchall()

        _in_threads(session)
        engine.dispose()

    return run


def _sqlalchemy_asyncpg(pooler: PoolerProcess, alias: str, options: Options) -> None:
    question, values = WORK[alias]
    statement = sqlalchemy.text(question.format(":ahu_id"))
    named = dict(zip(["ahu_id"], values, strict=False))
    url = _url(pooler, alias, "asyncpg")

    async def all_sessions() -> None:
        engine = create_async_engine(url, poolclass=NullPool, **options)

        async def session() -> None:
            async with engine.connect() as connection:
                for _ in range(ROUNDS):
                    async with connection.begin():
                        (await connection.execute(statement, named)).fetchall()

        await _together(session)
        await engine.dispose()

    asyncio.run(all_sessions())


async def _together(session: Callable[[], Any]) -> None:
    await asyncio.wait_for(asyncio.gather(*(session() for _ in range(SESSIONS))), 120)


def _url(pooler: PoolerProcess, alias: str, driver: str) -> sqlalchemy.URL:
    where = conninfo_to_dict(pooler.dsn(alias))
    return sqlalchemy.URL.create(
        f"postgresql+{driver}",
        str(where["user"]),
        str(where["password"]),
        str(where["host"]),
        int(str(where["port"])),
        str(where["dbname"]),
    )


BY_DEFAULT = (
    Driver("psycopg 3", _psycopg3, {}),
    Driver("psycopg 2", _psycopg2, {}),
    Driver("asyncpg", _asyncpg, {}),
    Driver("SQLAlchemy with psycopg 3", _sqlalchemy("psycopg"), {}),
    Driver("SQLAlchemy with psycopg 2", _sqlalchemy("psycopg2"), {}),
    Driver("SQLAlchemy with asyncpg", _sqlalchemy_asyncpg, {}),
)
"""As somebody installs them who has not heard of poolers."""


def unique_name() -> str:
    """SQLAlchemy prepares and executes in two steps, which a transaction keeps on one server
    connection; what is left over there must bear a name that nobody else thinks of."""
    return f"__asyncpg_{uuid4()}__"


_UNNAMED = {"statement_cache_size": 0, "prepared_statement_name_func": unique_name}

AS_DOCUMENTED = (
    Driver("psycopg 3", _psycopg3, {"prepare_threshold": None}),
    Driver("psycopg 2", _psycopg2, {}),
    Driver("asyncpg", _asyncpg, {"statement_cache_size": 0}),
    Driver(
        "SQLAlchemy with psycopg 3",
        _sqlalchemy("psycopg"),
        {"isolation_level": "AUTOCOMMIT", "connect_args": {"prepare_threshold": None}},
    ),
    Driver("SQLAlchemy with psycopg 2", _sqlalchemy("psycopg2"), {"isolation_level": "AUTOCOMMIT"}),
    Driver(
        "SQLAlchemy with asyncpg",
        _sqlalchemy_asyncpg,
        {"connect_args": {"prepared_statement_cache_size": 0, **_UNNAMED}},
    ),
)
"""As docs/clients.md says, for poolers that carry no prepared statements."""
