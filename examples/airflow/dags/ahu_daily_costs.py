"""Every night: wait until the day is in the views, then use them, through the alias ahu_read."""

from __future__ import annotations

from datetime import timedelta

import pendulum
from airflow.providers.common.sql.operators.sql import SQLExecuteQueryOperator
from airflow.providers.common.sql.sensors.sql import SqlSensor
from airflow.sdk import CronDataIntervalTimetable, dag

# Each condition may be null, and unknown is not fresh: but for pending_days, which the strategy
# native does not know. There, and under lookback, it is is_stale and last_refresh that tell.
IS_FRESH = """
select
    bool_and(
        coalesce(f.newest_reading >= %(day_end)s::timestamptz, false)
        and coalesce(f.last_refresh >= %(day_end)s::timestamptz, false)
        and coalesce(f.pending_days, 0) = 0
        and not f.is_stale
    )
from ahu.freshness as f
"""

COSTS = """
select day, ahu_id, total_cost
from ahu.mv_daily_ahu_costs
where day = %(day)s::date
order by total_cost desc nulls last
limit 5
"""


@dag(
    start_date=pendulum.datetime(2025, 9, 1, tz="Asia/Seoul"),
    # The site's days, as the views have them. It begins to wait at midnight, for the hour after it.
    schedule=CronDataIntervalTimetable("0 0 * * *", timezone="Asia/Seoul"),
    catchup=False,
    default_args={"conn_id": "ahu_read", "retries": 2, "retry_delay": timedelta(minutes=1)},
    tags=["ahu"],
)
def ahu_daily_costs() -> None:
    """The five most expensive AHUs of the day that is over."""
    wait = SqlSensor(
        task_id="wait_until_fresh",
        sql=IS_FRESH,
        parameters={"day_end": "{{ data_interval_end }}"},
        # Between two questions it has neither a worker nor a connection.
        mode="reschedule",
        poke_interval=60,
        timeout=timedelta(hours=6).total_seconds(),
    )
    costs = SQLExecuteQueryOperator(
        task_id="show_costs",
        sql=COSTS,
        parameters={"day": "{{ data_interval_start.in_tz('Asia/Seoul').to_date_string() }}"},
        autocommit=True,
        show_return_value_in_logs=True,
        # The role's statement_timeout is 30 seconds: this is for a network that says nothing.
        execution_timeout=timedelta(minutes=2),
    )
    wait >> costs


ahu_daily_costs()
