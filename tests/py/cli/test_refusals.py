"""One clear error each, and nothing changed: settings, table, rights, locks."""

from __future__ import annotations

import signal
import subprocess
import sys
from dataclasses import dataclass

import pytest

from cli.refusal import assert_refused, nothing_changes
from databases import Database
from installing import RETRYING, started
from product import ahu_sql
from sessions import wait_until, waiting_sessions

RAW = "ahu_data.energy_readings"


@dataclass(frozen=True)
class Case:
    """Settings, and what is said about them."""

    flags: tuple[str, ...]
    message: str
    detail: tuple[str, ...]
    hint: str


CASES = {
    "no such table": Case(
        ("source.table=ahu_data.energy_reading",),
        "there is no table ahu_data.energy_reading",
        (RAW,),
        "and connect to its database; ahu-sql init looks for it",
    ),
    "missing columns, all at once": Case(
        (
            "source.time_column=timestmp",
            "measures.hcv_kwh=hcv_steam_kw,ac_hcv_steam_kwh",
            "measures.steam_cost=zzz",
        ),
        f"the settings do not fit table {RAW}",
        (
            'no column "timestmp", which source.time_column names (closest: "timestamp"',
            'no column "hcv_steam_kw", which measures.hcv_kwh names (closest: "hcv_steam_kwh"',
            'no column "zzz"',
        ),
        "the table's columns are: timestamp, ahu_id, ccv_cold_water_kwh",
    ),
    "unknown zone": Case(
        ("source.time_zone=Asia/Soul",),
        f"the settings do not fit table {RAW}",
        ('no time zone "Asia/Soul" (closest: "Asia/Seoul"',),
        "ahu-sql.toml",
    ),
    "unknown setting": Case(
        ("source.tabel=a.b",), "a setting is wrong", ('did you mean "table"?',), "--set"
    ),
    "mistyped setting": Case(
        ("refresh.lookback_days=seven",),
        "a setting is wrong",
        ("must be a whole number from 1 to 36600, not 'seven'",),
        "ahu-sql.toml",
    ),
    "a choice that there is not": Case(
        ("refresh.strategy=magic",),
        "a setting is wrong",
        ('must be one of incremental, native, not "magic"',),
        "ahu-sql.toml",
    ),
    "a wide table said to be long": Case(
        ("source.layout=long",),
        f"the settings do not fit table {RAW}",
        (
            'no column "metric_name", which source.metric_column names',
            'no column "value", which source.value_column names',
            'no column "unit", which source.unit_column names',
        ),
        "the table's columns are: timestamp, ahu_id",
    ),
    "a measure that is no number": Case(
        ("measures.hcv_kwh=ahu_id",),
        f"the settings do not fit table {RAW}",
        ('"ahu_id" must be an exact number to be a measure, it is text',),
        "measures",
    ),
    "a time without a zone": Case(
        ("source.table=ahu_data.naive",),
        "the settings do not fit table ahu_data.naive",
        ("must be timestamp with time zone, it is timestamp without time zone",),
        "source",
    ),
    "a view": Case(
        ("source.table=ahu_data.a_view",),
        "ahu_data.a_view is a view",
        ("ordinary or a partitioned table",),
        "source.table",
    ),
    "a foreign table": Case(
        ("source.table=ahu_data.a_foreign_table",),
        "ahu_data.a_foreign_table is a foreign table",
        ("ordinary or a partitioned table",),
        "source.table",
    ),
    "row security": Case(
        ("source.table=ahu_data.guarded",),
        "ahu_data.guarded has row security enabled",
        ("would miss the rows",),
        "alter table ahu_data.guarded disable row level security",
    ),
    "a partition": Case(
        ("source.table=ahu_data.one_part",),
        "ahu_data.one_part is a partition or a child by inheritance",
        ("unnoticed",),
        "source.table",
    ),
    "a role's other table is missing": Case(
        ("roles.read_also=ahu_data.naiv",),
        f"the settings do not fit table {RAW}",
        ('no table "ahu_data.naiv" (closest: "ahu_data.naive"',),
        "roles",
    ),
}


@pytest.fixture(scope="module")
def odd_site(bare_site: Database) -> Database:
    """The raw table, and beside it what cannot be one."""
    bare_site.execute(
        f"""
        create table ahu_data.naive (like {RAW});
        alter table ahu_data.naive alter column "timestamp" type timestamp;
        create table ahu_data.guarded (like {RAW});
        alter table ahu_data.guarded enable row level security;
        create view ahu_data.a_view as select * from {RAW};
        create foreign data wrapper nothing;
        create server nowhere foreign data wrapper nothing;
        create foreign table ahu_data.a_foreign_table (n integer) server nowhere;
        create table ahu_data.parts (like {RAW}) partition by list (ahu_id);
        create table ahu_data.one_part partition of ahu_data.parts default;
        """
    )
    return bare_site


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_settings_that_do_not_fit(odd_site: Database, case: Case) -> None:
    flags = [part for flag in case.flags for part in ("--set", flag)]
    with nothing_changes(odd_site):
        done = ahu_sql("install", "--dsn", odd_site.dsn, *flags)
    assert_refused(done, exit_code=2, message=case.message, detail=case.detail, hint=case.hint)


def test_a_plan_is_refused_as_the_install_would_be(odd_site: Database) -> None:
    case = CASES["missing columns, all at once"]
    flags = [part for flag in case.flags for part in ("--set", flag)]
    plan = ahu_sql("plan", "--dsn", odd_site.dsn, *flags)
    install = ahu_sql("install", "--dsn", odd_site.dsn, *flags)
    assert (plan.returncode, plan.stdout, plan.stderr) == (2, "", install.stderr)


@pytest.fixture(scope="module")
def people(bare_site: Database) -> Database:
    """A plain login role, and one that may create roles and schemas but owns nothing."""
    bare_site.execute(
        "create role plain login; create role maker login createrole; "
        f"grant create on database {bare_site.name} to maker"
    )
    return bare_site


class TestRights:
    @pytest.mark.parametrize(
        ("role", "lacks"),
        [
            ("plain", ("create on database", "createrole", "ownership of the raw table")),
            ("maker", ("with grant option on the schema", "ownership of the raw table")),
        ],
    )
    def test_that_are_too_few_are_named(
        self, people: Database, role: str, lacks: tuple[str, ...]
    ) -> None:
        with nothing_changes(people):
            done = ahu_sql("install", "--dsn", people.server.dsn(people.name, role))
        assert_refused(
            done,
            exit_code=2,
            message=f'role "{role}" has too few rights to install ahu-sql',
            detail=lacks,
            hint="Connect as a superuser, or as the owner of the raw table with createrole",
        )

    def test_a_role_of_ours_that_may_do_anything_is_refused(self, site: Database) -> None:
        site.execute("create role ahu_read superuser")
        with nothing_changes(site, bare=False):
            done = ahu_sql("install", "--dsn", site.dsn)
        assert_refused(
            done,
            exit_code=2,
            message="role ahu_read is a superuser or bypasses row security",
            hint="alter role ahu_read nosuperuser nobypassrls",
        )

    def test_a_reader_of_an_installed_site_gets_a_clear_error(self, installed: Database) -> None:
        reader = installed.server.dsn(installed.name, "ahu_read")
        for command in (["refresh"], ["plan"], ["install"], ["uninstall", "--yes"]):
            with nothing_changes(installed, bare=False):
                done = ahu_sql(*command, "--dsn", reader)
            assert done.returncode in (1, 2), command
            assert done.stdout == ""
            assert done.stderr.count("error: ") == 1 and "Traceback" not in done.stderr
            assert "HINT: " in done.stderr

    def test_a_reader_may_ask_for_the_status(self, installed: Database) -> None:
        done = ahu_sql("status", "--dsn", installed.server.dsn(installed.name, "ahu_read"))
        assert (done.returncode, done.stderr) == (0, "")
        assert "mv_daily_ahu_costs" in done.stdout


def test_a_schema_of_somebody_else(site: Database) -> None:
    site.execute("create schema ahu; create table ahu.precious as select 1 as n")
    for command in ("install", "plan"):
        with nothing_changes(site, bare=False):
            done = ahu_sql(command, "--dsn", site.dsn)
        assert_refused(
            done,
            exit_code=1,
            message="schema ahu exists already and was not made by ahu-sql",
            detail="there is no ledger in _ahu",
            hint="alter schema ... rename to ...",
        )
    assert site.scalar("select n from ahu.precious") == 1


def test_a_raw_table_that_is_locked_for_longer_than_our_patience(site: Database) -> None:
    with site.connect(autocommit=False) as etl:
        pid = etl.info.backend_pid
        etl.execute(f"insert into {RAW} (timestamp) values ('2024-01-02')")
        with nothing_changes(site):
            done = ahu_sql("install", "--dsn", site.dsn, "--patience", "1")
    assert_refused(
        done,
        exit_code=1,
        message="a lock was not free within 1 seconds",
        detail=("canceling statement due to lock timeout", f"process {pid} (postgres"),
        hint="--patience 10",
    )


def test_patience_outlasts_a_lock(site: Database) -> None:
    with site.connect(autocommit=False) as etl:
        etl.execute(f"insert into {RAW} (timestamp) values ('2024-01-02')")
        with started(site, "install") as installer:
            installer.wait_for(RETRYING)
            assert "a lock is not free, trying again" in installer.said[0]
            etl.commit()
            assert installer.finish() == 0, installer.text
    assert "files applied" in installer.text


@pytest.mark.parametrize("verb", ["install", "uninstall"])
@pytest.mark.parametrize("patience", ["nan", "inf", "1e308", "86401", "0", "-1", "soon"])
def test_a_patience_that_is_none(verb: str, patience: str) -> None:
    done = ahu_sql(verb, "--patience", patience)
    assert done.returncode == 2
    assert "Invalid value for '--patience'" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_who_interrupts_is_told_what_stays(installed: Database, number: signal.Signals) -> None:
    program = (sys.executable, "-m", "ahu_sql", "refresh", "--dsn", installed.dsn)
    with installed.connect(autocommit=False) as other:
        other.execute("select pg_advisory_xact_lock(_ahu.refresh_lock())")
        with subprocess.Popen(program, stderr=subprocess.PIPE, text=True) as refresh:
            wait_until(lambda: waiting_sessions(installed, "ahu-sql") > 0, "it waits")
            refresh.send_signal(number)
            _, said = refresh.communicate(timeout=60)
    assert refresh.returncode == 130
    assert said.splitlines()[-3:] == [
        "error: interrupted",
        "DETAIL: What was under way was undone; what was committed before it stays.",
        "HINT: Run the same command again: it goes on from there.",
    ]


def test_another_source_than_the_installed_one(installed: Database) -> None:
    installed.execute(f"create table ahu_data.b (like {RAW})")
    for flag, difference in (
        ("source.time_zone=UTC", "source.time_zone was Asia/Seoul and is now UTC"),
        ("source.table=ahu_data.b", f"source.table was {RAW} and is now ahu_data.b"),
    ):
        with nothing_changes(installed, bare=False):
            done = ahu_sql("install", "--dsn", installed.dsn, "--set", flag)
        assert_refused(
            done,
            exit_code=2,
            message="ahu-sql is installed here for another source",
            detail=difference,
            hint="ahu-sql uninstall, then ahu-sql install",
        )
