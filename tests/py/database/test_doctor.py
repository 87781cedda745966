"""`ahu-sql doctor` on a real server: what it finds is gone once its statements are pasted."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from ahu_sql.doctor.surroundings import wanted_limits
from ahu_sql.settings import Pgbouncer
from databases import Database, fresh_database
from doctoring import codes, examined, findings, paste
from in_force import delete_silently, put_in_force
from plant import RAW_TABLE, plant_readings, raw_table
from servers.running import RunningServer

TIME_INDEX = "ahu_data.energy_readings_timestamp_idx"
MANY_DEAD = 10_001


@pytest.fixture(scope="module")
def site(server: RunningServer) -> Iterator[Database]:
    """Installed, with both indexes and statistics: nothing to be found. Each test leaves it so."""
    with fresh_database(server) as database:
        raw_table(database, hypertable=False)
        assert plant_readings(database, ahus=5, days=10) > 0
        put_in_force(database)
        paste(database, [f for f in findings(database) if f.code in ("AHU601", "AHU602")])
        database.execute(f"analyze {RAW_TABLE}")
        assert findings(database) == ()
        yield database


SPOILT = {
    "AHU601": f"drop index {TIME_INDEX}",
    "AHU603": f"update pg_index set indisvalid = false where indexrelid = '{TIME_INDEX}'::regclass",
    "AHU604": f"delete from pg_statistic where starelid = '{RAW_TABLE}'::regclass",
    "AHU605": f"alter table {RAW_TABLE} disable trigger ahu_note_inserted",
    "AHU612": f"insert into {RAW_TABLE} (timestamp, ahu_id) values (null, 'AHU01')",
    "AHU613": f"insert into {RAW_TABLE} (timestamp) values ('2024-01-05 12:00+09')",
    "AHU614": f"insert into {RAW_TABLE} (timestamp, ahu_id) values ('infinity', 'AHU01'), "
    "('-infinity', 'AHU01'), ('9999-12-31', 'AHU01')",
    "AHU615": f"insert into {RAW_TABLE} select * from {RAW_TABLE} "
    "where timestamp >= '2024-01-10 00:00+09' limit 3",
    "AHU631": "alter table _ahu.pending_changes set (autovacuum_enabled = off)",
    "AHU661": "alter role ahu_read connection limit 3",
    "AHU662": "drop view ahu.mv_daily_ahu_kwh",
    "AHU671": f"alter table {RAW_TABLE} enable row level security",
}
"""By the code that it must lead to."""


@pytest.mark.parametrize("code", SPOILT)
def test_a_finding_is_there_and_gone_once_its_statements_are_pasted(
    site: Database, code: str
) -> None:
    site.execute(SPOILT[code])
    found = findings(site)
    assert code in codes(found)
    paste(site, found)
    assert codes(findings(site)) == []


def test_duplicates_are_counted_by_key_and_the_last_of_each_stays(site: Database) -> None:
    site.execute(
        f"insert into {RAW_TABLE} (timestamp, ahu_id, sf_cost_krw) "
        "select '2024-01-08 12:00:30+09', 'AHU01', n from generate_series(1, 3) as n"
    )
    (finding,) = findings(site)
    assert finding.message.startswith("1 reading of the newest 31 days in ahu_data.energy_readings")
    assert finding.message.endswith("of AHU01 at 2024-01-08 12:00:30 Asia/Seoul")
    paste(site, [finding])
    mine = f"from {RAW_TABLE} where timestamp = '2024-01-08 12:00:30+09'"
    assert site.rows(f"select sf_cost_krw {mine}") == [(3,)]
    site.execute(f"delete {mine}")


def test_duplicates_older_than_the_days_that_are_looked_through_are_not_seen(
    site: Database,
) -> None:
    twice = "'2024-01-02 00:00:30+09', 'AHU01' from generate_series(1, 2)"
    site.execute(f"insert into {RAW_TABLE} (timestamp, ahu_id) select {twice}")
    for days, seen in ((5, 0), (31, 1)):
        readings = examined(site.dsn, days=days).readings
        assert readings and readings.duplicates == seen
    site.execute(f"delete from {RAW_TABLE} where timestamp = '2024-01-02 00:00:30+09'")


def test_readings_that_retention_took_unfolded_are_told_until_the_next_refresh(
    site: Database,
) -> None:
    site.execute("call ahu.refresh_dashboard_views()")
    late = "timestamp < '2023-12-31'"
    for day in ("2023-12-01", "2023-12-02"):
        site.execute(
            f"insert into {RAW_TABLE} (timestamp, ahu_id) values ('{day} 12:00+09', 'AHU01')"
        )
    # A day whose readings were deleted, and logged so, is not one of them.
    site.execute(
        f"insert into {RAW_TABLE} (timestamp, ahu_id) values ('2023-11-01 12:00+09', 'AHU01'); "
        f"delete from {RAW_TABLE} where timestamp < '2023-11-02'"
    )
    assert findings(site) == ()
    delete_silently(site, late)
    found = findings(site)
    assert codes(found) == ["AHU622"]
    assert found[0].message.startswith("2 days from 2023-12-01 on waited for a refresh")
    paste(site, found)
    assert findings(site) == ()


@pytest.mark.needs_sessions
def test_who_keeps_the_log_from_being_vacuumed_is_named_and_then_vacuum_is_asked_for(
    site: Database,
) -> None:
    site.execute("update ahu.settings set long_running_after = '1 microsecond'")
    holder = site.connect(autocommit=False, application_name="off to lunch")
    holder.execute("set transaction isolation level repeatable read")
    holder.execute("select count(*) from _ahu.pending_changes")
    site.execute(
        "alter table _ahu.pending_changes set (autovacuum_vacuum_threshold = 100000000); "
        "insert into _ahu.pending_changes (day, reason) "
        f"select '2024-01-01', 'mark_changed' from generate_series(1, {MANY_DEAD})"
    )
    with site.connect() as session:
        session.execute("delete from _ahu.pending_changes")
        session.execute("select pg_stat_force_next_flush()")
    found = [finding for finding in findings(site) if finding.code in ("AHU632", "AHU633")]
    (finding,) = found
    assert finding.code == "AHU632"
    assert f"process {holder.info.backend_pid} (off to lunch) has held its" in finding.message
    paste(site, found)
    with pytest.raises(psycopg.OperationalError):
        holder.execute("select")
    found = [finding for finding in findings(site) if finding.code in ("AHU632", "AHU633")]
    assert codes(found) == ["AHU633"]
    paste(site, found)
    site.execute("update ahu.settings set long_running_after = default")
    paste(site, findings(site))
    assert findings(site) == ()


def test_the_connection_limits_are_those_that_an_install_gives(site: Database) -> None:
    rows = site.rows(
        "select role_name, value::integer from _ahu.wanted_limits() "
        "where setting = 'connection limit'"
    )
    assert wanted_limits(Pgbouncer()) == dict(rows)


def test_pools_that_the_server_has_no_connections_for(site: Database) -> None:
    """Told by the settings: other pools want another size of the roles, and install gives it."""
    found = findings(site, "pgbouncer.read_pool_size=300")
    assert codes(found) == ["AHU641"]
    assert found[0].statements[0].startswith("alter system set max_connections = ")
