"""A site's own loader, as the provider's hook suggests it: psycopg prepares its statement."""

from __future__ import annotations

from datetime import timedelta

import pendulum
from airflow.providers.postgres.hooks.postgres import PostgresHook
from airflow.sdk import dag, task


@dag(start_date=pendulum.datetime(2025, 9, 1), schedule=None)
def ahu_insert_rows() -> None:
    """One task."""

    @task
    def insert_rows(logical_date: pendulum.DateTime) -> None:
        """A reading a second, by two connections: what one leaves prepared the other may meet."""
        rows = [(logical_date + timedelta(seconds=n), "AHU01", n) for n in range(20)]
        for half in (rows[:10], rows[10:]):
            PostgresHook("ahu_write").insert_rows(
                "ahu_data.energy_readings",
                half,
                ["timestamp", "ahu_id", "sf_cost_krw"],
                executemany=True,
            )

    insert_rows()


ahu_insert_rows()
