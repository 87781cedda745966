"""`ahu-sql status --json`: one object for machines, of all that is known and all that is wrong."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Any

import pytest

from ahu_sql import __version__
from ahu_sql.demo.processes import free_port
from cli.refusal import nothing_changes
from cli.sites import disable_trigger
from databases import Database
from product import ahu_sql

KEYS = ["version", "database", "freshness", "runs", "job", "poolers", "pools", "concerns"]
LATE = """
    insert into ahu_data.energy_readings ("timestamp", ahu_id, sf_cost_krw)
    values ('2024-01-02 12:00+09', 'AHU01', 1)
"""


@pytest.fixture
def installed(installed_copy: Database) -> Database:
    """A copy will do: nothing here changes a role."""
    return installed_copy


def status(database: Database, *options: str) -> tuple[int, dict[str, Any]]:
    """Exit code and object; nothing else is said anywhere."""
    done = ahu_sql("status", "--dsn", database.dsn, "--json", *options)
    assert done.stderr == ""
    return done.returncode, json.loads(done.stdout)


def columns(database: Database, view: str) -> list[str]:
    """As the catalog has them, an interval by the name of its seconds."""
    return [
        name + ("_s" if kind == "interval" else "")
        for name, kind in database.rows(
            "select attname::text, format_type(atttypid, null) from pg_attribute "
            "where attrelid = %s::regclass and attnum > 0 order by attnum",
            [view],
        )
    ]


class TestOfAHealthySite:
    def test_is_one_object_with_documented_keys_and_exit_code_0(self, installed: Database) -> None:
        with nothing_changes(installed, bare=False):
            code, known = status(installed)
        assert (code, list(known)) == (0, KEYS)
        assert known["version"] == __version__
        assert known["database"] == installed.name
        assert known["concerns"] == []
        assert known["job"] is known["pools"] is known["poolers"] is None
        help_text = ahu_sql("status", "--help").stdout
        assert all(f"\n    {key} " in help_text for key in KEYS)

    def test_has_every_column_of_the_two_views(self, installed: Database) -> None:
        _, known = status(installed)
        assert [list(view) for view in known["freshness"]] == (
            [columns(installed, "ahu.freshness")] * 3
        )
        assert [list(run) for run in known["runs"]] == [columns(installed, "ahu.refresh_runs")]

    def test_says_what_the_views_say(self, installed: Database) -> None:
        _, known = status(installed)
        rows = installed.rows(
            "select view_name, newest_day, newest_reading, last_refresh, "
            "extract(epoch from last_duration)::float8, pending_since, pending_days "
            "from ahu.freshness order by 1"
        )
        for view, row in zip(known["freshness"], rows, strict=True):
            name, day, reading, refresh, seconds, *pending = row
            assert view["view_name"] == name
            assert date.fromisoformat(view["newest_day"]) == day
            for key, time in (("newest_reading", reading), ("last_refresh", refresh)):
                told = datetime.fromisoformat(view[key])
                assert told.tzinfo is not None and told == time
            assert view["last_duration_s"] == seconds
            assert pending == [None, 0]
            assert view["pending_since"] is None and view["pending_days"] == 0
            assert (view["is_stale"], view["is_tracked"]) == (False, True)
        (run,) = known["runs"]
        ((run_id, keys, readings),) = installed.rows(
            "select run_id, keys, readings from ahu.refresh_runs"
        )
        assert (run["run_id"], run["keys"], run["readings"]) == (run_id, keys, readings)
        assert isinstance(run["duration_s"], float)

    def test_of_runs_has_the_last_five_newest_first(self, installed: Database) -> None:
        for _ in range(5):
            installed.execute("call ahu.refresh_dashboard_views()")
        _, known = status(installed)
        last = installed.rows("select run_id from ahu.refresh_runs order by run_id desc limit 5")
        assert [run["run_id"] for run in known["runs"]] == [run_id for (run_id,) in last]


class TestOfTrouble:
    def test_concerns_are_data_and_the_exit_code_is_1(self, installed: Database) -> None:
        installed.execute(LATE)
        installed.execute("update ahu.settings set stale_after = '1 microsecond'")
        disable_trigger(installed, "ahu_note_inserted")
        code, known = status(installed)
        assert code == 1
        assert [list(concern) for concern in known["concerns"]] == [["code", "text"]] * 2
        stale, tracking = known["concerns"]
        assert (stale["code"], tracking["code"]) == ("stale", "tracking")
        assert stale["text"].startswith("changes have waited since 20")
        assert tracking["text"].startswith("a trigger of the raw table is missing or disabled")
        assert known["freshness"][0]["is_stale"] is True
        # People are told the same.
        said = ahu_sql("status", "--dsn", installed.dsn).stderr.splitlines()
        assert said == [f"{concern['code']}: {concern['text']}" for concern in known["concerns"]]

    def test_a_quarantine_and_a_backfill_have_their_codes(self, installed: Database) -> None:
        installed.execute(
            "set session_replication_role = replica; "
            "delete from ahu_data.energy_readings where ahu_id = 'AHU01'"
        )
        installed.execute(LATE)
        installed.execute("call ahu.refresh_dashboard_views()")
        installed.execute("update _ahu.source set backfill_marked_at = null")
        installed.execute("call _ahu.mark_backfill()")
        code, known = status(installed)
        assert code == 1
        backfill, quarantine = known["concerns"]
        assert (backfill["code"], quarantine["code"]) == ("backfill", "quarantine")
        assert backfill["text"].endswith(" days are left; run ahu-sql install")
        assert quarantine["text"].startswith("1 key has fewer raw readings than in the summary; ")
        assert known["freshness"][0]["quarantined_keys"] == 1

    def test_a_job_is_an_object_and_its_failure_a_concern(self, installed: Database) -> None:
        installed.execute(_A_JOB_THAT_FAILED)
        code, known = status(installed)
        job = known["job"]
        ran = datetime.fromisoformat("2024-01-02T10:00:00.600+09:00")
        assert datetime.fromisoformat(job.pop("last_run")) == ran
        assert datetime.fromisoformat(job.pop("last_error_at")) == ran
        assert job == {
            "scheduler": "pg_cron",
            "job_id": 7,
            "schedule": "*/5 * * * *",
            "next_run": None,
            "last_error": 'no "space"\nleft: 없음',
        }
        # what pretends a failed job is a function of ours that somebody changed
        (concern,) = [one for one in known["concerns"] if one["code"] != "drift"]
        assert (code, concern["code"]) == (1, "job")
        assert concern["text"].endswith('failed: no "space"\nleft: 없음')

    def test_people_see_that_job_to_the_second(self, installed: Database) -> None:
        installed.execute(_A_JOB_THAT_FAILED)
        done = ahu_sql("status", "--dsn", installed.dsn)
        heading, _, line = done.stdout.split("\n\n")[2].splitlines()
        assert heading.split() == [
            *("scheduler", "job", "schedule", "last_run", "next_run", "last_error")
        ]
        assert " 01:00:01+00:00 " in line and ".6" not in line

    def test_a_database_that_does_not_answer_is_null_and_the_exit_code_is_2(self) -> None:
        closed = f"host=127.0.0.1 port={free_port()} dbname=x"
        done = ahu_sql("status", "--dsn", closed, "--json")
        assert done.returncode == 2
        known = json.loads(done.stdout)
        assert list(known) == KEYS
        nothing = [known[key] for key in KEYS if key not in ("version", "concerns")]
        assert nothing == [None] * 6
        (concern,) = known["concerns"]
        assert concern["code"] == "database"
        assert concern["text"].startswith("cannot connect to the server; connection failed: ")
        assert done.stderr.startswith("error: cannot connect to the server\nDETAIL: ")

    def test_a_database_without_the_product_has_the_exit_code_1(self, bare_site: Database) -> None:
        done = ahu_sql("status", "--dsn", bare_site.dsn, "--json")
        assert done.returncode == 1
        (concern,) = json.loads(done.stdout)["concerns"]
        assert concern == {
            "code": "database",
            "text": f'ahu-sql is not installed in database "{bare_site.name}"; '
            "It has no schema _ahu of ours; Install it: ahu-sql install",
        }


_A_JOB_THAT_FAILED = """
    create or replace function _ahu.current_job()
    returns table (
        scheduler text, job_id bigint, schedule text, last_run timestamptz, next_run timestamptz,
        last_error text, last_error_at timestamptz
    )
    language sql as $$
        select
            'pg_cron', 7, '*/5 * * * *', t.ran, null::timestamptz, E'no "space"\\nleft: 없음', t.ran
        from (values ('2024-01-02 10:00:00.6+09'::timestamptz)) as t (ran)
    $$
"""
