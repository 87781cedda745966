"""`ahu-sql install` and `ahu-sql plan`: what is pending, what is done; nothing is asked."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cli.asking import from_copy, without_stdin
from cli.refusal import assert_refused, nothing_changes
from cli.sites import disable_trigger
from databases import Database
from product import ahu_sql, install_product

RAW = "ahu_data.energy_readings"


class TestPlan:
    def test_says_what_is_pending_and_changes_nothing(self, bare_site: Database) -> None:
        with nothing_changes(bare_site):
            done = ahu_sql("plan", "--dsn", bare_site.dsn)
        lines = done.stdout.splitlines()
        assert done.returncode == 1
        assert "create   70_views/mv_daily_ahu_costs.sql" in lines
        assert {line.split()[0] for line in lines} <= {"create", "note"}
        said = done.stderr.splitlines()
        assert said[0] == f"{len(lines)} steps pending: ahu-sql install"
        assert f"triggers on {RAW}" in said[1] and "backfill" in said[1]

    def test_says_nothing_is_pending_after_an_install(self, installed: Database) -> None:
        with nothing_changes(installed, bare=False):
            done = ahu_sql("plan", "--dsn", installed.dsn)
        assert (done.returncode, done.stdout) == (0, "")
        assert done.stderr == "nothing is pending\n"

    def test_shows_what_other_settings_would_replace(self, installed: Database) -> None:
        flag = "drilldown.raw_access=open"
        with nothing_changes(installed, bare=False):
            done = ahu_sql("plan", "--dsn", installed.dsn, "--set", flag)
        assert done.returncode == 1
        assert done.stdout == "replace  50_source/wanted_grants.sql\n"

    def test_shows_a_file_that_changed(self, installed: Database, checkout: Path) -> None:
        view = checkout / "sql" / "70_views" / "mv_daily_ahu_kwh.sql"
        view.write_text(view.read_text() + "-- changed\n")
        done = from_copy(checkout, "plan", "--dsn", installed.dsn)
        assert (done.returncode, done.stdout) == (1, "replace  70_views/mv_daily_ahu_kwh.sql\n")


class TestInstall:
    def test_asks_nothing_and_folds_what_is_there(self, site: Database) -> None:
        done = without_stdin("install", "--dsn", site.dsn)
        assert (done.returncode, done.stdout) == (0, ""), done.stderr
        assert re.search(r"^backfill: (\d+) of \1 days$", done.stderr, re.MULTILINE)
        assert "96 readings folded into 4 keys" in done.stderr
        assert site.scalar("select count(*) from ahu.mv_daily_ahu_costs") == 4

    def test_again_does_nothing(self, installed: Database) -> None:
        with nothing_changes(installed, bare=False):
            done = ahu_sql("install", "--dsn", installed.dsn)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "nothing to apply\n")

    def test_again_waits_for_no_lock_on_the_raw_table(self, installed: Database) -> None:
        with installed.connect(autocommit=False) as other:
            other.execute(f"lock table {RAW} in share row exclusive mode")
            done = ahu_sql("install", "--dsn", installed.dsn, "--patience", "1")
        assert done.returncode == 0, done.stderr

    def test_warns_where_each_refresh_would_read_the_whole_table(self, site: Database) -> None:
        # TimescaleDB has made one
        site.execute("drop index if exists ahu_data.energy_readings_timestamp_idx")
        done = ahu_sql("install", "--dsn", site.dsn)
        assert f'warning: {RAW} has no index on "timestamp"' in done.stderr
        hint = done.stderr.split(" has no index ")[1].split("HINT: ")[1].splitlines()[0]
        assert hint == "ahu-sql doctor --fix builds it beside writers."
        ahu_sql("doctor", "--fix", "--dsn", site.dsn)
        assert site.rows("select from pg_indexes where indexname = 'energy_readings_timestamp_idx'")

    def test_does_not_warn_where_there_is_an_index(self, site: Database) -> None:
        site.execute(f'create index on {RAW} ("timestamp")')
        assert "warning" not in ahu_sql("install", "--dsn", site.dsn).stderr

    def test_repairs_a_trigger_that_is_gone(self, installed: Database) -> None:
        installed.execute(f"drop trigger ahu_note_inserted on {RAW}")
        assert ahu_sql("install", "--dsn", installed.dsn).returncode == 0
        assert installed.rows("select from pg_trigger where tgname = 'ahu_note_inserted'")

    def test_works_for_the_table_s_owner_who_is_no_superuser(self, site: Database) -> None:
        site.execute(
            f"create role owner login createrole; grant create on database {site.name} to owner; "
            f"alter schema ahu_data owner to owner; alter table {RAW} owner to owner"
        )
        done = ahu_sql("install", "--dsn", site.server.dsn(site.name, "owner"))
        assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("broken", ["selec 1;\n", "create table public.x (n integer);\n"])
def test_sql_that_fails_the_lint_is_not_installed(
    bare_site: Database, checkout: Path, broken: str
) -> None:
    (checkout / "sql" / "70_views" / "broken.sql").write_text(broken)
    with nothing_changes(bare_site):
        done = from_copy(checkout, "install", "--dsn", bare_site.dsn)
    said = done.stderr.splitlines()[0].removeprefix("error: ")
    assert said.startswith("the SQL has ") and said.endswith(", nothing was installed")
    assert_refused(
        done, exit_code=1, message=said, detail="70_views/broken.sql:1: AHU0", hint="ahu-sql lint"
    )
    lint = from_copy(checkout, "lint")
    assert lint.returncode == 1
    assert "70_views/broken.sql:1: AHU0" in lint.stdout


def test_sql_that_fails_on_the_server_is_undone_altogether(
    bare_site: Database, checkout: Path
) -> None:
    finish = checkout / "sql" / "90_finish" / "zz_fails.sql"
    finish.write_text("-- Fails last of all.\ncomment on table public.nowhere is 'x';\n")
    with nothing_changes(bare_site):
        done = from_copy(checkout, "install", "--dsn", bare_site.dsn)
    assert done.returncode == 1
    assert (
        'error: relation "public.nowhere" does not exist\n' in done.stderr
        and "Traceback" not in done.stderr
    )


def test_a_file_that_changed_is_applied_and_the_rest_is_left(
    installed: Database, checkout: Path
) -> None:
    view = checkout / "sql" / "70_views" / "mv_daily_ahu_kwh.sql"
    view.write_text(view.read_text() + "-- changed\n")
    applied = "select path from _ahu.ledger where applied_at > %s"
    (before,) = installed.rows("select max(applied_at) from _ahu.ledger")
    done = from_copy(checkout, "install", "--dsn", installed.dsn)
    assert done.returncode == 0
    assert done.stderr.splitlines()[0] == "1 file applied"
    assert installed.rows(applied, before) == [("70_views/mv_daily_ahu_kwh.sql",)]
    install_product(installed.dsn)  # and back
    assert ahu_sql("plan", "--dsn", installed.dsn).returncode == 0


@pytest.mark.parametrize("gap", ["disable trigger", "drop trigger"])
def test_a_gap_in_tracking_is_closed_and_what_it_missed_is_folded(
    installed: Database, gap: str
) -> None:
    if gap == "disable trigger":
        disable_trigger(installed, "ahu_note_inserted")
    else:
        installed.execute(f"drop trigger ahu_note_inserted on {RAW}")
    installed.execute(
        f"insert into {RAW} (timestamp, ahu_id, sf_cost_krw) "
        "values ('2024-02-01 12:00+09', 'AHU77', 5)"
    )
    plan = ahu_sql("plan", "--dsn", installed.dsn)
    assert plan.returncode == 1
    assert "repair   triggers of the raw table" in plan.stdout
    done = ahu_sql("install", "--dsn", installed.dsn)
    assert done.returncode == 0, done.stderr
    assert "repairing triggers of the raw table" in done.stderr and "nothing" not in done.stderr
    found = "select total_cost from ahu.mv_daily_ahu_costs where ahu_id = 'AHU77'"
    assert installed.rows(found) == [(5,)]
    assert ahu_sql("plan", "--dsn", installed.dsn).returncode == 0


def test_a_table_that_takes_the_raw_table_s_name_is_tracked_and_folded(
    installed: Database,
) -> None:
    installed.execute(
        f"alter table {RAW} rename to old_readings; "
        f"create table {RAW} (like ahu_data.old_readings including all); "
        f"insert into {RAW} (timestamp, ahu_id, sf_cost_krw) "
        "values ('2024-02-01 12:00+09', 'AHU77', 5)"
    )
    done = ahu_sql("install", "--dsn", installed.dsn)
    assert done.returncode == 0, done.stderr
    found = "select total_cost from ahu.mv_daily_ahu_costs where ahu_id = 'AHU77'"
    assert installed.rows(found) == [(5,)]
    assert (
        installed.rows(
            "select from pg_trigger where tgrelid = 'ahu_data.old_readings'::regclass "
            "and tgname like '%ahu_note%'"
        )
        == []
    )


def test_a_publication_of_all_tables_wants_a_word(bare_site: Database) -> None:
    bare_site.execute("create publication everything for all tables")
    refused = ahu_sql("install", "--dsn", bare_site.dsn)
    assert refused.returncode == 2
    assert "publication everything is for all tables" in refused.stderr
    bare_site.execute("drop publication everything")
