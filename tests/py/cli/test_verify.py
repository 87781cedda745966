"""`ahu-sql verify`: what it says, what it repairs, and with which exit code."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from collections.abc import Iterator

import psycopg
import pytest

from ahu_sql.demo.server import LocalServer
from cli.refusal import assert_refused, nothing_changes
from cli.sites import fill
from databases import Database, fresh_database
from in_force import put_in_force
from plant import RAW_TABLE
from product import ahu_sql
from servers.standby import Standby
from sessions import wait_until
from verifying import verify

REPLICA = "set session_replication_role = replica; "
AT = "timestamp = '2024-01-02 12:00+09' and ahu_id = 'AHU02'"
CHANGE = f"{REPLICA} update {RAW_TABLE} set sf_cost_krw = 777 where {AT}"
DROP = f"{REPLICA} delete from {RAW_TABLE} where timestamp < '2024-01-01 12:00+09'"
LATE = f"insert into {RAW_TABLE} (timestamp, ahu_id) values ('2024-01-02 12:30+09', 'AHU01')"
WRONG_MONTH = "update _ahu.monthly_rollup set readings = 1 where ahu_id = 'AHU01'"
BYPASSED, DROPPED = "tracking bypassed", "raw dropped"
PENDING, QUARANTINED = "pending", "quarantined"


@pytest.fixture(scope="module")
def shared(server: LocalServer) -> Iterator[Database]:
    """One site for the tests of this module; see `exact`."""
    with fresh_database(server) as database:
        fill(database)
        put_in_force(database)
        yield database


@pytest.fixture
def exact(shared: Database) -> Iterator[Database]:
    """The readings as they were, all folded, nothing retained or in quarantine."""
    shared.execute(f"drop table if exists before; create table before as table {RAW_TABLE}")
    yield shared
    shared.execute(
        f"{REPLICA} delete from {RAW_TABLE}; insert into {RAW_TABLE} table before; "
        "call ahu.mark_changed('2024-01-01', '2024-01-31', trust_raw => true); "
        "call ahu.refresh_dashboard_views()"
    )


class TestVerifying:
    def test_a_site_that_is_right_is_0_and_changes_nothing(self, exact: Database) -> None:
        with nothing_changes(exact, bare=False):
            done = ahu_sql("verify", "--dsn", exact.dsn)
        assert (done.returncode, done.stdout) == (0, "")
        assert done.stderr.splitlines() == [
            "verify: 0 of 2 days",
            "verify: 2 of 2 days",
            "verified 2 days, 2024-01-01 to 2024-01-02: the views equal raw",
        ]

    def test_what_differs_is_1_with_a_line_each_and_advice_by_reason(self, exact: Database) -> None:
        exact.execute(f"{DROP}; {CHANGE}")
        exact.execute(LATE)
        exact.execute(WRONG_MONTH)
        done = ahu_sql("verify", "--dsn", exact.dsn)
        assert done.returncode == 1
        assert [line.split("  ")[0] for line in done.stdout.splitlines()] == [
            "unit", "day", "day", "day", "day", "month",
        ]  # fmt: skip
        lines = done.stdout.splitlines()
        assert re.fullmatch(r"day +2024-01-01 +AHU01 +24 +12 +raw dropped +readings, .+", lines[1])
        assert re.fullmatch(r"day +2024-01-02 +AHU01 +24 +25 +pending +readings.*", lines[3])
        assert re.fullmatch(
            r"day +2024-01-02 +AHU02 +24 +24 +tracking bypassed +electricity_cost", lines[4]
        )
        assert re.fullmatch(
            r"month +2024-01-01 +AHU01 +1 +48 +tracking bypassed +readings", lines[5]
        )
        said = done.stderr.splitlines()[-4:]
        assert said[0] == "verified 2 days, 2024-01-01 to 2024-01-02: 5 differences"
        assert said[1].startswith("pending: 1; ") and "ahu-sql refresh" in said[1]
        assert said[2].startswith("raw dropped: 2; ") and "--trust-raw" in said[2]
        assert said[3].startswith("tracking bypassed: 2; ") and "--repair" in said[3]

    def test_days_can_be_named(self, exact: Database) -> None:
        exact.execute(CHANGE)
        assert verify(exact, "--from", "2024-01-02", "--until", "2024-01-02").exit_code == 1
        assert verify(exact, "--from", "2024-01-02").exit_code == 1
        assert verify(exact, "--until", "2024-01-01").exit_code == 0
        nothing = verify(exact, "--from", "2024-01-03")
        assert (nothing.exit_code, nothing.found) == (0, [])

    @pytest.mark.parametrize(
        ("allowed", "exit_code"),
        [((), 1), ((PENDING,), 1), ((BYPASSED,), 1), ((PENDING, BYPASSED), 0)],
    )
    def test_what_is_allowed_is_0(
        self, exact: Database, allowed: tuple[str, ...], exit_code: int
    ) -> None:
        exact.execute(CHANGE)
        exact.execute(LATE)
        options = [word for reason in allowed for word in ("--allow", reason)]
        verified = verify(exact, *options)
        assert verified.exit_code == exit_code
        assert verified.counts == {PENDING: 1, BYPASSED: 1}
        assert ("(allowed)" in verified.said) is bool(allowed)

    def test_on_a_terminal_a_bar_is_shown_and_data_stands_on_lines_of_its_own(
        self, exact: Database
    ) -> None:
        exact.execute(CHANGE)
        ours, theirs = pty.openpty()
        process = subprocess.Popen(
            [sys.executable, "-m", "ahu_sql", "verify", "--dsn", exact.dsn],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env=os.environ | {"COLUMNS": "100"},
        )
        os.close(theirs)
        shown = b""
        try:
            while block := os.read(ours, 65536):
                shown += block
        except OSError:
            pass  # the terminal's other end is closed: that is its end
        os.close(ours)
        assert process.wait(60) == 1
        text = shown.decode()
        assert "2/2" in text and "of 2 days" not in text
        row = next(line for line in text.splitlines() if "AHU02" in line)
        assert row.split("\x1b[K")[-1].startswith("day    2024-01-02")


class TestRepairing:
    def test_what_was_bypassed_is_mended_and_the_rest_is_left(self, exact: Database) -> None:
        exact.execute(f"{DROP}; {CHANGE}")
        exact.execute(WRONG_MONTH)
        repaired = verify(exact, "--repair")
        assert repaired.exit_code == 1
        assert repaired.repair and (repaired.repair["keys"], repaired.repair["months"]) == (1, 1)
        assert repaired.counts == {DROPPED: 2}
        assert repaired.remaining == [
            ("D", "2024-01-01", "AHU01", DROPPED),
            ("D", "2024-01-01", "AHU02", DROPPED),
        ]
        assert verify(exact, "--repair", "--allow", DROPPED).exit_code == 0
        trusted = verify(exact, "--repair", "--trust-raw")
        assert (trusted.exit_code, trusted.counts) == (0, {})

    def test_a_month_of_dropped_readings_is_mended_without_a_quarantine(
        self, exact: Database
    ) -> None:
        exact.execute(f"{REPLICA} delete from {RAW_TABLE}")
        exact.execute(WRONG_MONTH)
        repaired = verify(exact, "--repair", "--allow", DROPPED)
        assert (repaired.exit_code, repaired.counts) == (0, {DROPPED: 4})
        assert repaired.repair and repaired.repair["keys"] == 0

    def test_the_quarantine_is_resolved_where_raw_is_trusted(self, exact: Database) -> None:
        exact.execute(DROP)
        exact.execute(
            "update ahu.settings set add_inserted = false; "
            f"insert into {RAW_TABLE} (timestamp, ahu_id) values ('2024-01-01 01:00+09', 'AHU01'); "
            "call ahu.refresh_dashboard_views(); update ahu.settings set add_inserted = true"
        )
        assert verify(exact, "--repair").counts == {QUARANTINED: 1, DROPPED: 1}
        assert verify(exact, "--repair", "--trust-raw").exit_code == 0
        assert exact.rows("select from _ahu.quarantine") == []

    def test_what_went_past_the_triggers_where_something_is_pending_is_repaired_too(
        self, exact: Database
    ) -> None:
        exact.execute(CHANGE)
        exact.execute(LATE.replace("AHU01", "AHU02"))
        assert verify(exact).counts == {PENDING: 1}
        repaired = verify(exact, "--repair")
        assert (repaired.exit_code, repaired.remaining) == (0, [])

    def test_what_is_pending_is_refreshed(self, exact: Database) -> None:
        exact.execute(LATE)
        repaired = verify(exact, "--repair")
        assert (repaired.exit_code, repaired.remaining) == (0, [])
        assert repaired.repair and repaired.repair["refresh"]["days"] == 1

    def test_where_nothing_differs_nothing_is_done(self, exact: Database) -> None:
        runs = exact.scalar("select count(*) from ahu.refresh_runs")
        repaired = verify(exact, "--repair", "--trust-raw")
        assert (repaired.exit_code, repaired.repair, repaired.remaining) == (0, None, None)
        assert exact.scalar("select count(*) from ahu.refresh_runs") == runs

    def test_it_says_what_it_does(self, exact: Database) -> None:
        exact.execute(CHANGE)
        done = ahu_sql("verify", "--dsn", exact.dsn, "--repair")
        assert done.returncode == 0
        assert done.stderr.splitlines() == [
            "verify: 0 of 2 days",
            "verify: 2 of 2 days",
            "refresh: 1 of 1 days",
            "marked 1 key, summed up 0 months again, refreshed 1 day and 1 key",
            "verify again: 0 of 2 days",
            "verify again: 2 of 2 days",
            "verified 2 days, 2024-01-01 to 2024-01-02: the views equal raw",
        ]


class TestRefusals:
    @pytest.mark.parametrize(
        ("options", "said"),
        [
            (("--from", "yesterday"), "--from"),
            (("--from", "2025-02-30"), "'2025-02-30' is no date; a date is written 2025-08-31"),
            (("--until", "2024-02-30"), "--until"),
            (("--allow", "everything"), "--allow"),
            (("--trust-raw",), "--repair"),
        ],
    )
    def test_wrong_usage_is_2_before_a_connection(
        self, options: tuple[str, ...], said: str
    ) -> None:
        done = ahu_sql("verify", "--dsn", "host=127.0.0.1 port=1", *options)
        assert (done.returncode, done.stdout) == (2, "")
        assert said in done.stderr and "connect" not in done.stderr

    def test_days_that_run_backwards(self, exact: Database) -> None:
        days = ("--from", "2024-01-02", "--until", "2024-01-01")
        assert_refused(
            ahu_sql("verify", "--dsn", exact.dsn, *days),
            exit_code=2,
            message="the last day lies before the first",
            detail="--from is 2024-01-02, --until is 2024-01-01",
            hint="ahu-sql verify --from",
        )

    def test_who_has_no_right_is_told_so(self, exact: Database) -> None:
        exact.execute("create role looker login")
        try:
            done = ahu_sql("verify", "--dsn", exact.server.dsn(exact.name, "looker"))
        finally:
            exact.execute("drop role looker")
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr.startswith("error: permission denied")
        assert "HINT: Who may: refresh: ahu_write; status: members of pg_monitor; " in done.stderr

    def test_an_older_install_is_named(self, installed: Database) -> None:
        installed.execute("drop function ahu.verify_dashboard_views")
        assert_refused(
            ahu_sql("verify", "--dsn", installed.dsn),
            exit_code=1,
            message="what is installed here cannot verify yet",
            detail=("ahu.verify_dashboard_views is missing", "the last install was by ahu-sql"),
            hint="ahu-sql install",
        )

    def test_a_connection_that_breaks_in_the_midst_is_one_clear_error(
        self, exact: Database
    ) -> None:
        with exact.connect(autocommit=False) as other:
            other.execute(f"lock table {RAW_TABLE} in access exclusive mode")
            process = subprocess.Popen(
                [sys.executable, "-m", "ahu_sql", "verify", "--dsn", exact.dsn, "--json"],
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            waiting = (
                "select pid from pg_stat_activity where application_name like 'ahu-sql%' "
                "and cardinality(pg_blocking_pids(pid)) > 0 and datname = current_database()"
            )
            wait_until(lambda: exact.rows(waiting) != [], "verify waits for the raw table")
            exact.execute(f"select pg_terminate_backend(pid) from ({waiting}) as w")
            out, err = process.communicate(timeout=60)
        assert process.returncode in (1, 2)
        assert err.count("error: ") == 1 and "HINT: " in err and "Traceback" not in err
        with pytest.raises(json.JSONDecodeError):
            json.loads(out)


def test_what_is_missing_or_read_only_is_said_with_what_to_type(exact: Database) -> None:
    exact.execute(f"alter table {RAW_TABLE} rename to hidden")
    missing = ahu_sql("verify", "--dsn", exact.dsn)
    exact.execute(f"alter table ahu_data.hidden rename to {RAW_TABLE.partition('.')[2]}")
    assert missing.returncode == 1
    assert missing.stderr.splitlines() == [
        f'error: relation "{RAW_TABLE}" does not exist',
        "HINT: Somebody dropped, renamed or moved it: ahu-sql plan says what is amiss.",
    ]
    read_only = {"PGOPTIONS": "-c default_transaction_read_only=on"}
    refused = ahu_sql("refresh", "--dsn", exact.dsn, environment=read_only)
    assert refused.returncode == 1
    error, hint = refused.stderr.splitlines()
    assert error.endswith("in a read-only transaction") and "default_transaction_read_only" in hint


def test_a_standby_is_verified_and_not_repaired(server: LocalServer, exact: Database) -> None:
    with Standby(server) as standby:
        exact.execute(CHANGE)
        replayed = "select pg_last_wal_replay_lsn() >= %s::pg_lsn"
        (here,) = exact.rows("select pg_current_wal_lsn()::text")[0]
        dsn = standby.dsn(exact.name)
        with psycopg.connect(dsn, autocommit=True) as session:
            wait_until(
                lambda: session.execute(replayed, [here]).fetchone() == (True,),
                "the standby has what we wrote",
            )
        done = ahu_sql("verify", "--dsn", dsn)
        assert done.returncode == 1 and BYPASSED in done.stdout, done.stderr
        assert_refused(
            ahu_sql("verify", "--dsn", dsn, "--repair"),
            exit_code=1,
            message="the server is a standby and cannot be repaired",
            detail="in recovery",
            hint="primary",
        )
