"""What somebody changed or dropped by hand is as it was after the next install."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ahu_sql import applier
from ahu_sql.backfill import backfill
from ahu_sql.database import connect
from ahu_sql.errors import AhuSqlError
from databases import Database, fresh_database
from drifting import drift_concerns, dump, planned, site
from in_force import NATIVE, add_reading, assert_exact, put_in_force
from installing import RETRYING, started
from plant import RAW_TABLE, plant_readings, raw_table
from product import ahu_sql
from refreshing import refresh
from servers.running import RunningServer
from snapshots import roles_dump, schema_dump


@pytest.fixture(scope="class")
def mended(server: RunningServer) -> Iterator[Database]:
    """A database that a class drops and changes things in, and installs into again."""
    with fresh_database(server) as database:
        raw_table(database)
        plant_readings(database, ahus=2, days=3)
        put_in_force(database)
        yield database


def assert_put_right(database: Database, *changes: str, names: tuple[str, ...] = ()) -> None:
    """What somebody does by hand is planned, and after an install nothing tells of it."""
    before = dump(database)
    for change in changes:
        database.execute(change)
    assert before != dump(database)
    plan = put_in_force(database)
    assert plan.repairs
    for name in names:
        assert any(line.startswith(f"{name}: ") for line in plan.repairs), (name, plan.repairs)
    assert dump(database) == before
    with connect(database.dsn) as session:
        assert planned(session) == () and drift_concerns(session) == set()
    assert_exact(database)


TABLES_WITHOUT_NOTES = (
    "daily_rollup",
    "monthly_rollup",
    "pending_changes",
    "quarantine",
    "refresh_run",
    "refresh_turn",
    "retained_summary",
    "role_limits",
    "site_grants",
    "site_revokes",
    "source",
)


class TestPutRight:
    """What an install makes of it; catalogs, privileges and comments are as before."""

    def test_what_its_file_says_again(self, mended: Database) -> None:
        assert_put_right(
            mended,
            "drop view ahu.mv_daily_ahu_kwh",
            "drop view _ahu.activity cascade",
            "create or replace view ahu.mv_daily_ahu_costs with (security_invoker) as select "
            "d.day, d.ahu_id, 0::numeric as steam_cost, d.cold_water_cost, d.electricity_cost, "
            "d.total_cost from _ahu.daily_summary as d",
            "drop function _ahu.note_inserted() cascade",
            "create or replace function _ahu.may_grow(raw_table regclass) returns boolean "
            "language sql security definer as 'select false'",
            "alter function _ahu.is_tracked() reset search_path; alter function _ahu.is_tracked() "
            "security invoker volatile cost 3",
            "comment on view ahu.freshness is null",
            "comment on column ahu.settings.keep_runs is 'x'",
            "drop index _ahu.daily_rollup_ahu_id_day_idx; create index daily_rollup_ahu_id_day_idx "
            "on _ahu.daily_rollup (ahu_id)",
            "comment on schema _ahu is 'x'; grant create, usage on schema _ahu to public",
            "revoke usage on schema ahu from ahu_read; grant all on schema ahu to ahu_write",
        )

    def test_owners_and_rights(self, mended: Database) -> None:
        mended.execute("create role mallory")
        assert_put_right(
            mended,
            "alter view ahu.freshness owner to mallory; alter table ahu.settings owner to mallory; "
            "grant all on ahu.settings to ahu_owner",
            "alter procedure ahu.refresh_dashboard_views owner to mallory",
            "alter function ahu.pgbouncer_login owner to ahu_owner",
            "grant execute on function ahu.pgbouncer_login to mallory",
            "revoke all on all tables in schema ahu from ahu_read",
            "grant select on _ahu.ledger to public; grant update (keep_runs) on ahu.settings to "
            "ahu_read with grant option",
            "grant insert on ahu.mv_daily_ahu_kwh to ahu_write",
            "revoke all on all routines in schema ahu from ahu_write, ahu_pgbouncer",
            "revoke all on all routines in schema _ahu from ahu_owner",
            "revoke insert, select on _ahu.pending_changes from ahu_owner",
            f"revoke insert on {RAW_TABLE} from ahu_write",
            "revoke select on ahu.connections from pg_monitor; revoke usage on schema ahu from "
            "pg_monitor; revoke execute on function _ahu.is_tracked from pg_monitor",
            "grant select on ahu.mv_daily_ahu_kwh, _ahu.quarantine to pg_monitor",
            "alter view _ahu.activity rename column alias to mine",
            names=(
                "schema ahu",
                "view ahu.connections",
                "view _ahu.activity",
                "table _ahu.quarantine",
                "function _ahu.is_tracked()",
            ),
        )
        mended.execute("drop role mallory")

    def test_roles(self, mended: Database) -> None:
        assert_put_right(
            mended,
            "drop owned by ahu_pgbouncer; drop role ahu_pgbouncer",
            "alter role ahu_read createdb nologin connection limit 1",
            "comment on role ahu_write is null; grant ahu_owner to ahu_write",
            f'alter role ahu_read in database "{mended.name}" reset all',
            f'alter role ahu_write in database "{mended.name}" set search_path = public',
            names=("role ahu_pgbouncer", "role ahu_read", "role ahu_write"),
        )

    def test_what_a_table_has_lost_where_it_stands(self, mended: Database) -> None:
        assert_put_right(
            mended,
            "alter table _ahu.daily_rollup drop constraint daily_rollup_pkey, "
            "drop constraint daily_rollup_readings_check, reset (fillfactor), "
            "set (autovacuum_enabled = off), add check (day > '2000-01-01'), "
            "alter newest_reading drop not null, alter readings set default 1",
            "alter table _ahu.pending_changes replica identity default, alter trust_raw drop "
            "default, alter reason drop not null, enable row level security, "
            "force row level security",
            "alter table _ahu.quarantine set unlogged; alter table ahu.settings "
            "alter stale_after set default '1 day', drop constraint settings_check",
            "alter view ahu.mv_daily_ahu_kwh alter hcv_kwh set default 1",
            "alter table _ahu.retained_summary rename constraint retained_summary_pkey to the_key",
        )

    def test_what_has_to_give_way(self, mended: Database) -> None:
        """With rows that raw cannot give back, and with what others have added."""
        rows = (
            "select (select array_agg(d order by d) from _ahu.daily_summary as d)::text, "
            "(select array_agg(r order by r) from _ahu.refresh_run as r)::text, "
            "(select s from ahu.settings as s)::text"
        )
        mended.execute(
            "create role bi; grant usage on schema ahu to bi; "
            "grant select on ahu.mv_daily_ahu_costs, ahu.refresh_runs, ahu.freshness to bi; "
            "grant select on _ahu.daily_rollup to bi with grant option; "
            "grant execute on function _ahu.may_grow to bi; "
            "create view public.bi as select * from ahu.mv_monthly_ahu_costs; "
            "create index by_bi on _ahu.daily_rollup (newest_reading); "
            "create function public.told() returns trigger language plpgsql as "
            "'begin return null; end'; create trigger told after insert on _ahu.refresh_run "
            "for each statement execute function public.told(); "
            "update ahu.settings set keep_runs = '5 years'; "
            "insert into _ahu.daily_rollup (day, ahu_id, readings, newest_reading, hcv_kwh) "
            "values ('2001-01-01', 'AHU01', 3, '2001-01-01', 1.5)"
        )
        before = mended.rows(rows)
        dumped = dump(mended)
        for change in (
            "alter table _ahu.daily_rollup alter total_cost drop expression",
            "alter table _ahu.monthly_rollup add column mine text",
            "alter table _ahu.refresh_run alter run_id drop identity",
            "alter table ahu.settings add column mine text",
            "create or replace view ahu.mv_daily_ahu_costs as select *, 1 as mine from "
            "(select day, ahu_id, steam_cost, cold_water_cost, electricity_cost, total_cost "
            "from _ahu.daily_summary) as s",
            "alter view ahu.refresh_runs rename column keys to mine",
            "drop function _ahu.may_grow(regclass); create function _ahu.may_grow(regclass) "
            "returns text language sql as 'select null::text'; "
            "grant execute on function _ahu.may_grow to bi",
            "drop procedure _ahu.remember_turn(); create function _ahu.remember_turn() returns int "
            "language sql as 'select 1'",
        ):
            mended.execute(change)
        plan = put_in_force(mended)
        assert len([line for line in plan.repairs if "backfill" not in line]) == 8
        assert dump(mended) == dumped
        after = mended.rows(rows)
        assert after[0][0] == before[0][0] and after[0][2] == before[0][2]
        # the backfill's refresh has a number of its own
        assert after[0][1].startswith(before[0][1].rstrip('}"'))
        with connect(mended.dsn) as session:
            assert planned(session) == ()
        mended.execute(
            "delete from _ahu.daily_rollup where day = '2001-01-01'; "
            "delete from _ahu.monthly_rollup where month = '2001-01-01'; drop view public.bi; "
            "drop function public.told() cascade; drop index _ahu.by_bi; drop owned by bi; "
            "drop role bi"
        )
        assert_exact(mended)

    def test_tables_with_all_that_was_in_them(self, mended: Database) -> None:
        add_reading(mended, "2024-01-03", cost=5)
        assert_put_right(
            mended,
            f"drop table {', '.join(f'_ahu.{table}' for table in TABLES_WITHOUT_NOTES)} cascade",
            "drop table ahu.settings cascade",
            names=(
                *(f"table _ahu.{table}" for table in TABLES_WITHOUT_NOTES),
                "view ahu.freshness",
            ),
        )
        assert mended.scalar("select stale_after::text from ahu.settings") == "01:00:00"

    def test_a_rollup_that_lost_a_column(self, mended: Database) -> None:
        assert_put_right(
            mended,
            "alter table _ahu.daily_rollup drop column steam_cost cascade; "
            "alter table _ahu.monthly_rollup drop column month cascade; "
            "alter table _ahu.pending_changes drop column reason cascade",
        )

    def test_months_that_raw_has_no_more_are_summed_up_from_the_stored_days(
        self, mended: Database
    ) -> None:
        mended.execute(
            "insert into _ahu.daily_rollup (day, ahu_id, readings, newest_reading, steam_cost) "
            "select day, 'AHU01', 3, day, 1.5 "
            "from unnest('{2001-01-01,2001-01-31}'::date[]) as day; "
            "drop table _ahu.monthly_rollup cascade"
        )
        put_in_force(mended)
        assert mended.rows(
            "select month::text, readings, steam_cost from _ahu.monthly_rollup "
            "where month < '2002-01-01'"
        ) == [("2001-01-01", 6, 3)]
        mended.execute(
            "delete from _ahu.daily_rollup where day < '2002-01-01'; "
            "delete from _ahu.monthly_rollup where month < '2002-01-01'"
        )
        assert_exact(mended)

    @pytest.mark.parametrize("table", ["ledger", "object_state"])
    def test_the_installer_s_own_notes(self, mended: Database, table: str) -> None:
        """Others have drifted at the same time, and are put right too."""
        assert_put_right(
            mended,
            f"drop table _ahu.{table}; drop view ahu.mv_daily_ahu_costs",
            "create or replace function _ahu.is_tracked() returns boolean language sql "
            "as 'select true'",
            names=(f"table _ahu.{table}",),
        )

    def test_what_tells_drift(self, mended: Database) -> None:
        assert_put_right(
            mended,
            "create or replace function _ahu.describe_objects() returns table "
            "(name text, part text, state text, is_worded boolean) language sql as "
            "'select null::text, null::text, null::text, 1/0 = 0'",
            "drop function _ahu.describe_columns()",
            "alter table _ahu.daily_rollup drop constraint daily_rollup_pkey",
            names=("function _ahu.describe_columns()", "table _ahu.daily_rollup"),
        )

    def test_the_public_schema(self, mended: Database) -> None:
        assert_put_right(mended, "drop schema ahu cascade", names=("schema ahu",))

    def test_after_it_uninstall_leaves_nothing(self, mended: Database) -> None:
        done = ahu_sql("uninstall", "--yes", "--roles", "--dsn", mended.dsn)
        assert done.returncode == 0, done.stderr
        assert "ahu" not in roles_dump(mended)
        left = schema_dump(mended).replace("ahu_data", "").replace("ahu_id", "")
        assert "ahu" not in left
        put_in_force(mended)

    def test_what_is_pending_in_a_log_that_gives_way_stays_pending(self, mended: Database) -> None:
        """Evidence of a deletion too: without it the key would go to quarantine."""
        mended.execute(f"delete from {RAW_TABLE} where ahu_id = 'AHU01' and sf_cost_krw is null")
        mended.execute(
            f"delete from {RAW_TABLE} where ctid in (select ctid from {RAW_TABLE} limit 9)"
        )
        pending = mended.rows("table _ahu.pending_changes")
        assert pending
        mended.execute("alter table _ahu.pending_changes add column mine text")
        settings, files = site()
        with connect(mended.dsn) as session:
            applier.install(session, files, settings, patience_s=10, say=print)
        assert mended.rows("table _ahu.pending_changes") == pending
        refresh(mended)
        assert_exact(mended)
        assert mended.scalar("select count(*) from _ahu.quarantine") == 0

    def test_readers_are_waited_for_and_the_etl_meanwhile_is_not_held_up(
        self, mended: Database
    ) -> None:
        mended.execute("alter table _ahu.pending_changes add column mine text")
        mended.execute("alter view ahu.mv_daily_ahu_costs set (security_barrier)")
        with mended.connect(autocommit=False) as reader:
            reader.execute("select from ahu.mv_daily_ahu_costs")
            with started(mended, "install") as installer:
                installer.wait_for(RETRYING)
                add_reading(mended, "2024-01-02")
                reader.commit()
                assert installer.finish() == 0, installer.text
        refresh(mended)
        with connect(mended.dsn) as session:
            assert planned(session) == ()
        assert_exact(mended)

    def test_the_private_schema(self, mended: Database) -> None:
        """It takes what tells drift with it: an install from the beginning."""
        before = dump(mended)
        mended.execute("drop schema _ahu cascade")
        put_in_force(mended)
        assert dump(mended) == before
        assert_exact(mended)

    def test_rows_that_a_constraint_forbids_stand_in_the_way_and_are_named(
        self, mended: Database
    ) -> None:
        mended.execute(
            "alter table _ahu.quarantine drop constraint quarantine_pkey; "
            "insert into _ahu.quarantine (day, ahu_id, stored_readings, raw_readings, "
            "net_readings) select '2024-01-01', 'AHU01', 1, 0, 0 from generate_series(1, 2)"
        )
        before = dump(mended)
        done = ahu_sql("install", "--dsn", mended.dsn)
        assert done.returncode == 1
        error, detail, hint = done.stderr.strip().splitlines()
        assert error.startswith("error: table _ahu.quarantine cannot be put right: ")
        assert "(2024-01-01, AHU01)" in detail
        assert hint == (
            "HINT: Correct or drop what stands in the way, then run ahu-sql install again."
        )
        assert dump(mended) == before
        mended.execute("truncate _ahu.quarantine")
        put_in_force(mended)

    def test_what_others_have_built_on_it_stands_in_the_way_and_is_named(
        self, mended: Database
    ) -> None:
        mended.execute(
            "alter table _ahu.quarantine add column mine text; "
            "create view public.bi as select mine from _ahu.quarantine"
        )
        before = schema_dump(mended)
        done = ahu_sql("install", "--dsn", mended.dsn)
        assert done.returncode == 1
        error, detail, hint = done.stderr.strip().splitlines()[:3]
        assert error == (
            "error: table _ahu.quarantine was changed by hand, and objects of others depend on it"
        )
        assert "view bi depends on" in detail.replace("public.", "") and hint.startswith("HINT: ")
        assert schema_dump(mended) == before
        mended.execute("drop view public.bi")
        put_in_force(mended)


def test_rollups_of_the_strategy_native(database: Database) -> None:
    raw_table(database)
    plant_readings(database, ahus=2, days=3)
    put_in_force(database)
    put_in_force(database, NATIVE)
    with connect(database.dsn) as session:
        assert planned(session, NATIVE) == ()
    before = dump(database)
    wrong = "create materialized view _ahu.daily_native as select now()::date as day, 'x' as ahu_id"
    for changes in (
        ["drop index _ahu.daily_native_key, _ahu.monthly_native_key"],
        ["alter materialized view _ahu.monthly_native set (fillfactor = 20)"],
        ["drop materialized view _ahu.daily_native cascade"],
        ["drop materialized view _ahu.daily_native cascade", wrong],
        [
            "alter materialized view _ahu.daily_native rename column pc_ccv_kwh to mine",
            "alter table _ahu.daily_rollup drop constraint daily_rollup_pkey",
        ],
    ):
        for change in changes:
            database.execute(change)
        plan = put_in_force(database, NATIVE)
        assert any("_native: " in line for line in plan.repairs), plan.repairs
        assert dump(database) == before
        add_reading(database, "2024-01-02")
        refresh(database)
        assert_exact(database)
        with connect(database.dsn) as session:
            assert planned(session, NATIVE) == () and drift_concerns(session) == set()
    put_in_force(database)
    with connect(database.dsn) as session:
        assert planned(session) == ()
        assert "daily_native" not in {
            name for (name,) in session.execute("select name from _ahu.object_state")
        }


def test_an_installer_without_superuser(database: Database) -> None:
    raw_table(database)
    plant_readings(database, ahus=2, days=3)
    database.execute(
        "create role plant_dba login createrole; "
        f"grant create on database {database.name} to plant_dba; "
        f"alter table {RAW_TABLE} owner to plant_dba; alter schema ahu_data owner to plant_dba"
    )
    settings, files = site()

    def install_as(user: str) -> tuple[str, ...]:
        with connect(database.server.dsn(database.name, user)) as session:
            plan = applier.install(session, files, settings, patience_s=10, say=print)
            backfill(session, batch_days=31, progress=lambda done, total: None)
            assert planned(session) == ()
        return plan.repairs

    assert install_as("plant_dba") == ()
    before = dump(database)
    for change in (
        "drop view ahu.mv_daily_ahu_kwh, ahu.freshness",
        "alter table _ahu.daily_rollup alter total_cost drop expression, reset (fillfactor)",
        "set role ahu_owner; alter function _ahu.is_tracked() security invoker",
        "alter role ahu_read nologin; comment on role ahu_read is 'x'",
        "set role plant_dba; grant ahu_owner to ahu_write",
        "drop table _ahu.object_state",
    ):
        database.execute(change)
        assert install_as("plant_dba") != ()
        assert dump(database) == before
        assert_exact(database)
    # What only a superuser builds is a superuser's to put right.
    install_as("postgres")
    before = dump(database)
    database.execute("comment on function ahu.pgbouncer_login is 'mine'")
    assert install_as("plant_dba") == ()
    changed = "function ahu.pgbouncer_login(text): its comment was changed"
    assert install_as("postgres") == (changed,)
    assert dump(database) == before
    # An object that was given to somebody whose rights the installer lacks is a superuser's too.
    database.execute("alter view ahu.freshness owner to postgres")
    with pytest.raises(AhuSqlError) as raised:
        install_as("plant_dba")
    assert str(raised.value) == (
        "error: view ahu.freshness cannot be put right by role plant_dba\n"
        "DETAIL: It has drifted (view ahu.freshness: its owner was changed), and: must be owner of "
        "view freshness.\nHINT: Once as a superuser: ahu-sql install"
    )
    assert install_as("postgres") == ("view ahu.freshness: its owner was changed",)
    assert dump(database) == before
