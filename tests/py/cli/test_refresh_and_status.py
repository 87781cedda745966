"""`ahu-sql refresh` and `ahu-sql status`: what they say, and with which exit code."""

from __future__ import annotations

import re

import pytest

from cli.refusal import nothing_changes
from cli.sites import disable_trigger
from databases import Database
from product import ahu_sql

RAW = "ahu_data.energy_readings"
LATE = f"insert into {RAW} (\"timestamp\", ahu_id, sf_cost_krw) values ('%s 12:00+09', 'AHU01', 1)"


@pytest.fixture
def installed(installed_copy: Database) -> Database:
    """A copy will do: nothing here changes a role."""
    return installed_copy


def refresh(database: Database, *options: str) -> tuple[int, str, str]:
    done = ahu_sql("refresh", "--dsn", database.dsn, *options)
    return done.returncode, done.stdout, done.stderr


class TestRefresh:
    def test_says_that_nothing_is_pending(self, installed: Database) -> None:
        assert refresh(installed) == (0, "", "nothing pending\n")

    def test_says_what_it_did(self, installed: Database) -> None:
        installed.execute(LATE % "2024-01-02")
        code, out, err = refresh(installed)
        assert (code, out) == (0, "")
        assert err.splitlines()[-1] == "refreshed 1 day, 1 key from 25 readings, 0 in quarantine"
        assert refresh(installed)[2] == "nothing pending\n"

    def test_works_in_batches_and_shows_progress(self, installed: Database) -> None:
        for day in ("2024-01-03", "2024-01-04", "2024-01-05"):
            installed.execute(LATE % day)
        code, _, err = refresh(installed, "--batch-days", "1")
        assert code == 0
        assert err.splitlines() == [
            "refresh: 1 of 3 days",
            "refresh: 2 of 3 days",
            "refresh: 3 of 3 days",
            "refreshed 3 days, 3 keys from 3 readings, 0 in quarantine",
        ]
        runs = "select days from ahu.refresh_runs order by started_at desc limit 3"
        assert installed.rows(runs) == [(1,), (1,), (1,)]

    @pytest.mark.parametrize("pending", [False, True])
    def test_skips_at_once_while_another_runs(self, installed: Database, pending: bool) -> None:
        if pending:
            installed.execute(LATE % "2024-01-03")
        with installed.connect(autocommit=False) as other:
            other.execute("call ahu.refresh_dashboard_views(max_days => 1)")
            if pending:
                installed.execute(LATE % "2024-01-04")
            with nothing_changes(installed, bare=False):
                code, out, err = refresh(installed, "--wait-for", "0")
            other.rollback()
        assert (code, out) == (0, "")
        assert err.splitlines()[-1] == "skipped: another refresh is running"

    def test_does_not_tell_skipped_days_as_done(self, installed: Database) -> None:
        installed.execute(LATE % "2024-01-03")
        with installed.connect(autocommit=False) as other:
            other.execute("select pg_advisory_xact_lock(_ahu.refresh_lock())")
            _, _, err = refresh(installed, "--wait-for", "0")
        assert "1 of 1 days" not in err

    def test_gives_up_with_a_clear_error_when_the_other_takes_too_long(
        self, installed: Database
    ) -> None:
        installed.execute(LATE % "2024-01-03")
        with installed.connect(autocommit=False) as other:
            other.execute("select pg_advisory_xact_lock(_ahu.refresh_lock())")
            pid = other.info.backend_pid
            code, out, err = refresh(installed, "--wait-for", "200 ms")
        assert (code, out) == (1, "")
        assert "error: another refresh is still running after" in err
        assert f"held by process {pid}" in err and "HINT: " in err

    @pytest.mark.parametrize("interval", ["soon", "-1 second"])
    def test_a_wrong_interval_is_a_clear_error(self, installed: Database, interval: str) -> None:
        code, out, err = refresh(installed, f"--wait-for={interval}")
        assert code in (1, 2) and out == ""
        assert err.count("error: ") == 1 and "Traceback" not in err
        assert "HINT: " in err

    @pytest.mark.parametrize("days", ["0", "-1", "x"])
    def test_wrong_usage_is_refused_before_a_connection(self, days: str) -> None:
        done = ahu_sql("refresh", "--dsn", "host=127.0.0.1 port=1", "--batch-days", days)
        assert done.returncode == 2
        assert "--batch-days" in done.stderr and "connect" not in done.stderr


class TestStatus:
    def test_of_a_healthy_site_is_0(self, installed: Database) -> None:
        with nothing_changes(installed, bare=False):
            done = ahu_sql("status", "--dsn", installed.dsn)
        assert (done.returncode, done.stderr) == (0, "")
        for word in ("mv_daily_ahu_costs", "mv_daily_ahu_kwh", "mv_monthly_ahu_costs"):
            assert word in done.stdout
        assert "2024-01-02" in done.stdout and "refreshed" in done.stdout

    def test_of_pending_changes_is_0_until_they_are_stale(self, installed: Database) -> None:
        installed.execute(LATE % "2024-01-02")
        assert status(installed) == (0, "")
        installed.execute("update ahu.settings set stale_after = '1 microsecond'")
        code, err = status(installed)
        assert code == 1
        assert err.startswith("stale: changes have waited since 20")
        refresh(installed)
        assert status(installed) == (0, "")

    def test_of_a_quarantine_is_1(self, installed: Database) -> None:
        installed.execute(
            f"set session_replication_role = replica; delete from {RAW} where ahu_id = 'AHU01'"
        )
        installed.execute(LATE % "2024-01-02")
        assert ", 1 in quarantine" in refresh(installed)[2]
        code, err = status(installed)
        assert code == 1
        assert err.startswith("quarantine: 1 key has")

    def test_of_a_disabled_trigger_is_1(self, installed: Database) -> None:
        for event in ("inserted", "updated", "deleted", "truncated"):
            disable_trigger(installed, f"ahu_note_{event}")
            code, err = status(installed)
            assert code == 1
            assert err.startswith("tracking: a trigger of the raw table is missing or disabled")
            assert len(err.splitlines()) == 1
            assert ahu_sql("install", "--dsn", installed.dsn).returncode == 0
        assert status(installed) == (0, "")

    def test_of_a_backfill_that_was_interrupted_is_1(self, installed: Database) -> None:
        installed.execute("update _ahu.source set backfill_marked_at = null")
        installed.execute("call _ahu.mark_backfill()")
        code, err = status(installed)
        assert code == 1
        assert re.match(r"backfill: \d+ days are left; run ahu-sql install\n", err)
        assert ahu_sql("install", "--dsn", installed.dsn).returncode == 0
        assert status(installed) == (0, "")


def status(database: Database) -> tuple[int, str]:
    done = ahu_sql("status", "--dsn", database.dsn)
    return done.returncode, done.stderr


def test_of_a_session_that_rests_on_the_refresh_s_lock_is_1(installed: Database) -> None:
    """As any reader may leave it behind on a connection of a pool."""
    with installed.connect() as reader:
        reader.execute("select pg_advisory_lock(_ahu.refresh_lock())")
        code, err = status(installed)
        assert code == 1
        assert err.startswith(f"lock: process {reader.info.backend_pid} (postgres) rests and holds")
        reader.execute("select pg_advisory_unlock_all()")
        assert status(installed) == (0, "")
        with reader.transaction():  # a refresh that is not over yet is none
            reader.execute("call ahu.refresh_dashboard_views()")
            assert status(installed) == (0, "")
