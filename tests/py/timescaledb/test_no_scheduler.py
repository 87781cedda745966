"""The Apache licence has no jobs: where pg_cron is not here either, that is said."""

from __future__ import annotations

import psycopg
import pytest

from databases import Database
from in_force import put_in_force
from plant import raw_table


def test_schedule_refresh_says_what_is_missing_and_what_to_do(database: Database) -> None:
    licence = database.scalar("show timescaledb.license")
    if licence != "apache":
        pytest.skip(f"TimescaleDB is here under the licence {licence}, which has jobs")
    raw_table(database)
    put_in_force(database)
    with pytest.raises(psycopg.errors.FeatureNotSupported) as caught:
        database.execute("call ahu.schedule_refresh('6 minutes')")
    said = caught.value.diag
    assert said.message_primary == "this database has no job scheduler"
    assert 'under the licence "apache", which has no jobs' in str(said.message_detail)
    assert "call ahu.refresh_dashboard_views()" in str(said.message_hint)
    assert "create extension pg_cron" in str(said.message_hint)
    database.execute("call ahu.unschedule_refresh()")  # nothing to remove is no error
