"""What docs/monitoring tells operators to set up, with real exporters: the metrics."""

from __future__ import annotations

import math
from collections.abc import Iterator

import psycopg
import pytest

from databases import Database, fresh_database
from monitoring.documents import (
    CREATE_ROLE,
    exporter_options,
    metrics_of_alerts,
    metrics_of_queries,
)
from monitoring.stories import STORIES
from plant import RAW_TABLE, plant_readings, raw_table
from product import install_product
from refreshing import refresh
from servers.debian import EXPORTERS
from servers.exporter import Exporter, Sample, value_of
from servers.running import RunningServer
from sessions import wait_until

pytestmark = pytest.mark.needs_sessions

LATE = f"insert into {RAW_TABLE} (timestamp, ahu_id, sf_cost_krw) values (%s, %s, 7)"
VIEW = "mv_daily_ahu_costs"


@pytest.fixture(scope="module")
def site(server: RunningServer) -> Iterator[Database]:
    """Installed, all readings folded, and the role that the exporter logs in as."""
    with fresh_database(server) as database:
        install_for_monitoring(database)
        yield database


def install_for_monitoring(database: Database) -> None:
    """Two AHUs, two days; everything folded; the exporter's role, as README has it made."""
    raw_table(database, hypertable=False)  # whose triggers can be disabled
    plant_readings(database, ahus=2, days=2, minutes=60)
    install_product(database.dsn)
    database.execute(CREATE_ROLE)


def start_exporter(database: Database, version: str) -> Exporter:
    """In this database, as README has it started."""
    return Exporter(version, database.server.dsn(database.name, "monitor"), exporter_options())


@pytest.fixture(scope="module", params=EXPORTERS)
def exporter(request: pytest.FixtureRequest, site: Database) -> Iterator[Exporter]:
    """Each version. Tests leave the site as they find it: fresh."""
    with start_exporter(site, request.param) as running:
        yield running


def freshness(samples: list[Sample]) -> dict[str, float]:
    """What is said of one view, but for times; the three must not differ."""
    names = ("is_stale", "is_tracked", "pending_days", "pending_keys", "quarantined_keys")
    return {name: value_of(samples, f"ahu_freshness_{name}") for name in names}


def age(database: Database, since: str) -> float:
    """How long ago that is, by the server's clock."""
    return float(database.scalar(f"select extract(epoch from clock_timestamp() - ({since}))"))


def assert_age(
    exporter: Exporter, metric: str, database: Database, since: str, **labels: str
) -> None:
    """The metric lies between the ages right before and right after it is asked for."""
    before = age(database, since)
    told = value_of(exporter.scrape(), metric, **labels)
    assert before <= told <= age(database, since)


FRESH = {
    "is_stale": 0,
    "is_tracked": 1,
    "pending_days": 0,
    "pending_keys": 0,
    "quarantined_keys": 0,
}


def test_a_late_reading_shows_until_its_refresh(exporter: Exporter, site: Database) -> None:
    samples = exporter.scrape()
    assert freshness(samples) == FRESH
    assert value_of(samples, "ahu_freshness_pending_age_seconds") == 0

    site.execute(LATE, ["2024-01-01 12:34+09", "AHU01"])
    site.execute(LATE, ["2024-01-02 12:34+09", "AHU01"])
    site.execute(LATE, ["2024-01-02 12:34+09", "AHU02"])
    pending = {"pending_days": 2, "pending_keys": 3}
    assert freshness(exporter.scrape()) == FRESH | pending
    since = f"select pending_since from ahu.freshness where view_name = '{VIEW}'"
    assert_age(exporter, "ahu_freshness_pending_age_seconds", site, since)

    site.execute("update ahu.settings set stale_after = '1 microsecond'")
    assert freshness(exporter.scrape()) == FRESH | pending | {"is_stale": 1}
    refresh(site)
    samples = exporter.scrape()
    site.execute("update ahu.settings set stale_after = default")
    assert freshness(samples) == FRESH
    assert value_of(samples, "ahu_freshness_pending_age_seconds") == 0


def test_the_last_refresh_is_told(exporter: Exporter, site: Database) -> None:
    site.execute(LATE, ["2024-01-02 01:23+09", "AHU01"])
    answer = refresh(site)
    samples = exporter.scrape()
    told = [
        value_of(samples, f"ahu_last_refresh_{name}")
        for name in ("days", "keys", "readings", "days_pending")
    ]
    assert told == [1, 1, answer.readings, 0]
    took = site.scalar(
        "select extract(epoch from duration)::double precision from ahu.refresh_runs "
        "order by run_id desc limit 1"
    )
    assert value_of(samples, "ahu_last_refresh_duration_seconds") == pytest.approx(took)
    done = "select max(finished_at) from ahu.refresh_runs"
    assert_age(exporter, "ahu_last_refresh_age_seconds", site, done)
    newest = f"select newest_reading from ahu.freshness where view_name = '{VIEW}'"
    assert_age(exporter, "ahu_freshness_newest_reading_age_seconds", site, newest)


def test_never_refreshed_is_infinitely_long_ago(exporter: Exporter, site: Database) -> None:
    site.execute(
        "create table kept as select * from _ahu.refresh_run; delete from _ahu.refresh_run"
    )
    samples = exporter.scrape()
    site.execute(
        "insert into _ahu.refresh_run overriding system value select * from kept; drop table kept"
    )
    assert value_of(samples, "ahu_last_refresh_age_seconds") == math.inf
    assert math.isnan(value_of(samples, "ahu_last_refresh_keys"))


def test_a_lost_trigger_and_what_retention_took_show(exporter: Exporter, site: Database) -> None:
    trigger = site.scalar(
        "select tgname::text from pg_trigger where tgrelid = %s::regclass and tgname like %s",
        [RAW_TABLE, "%note_deleted%"],
    )
    site.execute(f"alter table {RAW_TABLE} disable trigger {trigger}")
    taken = f"select timestamp from {RAW_TABLE} where ahu_id = 'AHU02' order by 1 limit 3"
    site.execute(f"delete from {RAW_TABLE} where ahu_id = 'AHU02' and timestamp in ({taken})")
    assert freshness(exporter.scrape()) == FRESH | {"is_tracked": 0}
    site.execute(f"alter table {RAW_TABLE} enable trigger {trigger}")
    site.execute("call ahu.mark_changed('2024-01-01', '2024-01-01', array['AHU02'])")
    refresh(site)
    assert freshness(exporter.scrape()) == FRESH | {"quarantined_keys": 1}
    site.execute("call ahu.resolve_quarantine('2024-01-01', '2024-01-01', null, 'replace')")
    refresh(site)
    assert freshness(exporter.scrape()) == FRESH


def test_connections_show_against_their_limits(exporter: Exporter, site: Database) -> None:
    def connections() -> float:
        return value_of(exporter.scrape(), "ahu_role_connections", role_name="ahu_read")

    wait_until(lambda: connections() == 0, "those of other tests are gone")
    with (
        site.connect(),
        site.connect(user="ahu_read") as busy,
        # as pgbouncer names its connections
        site.connect(user="ahu_read", application_name="dashboard - 10.0.0.7:51234"),
    ):
        busy.execute("begin")
        samples = exporter.scrape()
        assert value_of(samples, "ahu_role_connections", role_name="ahu_read") == 2
        for labels in ({"state": "idle in transaction"}, {"alias": "ahu_read", "state": "idle"}):
            assert value_of(samples, "ahu_connections_count", role_name="ahu_read", **labels) == 1
        state = {"role_name": "ahu_read", "state": "idle in transaction"}
        since = (
            "select state_change from pg_stat_activity "
            "where (usename, state) = ('ahu_read', 'idle in transaction')"
        )
        assert_age(exporter, "ahu_connections_longest_seconds", site, since, **state)
    wait_until(lambda: connections() == 0, "the readers are gone")

    limit = site.scalar("select rolconnlimit from pg_roles where rolname = 'ahu_read'")
    assert value_of(samples, "ahu_role_connections_limit", role_name="ahu_read") == limit
    assert math.isnan(value_of(samples, "ahu_role_connections_limit", role_name="postgres"))
    of_server = site.rows("select distinct server_limit from ahu.connections")
    assert [(value_of(samples, "ahu_server_connections_limit"),)] == of_server
    # those above, the exporter, and whoever is just coming or going
    assert value_of(samples, "ahu_server_connections") >= 4


def test_what_runs_for_long_shows_and_every_alert_finds_its_metrics(
    exporter: Exporter, site: Database
) -> None:
    def is_told(samples: list[Sample]) -> bool:
        return any(sample.name.startswith("ahu_long_running") for sample in samples)

    assert not is_told(exporter.scrape())
    site.execute("update ahu.settings set long_running_after = '0'")
    with site.connect(user="ahu_write") as forgetful:
        forgetful.execute("begin")
        forgetful.execute("select pg_sleep(0.3)")  # the two times must differ
        samples = exporter.scrape()
        state = {"role_name": "ahu_write", "state": "idle in transaction"}
        assert value_of(samples, "ahu_long_running_queries_count", **state) == 1
        assert value_of(samples, "ahu_long_running_queries_blocked", **state) == 0
        since = "select {} from ahu.long_running_queries where role_name = 'ahu_write'"
        for metric, column in (
            ("ahu_long_running_queries_longest_seconds", "started_at"),
            ("ahu_long_running_queries_longest_in_state_seconds", "state_since"),
        ):
            assert_age(exporter, metric, site, since.format(column), **state)
    site.execute("update ahu.settings set long_running_after = default")

    told = {sample.name for sample in samples}
    assert metrics_of_queries() <= told
    assert told >= metrics_of_alerts() - {"up"}
    by_labels = {(sample.name, frozenset(sample.labels)) for sample in samples}
    in_stories = {
        (series.metric, frozenset(series.of_exporter))
        for story in STORIES
        for series in story.series
        if series.metric != "up"
    }
    assert in_stories <= by_labels


def test_views_that_it_may_not_read_are_missing_and_the_others_are_there(
    exporter: Exporter, site: Database
) -> None:
    site.execute("revoke select on ahu.freshness from pg_monitor")
    samples = exporter.scrape()
    site.execute("grant select on ahu.freshness to pg_monitor")
    told = {sample.name for sample in samples}
    assert "ahu_freshness_is_stale" not in told and "ahu_role_connections" in told
    assert value_of(samples, "pg_up") == 1  # so that AhuMetricsMissing is what tells it
    assert "permission denied for view freshness" in exporter.log


def test_its_role_may_monitor_and_nothing_else(exporter: Exporter, site: Database) -> None:
    with site.connect(user="monitor") as session:
        assert session.execute("show is_superuser").fetchone() == ("off",)
        for table in (RAW_TABLE, "ahu.mv_daily_ahu_costs", "_ahu.pending_changes"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                session.execute(f"table {table}")


@pytest.mark.parametrize("version", EXPORTERS)
def test_a_database_that_is_down_is_told(site: Database, version: str) -> None:
    nowhere = Database(site.server, "there_is_no_such_database")
    with start_exporter(nowhere, version) as running:
        samples = running.scrape()
    assert value_of(samples, "pg_up") == 0
    assert not metrics_of_queries() & {sample.name for sample in samples}


def test_a_job_that_fails_is_told(quick_cron_database: Database) -> None:
    site = quick_cron_database
    install_for_monitoring(site)

    def schedule(every: str) -> None:
        site.rows("call ahu.schedule_refresh(%s::interval)", [every])

    with start_exporter(site, "0.17") as running:

        def job_failed() -> float:
            return value_of(running.scrape(), "ahu_freshness_job_failed")

        assert math.isnan(job_failed())  # there is no job
        schedule("1 second")
        assert job_failed() == 0
        site.execute(f"alter table {RAW_TABLE} rename column sf_cost_krw to moved")
        site.execute(LATE.replace("sf_cost_krw", "moved"), ["2024-01-02 12:34+09", "AHU01"])
        failed = "select from ahu.freshness where job_last_error like '%sf_cost_krw%'"
        wait_until(lambda: bool(site.rows(failed)), "the job's failure")
        schedule("59 seconds")  # so that none is running while we look
        wait_until(lambda: job_failed() == 1, "the end of the last run")
        site.execute(f"alter table {RAW_TABLE} rename column moved to sf_cost_krw")
        schedule("1 second")
        wait_until(lambda: job_failed() == 0, "a run that works again")
