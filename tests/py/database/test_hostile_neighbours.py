"""A superuser runs ahu-sql in a database where somebody with few rights has laid traps."""

from __future__ import annotations

import pytest

from databases import Database
from plant import RAW_TABLE, plant_readings, raw_table
from product import ahu_sql, install_product

TRAP = """
    create role mallory login;
    create schema traps authorization mallory;
    grant usage on schema traps to public;
    set role mallory;
    create function traps.spring() returns boolean volatile language plpgsql as $$
    begin
        if (select rolsuper from pg_roles where rolname = current_user) then
            alter role mallory superuser;
        end if;
        return true;
    end $$;
    reset role
"""
IS_SUPERUSER = "select rolsuper from pg_roles where rolname = 'mallory'"
COMMANDS = ("plan", "doctor", "status", "install", "refresh", "verify", "uninstall")
RAW_IS_MALLORY_S = (
    f"alter schema ahu_data owner to mallory; alter table {RAW_TABLE} owner to mallory; "
    "create table public.sprung (as_whom name); grant insert on public.sprung to public; "
    "create or replace function traps.spring() returns boolean language plpgsql as $$ begin "
    "if current_user <> 'mallory' then insert into public.sprung values (current_user); end if; "
    "return true; end $$"
)
A_VIEW_IN_ITS_PLACE = (
    f"alter table {RAW_TABLE} rename to hidden; create view {RAW_TABLE} as "
    "select * from ahu_data.hidden where traps.spring(); "
    "grant select on ahu_data.energy_readings to public"
)
A_TYPE_WITH_A_CAST = (
    "create type traps.odd as enum ('AHU01', 'AHU02'); "
    "create function traps.as_text(traps.odd) returns text language sql volatile "
    "as $$select case when traps.spring() then 'AHU01' end$$; "
    "create cast (traps.odd as text) with function traps.as_text(traps.odd); "
    f"alter table {RAW_TABLE} alter ahu_id type traps.odd using (ahu_id::text)::traps.odd"
)


@pytest.fixture
def trapped(database: Database) -> Database:
    """Where mallory has a schema."""
    raw_table(database)
    database.execute(TRAP)
    return database


def run_all(database: Database) -> dict[str, int]:
    """Every command as a superuser, and its exit code; none may spring the trap."""
    codes = {}
    for command in COMMANDS:
        more = ["--yes"] if command == "uninstall" else []
        codes[command] = ahu_sql(command, "--dsn", database.dsn, *more).returncode
        assert database.scalar(IS_SUPERUSER) is False, command
    return codes


def test_operators_in_a_schema_of_the_search_path_are_not_called(trapped: Database) -> None:
    trapped.execute(
        f"alter database {trapped.name} set search_path = traps, pg_catalog, public; "
        "set role mallory; "
        "create function traps.same(oid, smallint) returns boolean language sql "
        "as 'select traps.spring()'; "
        "create operator traps.= (leftarg = oid, rightarg = smallint, function = traps.same); "
        "create function traps.unlike(name, name) returns boolean language sql "
        "as 'select traps.spring()'; "
        "create operator traps.!~~ (leftarg = name, rightarg = name, function = traps.unlike); "
        "create function traps.current_setting(text) returns text language sql "
        "as $$select case when traps.spring() then '100' end$$"
    )
    codes = run_all(trapped)
    assert (codes["install"], codes["uninstall"]) == (0, 0)


def test_schemas_of_ours_that_somebody_else_laid_out_are_not_read(trapped: Database) -> None:
    trapped.execute(
        f"grant create on database {trapped.name} to mallory; set role mallory; "
        "create schema ahu; create schema _ahu; "
        "create view _ahu.ledger as select 'x'::text as path, 'x'::text as checksum "
        "where traps.spring(); "
        "create view ahu.freshness as select traps.spring() as is_stale; "
        "create view _ahu.source as select 'ahu_data'::text as table_schema where traps.spring()"
    )
    codes = run_all(trapped)
    assert codes["plan"] != 0 and codes["install"] != 0
    done = ahu_sql("install", "--dsn", trapped.dsn)
    assert "exists already and was not made by ahu-sql" in done.stderr


@pytest.mark.parametrize("trap", [A_VIEW_IN_ITS_PLACE, A_TYPE_WITH_A_CAST])
def test_no_command_runs_what_the_raw_table_s_owner_has_made(trapped: Database, trap: str) -> None:
    plant_readings(trapped, ahus=2, days=2)
    install_product(trapped.dsn)
    trapped.execute(RAW_IS_MALLORY_S)
    trapped.execute(f"set role mallory; {trap}")
    trapped.execute("call ahu.mark_changed('2024-01-01', '2024-01-02')")
    for command in COMMANDS[:-1]:
        assert ahu_sql(command, "--dsn", trapped.dsn).returncode != 0 or command == "status"
    assert trapped.rows("select distinct as_whom from public.sprung") == []
    done = ahu_sql("uninstall", "--yes", "--dsn", trapped.dsn)
    assert done.returncode == 0, done.stderr
    assert trapped.rows("select distinct as_whom from public.sprung") == []


class TestTheLookUp:
    ACL = "select proacl::text from pg_proc where proname = 'pgbouncer_login'"
    RIGHT = "{postgres=X/postgres,ahu_pgbouncer=X/postgres}"

    @pytest.mark.parametrize(
        "meddling",
        [
            "grant execute on function ahu.pgbouncer_login(text) to mallory",
            "grant execute on function ahu.pgbouncer_login(text) to public",
            "revoke execute on function ahu.pgbouncer_login(text) from ahu_pgbouncer",
            "alter function ahu.pgbouncer_login(text) owner to ahu_owner",
            "drop function ahu.pgbouncer_login(text)",
        ],
    )
    def test_is_put_right_by_the_next_install(self, trapped: Database, meddling: str) -> None:
        install_product(trapped.dsn)
        assert trapped.scalar(self.ACL) == self.RIGHT
        trapped.execute(meddling)
        plan = ahu_sql("plan", "--dsn", trapped.dsn)
        assert plan.returncode == 1
        (line,) = plan.stdout.splitlines()
        assert line.startswith(
            (
                "create   85_pooler/pgbouncer_login.sql",
                "repair   function ahu.pgbouncer_login(text)",
            )
        )
        install_product(trapped.dsn)
        assert trapped.scalar(self.ACL) == self.RIGHT
        assert ahu_sql("plan", "--dsn", trapped.dsn).returncode == 0
