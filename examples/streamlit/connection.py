"""The way to the database: as ahu_read, through pgbouncer's alias of that name."""

from __future__ import annotations

import os
from typing import Any

import pandas as pd
import streamlit as st
from sqlalchemy import CursorResult, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoConnectionFree
from streamlit.connections import SQLConnection
from streamlit.errors import StreamlitAPIException

from problems import ProblemError, problem_of
from site_settings import secrets

NAME = "ahu_read"
CONNECT_SECONDS = 5

# pg_type's numbers
NUMBERS = {20, 21, 23, 700, 701, 1700}
TIMES = {1184}
DATES = {1082}


def read(query: str, **values: Any) -> pd.DataFrame:
    """One query, asked once; numbers as floats, unknown ones as NaN, times in UTC.

    Raises ProblemError. Not SQLConnection.query(): that asks three times whatever the error is,
    the guard's too, and keeps its connection.
    """
    try:
        with _connection().connect() as session:
            return _frame(session.execute(text(query), values))
    except DBAPIError as error:
        raise problem_of(error) from error
    except NoConnectionFree as error:
        raise ProblemError(
            "too many people ask at once",
            detail="All of the dashboard's connections are taken.",
            hint="Try again in a moment.",
        ) from error


def _connection() -> SQLConnection:
    """One pool for all sessions of this process; secrets.toml wins, else libpq's own variables."""
    where = {} if secrets("connections", NAME) else {"url": environment_url()}
    try:
        return st.connection(
            NAME,
            type="sql",
            # a BEGIN would hold one of the pooler's connections for as long as a page thinks
            isolation_level="AUTOCOMMIT",
            # the pooler closes idle clients, and restarts
            pool_pre_ping=True,
            # pgbouncer before 1.21 cannot carry prepared statements
            connect_args={"prepare_threshold": None, "connect_timeout": CONNECT_SECONDS},
            **where,
        )
    except (StreamlitAPIException, SQLAlchemyError, ImportError, ValueError) as error:
        raise ProblemError(
            f"[connections.{NAME}] in secrets.toml cannot be used",
            detail=str(error),
            hint="secrets.toml.example has all that it needs.",
        ) from error


def environment_url() -> URL:
    """What libpq's variables leave open is as the pooler has it; PGSERVICE says everything."""
    if "PGSERVICE" in os.environ:
        return URL.create("postgresql+psycopg")
    return URL.create(
        "postgresql+psycopg",
        host=None if "PGHOST" in os.environ else "127.0.0.1",
        port=None if "PGPORT" in os.environ else 6432,
        database=None if "PGDATABASE" in os.environ else NAME,
        username=None if "PGUSER" in os.environ else NAME,
    )


def _frame(result: CursorResult[Any]) -> pd.DataFrame:
    """By the columns' types, not by what is in them: a column of nulls, and no rows, count too."""
    types = {column.name: column.type_code for column in result.cursor.description}
    frame = pd.DataFrame(result.all(), columns=list(result.keys()))
    for name, type_code in types.items():
        if type_code in NUMBERS:
            frame[name] = frame[name].astype(float)
        elif type_code in TIMES:
            frame[name] = pd.to_datetime(frame[name], utc=True)
        elif type_code in DATES:
            frame[name] = pd.to_datetime(frame[name])
    return frame
