"""Every hour: load the hour's readings through the alias ahu_write, then refresh the views.

Where the readings come from is the site's: here, a folder with a CSV file for each hour. The rest
can stay as it is. README.md beside this folder says what happens when a step fails.
"""

from __future__ import annotations

import csv
from datetime import timedelta
from pathlib import Path
from typing import Any

import pendulum
from airflow.providers.common.sql.operators.sql import SQLExecuteQueryOperator
from airflow.providers.postgres.hooks.postgres import PostgresHook
from airflow.sdk import CronDataIntervalTimetable, dag, task
from psycopg import Cursor, IsolationLevel, sql

RAW_TABLE = "ahu_data.energy_readings"
OF_THE_HOUR = f"from {RAW_TABLE} where timestamp >= %s and timestamp < %s"


@dag(
    # The first hour to be loaded: set it to the day on which this DAG takes over.
    start_date=pendulum.datetime(2025, 9, 1, tz="Asia/Seoul"),
    # Hours, not points in time: Airflow 3 takes "@hourly" for an interval of no length.
    schedule=CronDataIntervalTimetable("0 * * * *", timezone="UTC"),
    # After a night without a scheduler the hours of that night are loaded too.
    catchup=True,
    # Hours come in order, and a backlog takes one of the few connections of ahu_write.
    max_active_runs=1,
    default_args={
        # What mends itself: a file that is late, a pooler or a server that restarts, no free
        # connection for 15 seconds (query_wait_timeout). After 1, 2, 4 and 8 minutes, at most
        # twice that, so that an hour's tries are over when the next hour has come.
        "retries": 4,
        "retry_delay": timedelta(minutes=1),
        "retry_exponential_backoff": 2,
    },
    tags=["ahu"],
)
def ahu_readings() -> None:
    """Load an hour's readings, refresh the views."""

    # Longer than the role's lock_timeout of 5 minutes, so that it is the server who says which
    # statement waited for a lock.
    @task(execution_timeout=timedelta(minutes=15))
    def load_readings(folder: str, data_interval_start: Any = None, data_interval_end: Any = None):
        """In one transaction: the hour's readings are those of its file, and no others."""
        hour = data_interval_start, data_interval_end
        path = Path(folder) / f"readings-{data_interval_start.in_tz('UTC'):%Y%m%dT%H%M}.csv"
        # The connection commits at the end of the block, or rolls back, and is closed.
        with path.open(newline="") as file, PostgresHook("ahu_write").get_conn() as connection:
            # Said, since a client of the pool may have left another default behind: see the lock.
            connection.isolation_level = IsolationLevel.READ_COMMITTED
            # An earlier try that Airflow has given up may still be about: one of them waits here,
            # and sees in its next statement what the other has committed.
            connection.execute(
                "select pg_catalog.pg_advisory_xact_lock("
                "pg_catalog.hashtextextended('load_readings', 0))"
            )
            replaced = connection.execute(f"delete {OF_THE_HOUR}", hour).rowcount
            columns = sql.SQL(", ").join(map(sql.Identifier, next(csv.reader(file))))
            copy = sql.SQL("copy {} ({}) from stdin (format csv)").format(
                sql.SQL(RAW_TABLE), columns
            )
            cursor = connection.cursor()
            with cursor.copy(copy) as copying:
                while block := file.read(1 << 16):
                    copying.write(block)
            loaded = cursor.rowcount
            # What is outside of the hour, no later try would replace.
            (distinct,) = connection.execute(
                f"select count(distinct (timestamp, ahu_id)) {OF_THE_HOUR}", hour
            ).fetchone()
            if distinct != loaded:
                raise ValueError(
                    f"{path}: {loaded - distinct} of {loaded} readings are there twice, or not of "
                    f"the hour from {data_interval_start} to {data_interval_end}"
                )
        print(f"{path}: {loaded} readings, in place of {replaced}")
        return loaded

    refresh = SQLExecuteQueryOperator(
        task_id="refresh_dashboard_views",
        conn_id="ahu_write",
        sql="call ahu.refresh_dashboard_views()",
        # One statement is one transaction: no BEGIN before it, no COMMIT after it.
        autocommit=True,
        handler=result_row,
        # For whoever reads the log: the CALL's result, and what the server says beside it.
        show_return_value_in_logs=True,
        hook_params={"enable_log_db_messages": True},
        # Longer than it waits for another refresh (wait_for, 5 minutes) and works; shorter than
        # the role's statement_timeout of an hour, which is for when nobody is there to give up.
        execution_timeout=timedelta(minutes=30),
    )

    load_readings("{{ var.value.ahu_readings_folder }}") >> refresh


def result_row(cursor: Cursor) -> dict[str, Any]:
    """The INOUT parameters by their names: what goes to XCom and to the log."""
    return dict(zip((column.name for column in cursor.description), cursor.fetchone(), strict=True))


ahu_readings()
