"""Objects of ours that somebody changed or dropped by hand: plan and status name each of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest

from ahu_sql import applier
from ahu_sql.database import Connection, connect
from databases import Database, fresh_database
from drifting import drift_concerns, planned, site
from in_force import put_in_force
from plant import RAW_TABLE, plant_readings, raw_table
from product import ahu_sql
from servers.running import RunningServer

OUR_SCHEMAS = "(select n.oid from pg_namespace as n where n.nspname in ('ahu', '_ahu'))"
LOGIN_ROLES = ("ahu_read", "ahu_write", "ahu_pgbouncer")

# by the catalogs alone, so that an object which is new tomorrow is in here
OBJECTS = f"""
    select
        case c.relkind when 'r' then 'table' when 'v' then 'view' else 'materialized view' end,
        format('%I.%I', n.nspname, c.relname)
    from pg_class as c
    join pg_namespace as n on n.oid = c.relnamespace
    where c.relnamespace in {OUR_SCHEMAS} and c.relkind not in ('i', 'S', 'c', 't')
    union all
    select case p.prokind when 'p' then 'procedure' else 'function' end, p.oid::regprocedure::text
    from pg_proc as p
    where p.pronamespace in {OUR_SCHEMAS}
    union all
    select 'schema', n.nspname from pg_namespace as n where n.nspname in ('ahu', '_ahu')
    union all
    select 'role', r.rolname from pg_roles as r where r.rolname like 'ahu\\_%'
    order by 1, 2
"""


@pytest.fixture(scope="module")
def installed(server: RunningServer) -> Iterator[Database]:
    """One database for what is undone again."""
    with fresh_database(server) as database:
        raw_table(database)
        plant_readings(database, ahus=2, days=3)
        put_in_force(database)
        yield database


@pytest.fixture(scope="module")
def session(installed: Database) -> Iterator[Connection]:
    with connect(installed.dsn) as connection:
        assert planned(connection) == () and drift_concerns(connection) == set()
        yield connection
        assert planned(connection) == (), "a test left something changed"


@contextmanager
def undone(session: Connection, *statements: str) -> Iterator[None]:
    """What somebody does by hand, until the end of the block."""
    with session.transaction(force_rollback=True):
        for statement in statements:
            session.execute(statement, prepare=False)
        yield


def objects(session: Connection) -> set[tuple[str, str]]:
    return {(kind, name) for kind, name in session.execute(OBJECTS)}


def lines_of(session: Connection, query: str) -> list[str]:
    return [str(line) for (line,) in session.execute(query, prepare=False)]


class TestDropped:
    """Each object, with all that goes with it."""

    def test_each_is_named_by_plan_and_status_and_so_is_what_went_with_it(
        self, session: Connection
    ) -> None:
        before = objects(session)
        assert len(before) > 100
        dropped = set()
        for kind, name in sorted(before):
            if name in ("_ahu", "ahu_owner"):
                continue
            drop = [f"drop {kind} {name}" + ("" if kind == "role" else " cascade")]
            if kind == "role":
                drop.insert(0, f"drop owned by {name}")
            with undone(session, *drop):
                gone = before - objects(session)
                assert (kind, name) in gone
                said = {line.split(";")[0] for line in planned(session)}
                told = {line.split(";")[0] for line in drift_concerns(session)}
                wanted = {f"{k} {n}: it was dropped" for k, n in gone}
                if name == "_ahu.describe_objects()" or (
                    name.startswith("_ahu.describe_") or name == "_ahu.object_state"
                ):
                    # What tells drift cannot tell of others; nothing goes with it.
                    assert gone == {(kind, name)}
                assert wanted <= said, (name, wanted - said)
                assert wanted <= told, (name, wanted - told)
                dropped |= gone
        assert dropped == before - {("schema", "_ahu"), ("role", "ahu_owner")}

    def test_the_private_schema_is_planned_anew(self, session: Connection) -> None:
        settings, files = site()
        with undone(session, "drop schema _ahu cascade"):
            plan = applier.read_plan(session, files, settings)
            steps = {step.path for step in plan.steps}
        assert {"10_schemas/_ahu.sql", "30_tables/daily_rollup.sql"} <= steps
        assert {file.path for file in files if file.room == "70_views"} <= steps

    @pytest.mark.parametrize(
        "change",
        [
            "alter schema ahu owner to pg_monitor",
            "alter schema _ahu owner to pg_monitor",
            "alter table _ahu.ledger owner to pg_monitor",
            "alter role ahu_owner rename to somebody",
        ],
    )
    def test_what_could_be_anybody_s_now_is_refused_with_what_to_type(
        self, session: Connection, change: str
    ) -> None:
        with undone(session, change), pytest.raises(psycopg.Error) as raised:
            planned(session)
        assert "was not made by ahu-sql" in str(raised.value)
        assert "owner to ahu_owner" in str(raised.value.diag.message_hint)


class TestChanged:
    """Each property, on each object that has it."""

    def test_owner_comment_and_rights_of_each(self, session: Connection) -> None:
        owned = [
            (kind, name)
            for kind, name in sorted(objects(session))
            if kind not in ("role", "schema")
        ]
        statements, wanted = ["create role mallory"], set()
        for kind, name in owned:
            granted = "table" if kind in ("table", "view", "materialized view") else "routine"
            statements += [
                f"comment on {kind} {name} is 'mine'",
                f"grant all on {granted} {name} to public",
                f"revoke all on {granted} {name} from ahu_read, ahu_pgbouncer",
            ]
            if name != "_ahu.ledger":  # that would be another's: refused
                statements.append(f"alter {kind} {name} owner to mallory")
            wanted.add(f"{kind} {name}")
        for schema in ("ahu", "_ahu"):
            statements += [
                f"comment on schema {schema} is null",
                f"grant create on schema {schema} to public",
            ]
        statements += [f"comment on role {role} is 'mine'" for role in LOGIN_ROLES]
        with undone(session, *statements):
            said = {line.split(": ", 1)[0]: line for line in planned(session)}
        for name in wanted:
            line = said[name]
            assert "comment" in line and "grant to PUBLIC was added" in line
            assert "owner" in line or name == "table _ahu.ledger"
        for view in ("daily_ahu_costs", "daily_ahu_kwh", "monthly_ahu_costs"):
            assert "its grant to ahu_read was dropped" in said[f"view ahu.mv_{view}"]
        for schema in ("ahu", "_ahu"):
            assert "its comment was dropped" in said[f"schema {schema}"]
            assert "its grant to PUBLIC was added" in said[f"schema {schema}"]
        assert all("comment was changed" in said[f"role {role}"] for role in LOGIN_ROLES)

    def test_body_and_clauses_of_each_routine(self, session: Connection) -> None:
        changes = lines_of(
            session,
            f"""
            select format(
                'alter routine %s cost 7 %s %s parallel %s; alter routine %1$s set work_mem = 64; '
                'alter routine %1$s reset search_path',
                p.oid::regprocedure,
                case when p.prosecdef then 'security invoker' else 'security definer' end,
                case when p.provolatile = 'v' then 'stable' else 'volatile' end,
                case when p.proparallel = 'r' then 'safe' else 'restricted' end
            )
            from pg_proc as p
            where p.pronamespace in {OUR_SCHEMAS} and p.prokind = 'f'
            """,
        )
        # which the comparison itself is made with, and which would not answer then
        tools = ("_ahu.describe_", "set_config")
        changes = [change for change in changes if not any(tool in change for tool in tools)]
        assert len(changes) > 40
        with undone(session, *changes):
            said = [line for line in planned(session) if line.startswith("function ")]
        assert len(said) == len(changes)
        for line in said:
            assert "cost, parallel safety, security and volatility were changed" in line, line
            assert "its setting search_path was dropped" in line
            assert "its setting work_mem was added" in line

    def test_bodies_of_all_routines(self, session: Connection) -> None:
        changes = lines_of(
            session,
            f"""
            select replace(pg_get_functiondef(p.oid), p.prosrc, p.prosrc || '\n-- mine\n')
            from pg_proc as p
            where p.pronamespace in {OUR_SCHEMAS} and p.proname not like 'describe%'
            """,
        )
        with undone(session, *changes):
            said = planned(session)
        assert len(said) == len(changes) > 70
        assert all(line.endswith(": its body was changed") for line in said)

    def test_definitions_and_options_of_each_view(self, session: Connection) -> None:
        views = [name for kind, name in sorted(objects(session)) if kind == "view"]
        changes = [f"alter view {view} set (security_barrier = true)" for view in views]
        changes += lines_of(
            session,
            f"""
            select format(
                'create or replace view %s with (security_barrier) as select * from (%s) as mine',
                c.oid::regclass,
                rtrim(pg_get_viewdef(c.oid), ';')
            )
            from pg_class as c
            where c.relnamespace in {OUR_SCHEMAS} and c.relkind = 'v'
            """,
        )
        with undone(session, *changes):
            said = planned(session)
        assert set(said) == {
            f"view {view}: its definition was changed, its option security_barrier was added"
            for view in views
        }

    def test_columns_constraints_and_all_else_of_each_table(self, session: Connection) -> None:
        parts = session.execute(
            f"""
            select c.oid::regclass::text, 'constraint', quote_ident(k.conname)
            from pg_class as c
            join pg_constraint as k on k.conrelid = c.oid
            where c.relnamespace in {OUR_SCHEMAS} and c.relkind = 'r' and k.contype <> 'n'
            union all
            select x.indrelid::regclass::text, 'index', quote_ident(i.relname)
            from pg_index as x
            join pg_class as i on i.oid = x.indexrelid
            where i.relnamespace in {OUR_SCHEMAS} and not x.indisprimary
            union all
            select c.oid::regclass::text, a.kind, quote_ident(a.attname)
            from pg_class as c
            cross join lateral (
                select 'column' as kind, t.attname from pg_attribute as t
                where t.attrelid = c.oid and t.attnum > 0
                union all
                select 'NOT NULL of column', t.attname from pg_attribute as t
                where t.attrelid = c.oid and t.attnum > 0 and t.attnotnull and t.attidentity = ''
                    and not exists (
                        select from pg_index as x
                        where x.indrelid = c.oid and x.indisprimary and t.attnum = any (x.indkey)
                    )
                union all
                select 'default of column', t.attname from pg_attribute as t
                where t.attrelid = c.oid and t.atthasdef and t.attgenerated = ''
                union all
                select 'comment on column', t.attname from pg_attribute as t
                where t.attrelid = c.oid and t.attnum > 0
            ) as a
            where c.relnamespace in {OUR_SCHEMAS} and c.relkind = 'r'
            union all
            select c.oid::regclass::text, 'option', split_part(o.item, '=', 1)
            from pg_class as c
            cross join lateral unnest(c.reloptions) as o (item)
            where c.relnamespace in {OUR_SCHEMAS}
            """
        ).fetchall()
        assert len(parts) > 300
        how = {
            "constraint": "alter table {table} drop constraint {part} cascade",
            "index": "drop index {schema}.{part}",
            "column": "alter table {table} drop column if exists {part} cascade",
            "NOT NULL of column": "alter table {table} alter {part} drop not null",
            "default of column": "alter table {table} alter {part} drop default",
            "comment on column": "comment on column {table}.{part} is null",
            "option": "alter table {table} reset ({part})",
        }
        tables = {table for table, _, _ in parts}
        notes = "_ahu.object_state"
        for kinds in (tuple(kind for kind in how if kind != "column"), ("column",)):
            wanted = [(table, kind, part) for table, kind, part in parts if kind in kinds]
            # without its columns the notes cannot be read, nor the source be asked for
            if kinds == ("column",):
                wanted = [row for row in wanted if row[0] != notes]
            statements = [
                how[kind].format(table=table, part=part, schema=table.partition(".")[0])
                for table, kind, part in wanted
            ]
            statements += [
                f"alter table {table} replica identity nothing, set unlogged, "
                "enable row level security, force row level security"
                for table in tables
                if table != notes
            ]
            with undone(session, *statements):
                said = {line.split(": ", 1)[0]: line for line in planned(session)}
            for table, kind, part in wanted:
                assert f"{kind} {part}" in said[f"table {table}"], (table, kind, part)
            for table in tables - {notes}:
                line = said[f"table {table}"]
                assert all(word in line for word in ("replica identity", "persistence")), line
                assert "forced row security and row security were added" in line

    @pytest.mark.parametrize(
        ("change", "line"),
        [
            (
                "alter table _ahu.quarantine add column note text default 'x', add check (true)",
                "table _ahu.quarantine: its column note and constraint quarantine_check were added",
            ),
            (
                "alter table _ahu.retained_summary alter steam_cost type real",
                "table _ahu.retained_summary: its column steam_cost was changed; everything is "
                "folded anew, keys that had readings added come to quarantine",
            ),
            (
                "alter table _ahu.refresh_run alter run_id drop identity",
                "table _ahu.refresh_run: its column run_id was changed; runs that it lost are not "
                "to be had again",
            ),
            (
                "alter table _ahu.daily_rollup alter total_cost drop expression",
                "table _ahu.daily_rollup: its column total_cost was changed; everything is folded "
                "anew, what it lost of days without raw readings is not to be had again",
            ),
            (
                "update pg_index set indisvalid = false "
                "where indexrelid = '_ahu.daily_rollup_ahu_id_day_idx'::regclass",
                "table _ahu.daily_rollup: its index daily_rollup_ahu_id_day_idx was changed",
            ),
            ("delete from ahu.settings", "table ahu.settings: its row was dropped"),
            ("delete from _ahu.source", "table _ahu.source: its row was dropped"),
            (
                "delete from _ahu.object_state",
                "table _ahu.object_state: its rows was dropped",
            ),
            (
                "create table ahu.t as select; drop view ahu.refresh_runs; "
                "alter table ahu.t rename to refresh_runs",
                "view ahu.refresh_runs: there is a table in its place",
            ),
            (
                "grant ahu_owner to ahu_read",
                "role ahu_read: its membership in ahu_owner was added",
            ),
            ("alter role ahu_write createdb", "role ahu_write: its attribute createdb was added"),
            ("alter role ahu_owner login", "role ahu_owner: its attribute login was changed"),
            (
                "alter role ahu_read connection limit 3",
                "role ahu_read: its connection limit is 3, not 50",
            ),
            (
                "do $$begin execute format('alter role ahu_read in database %I reset "
                "statement_timeout', current_database()); end$$",
                "role ahu_read: its setting statement_timeout is not set, not 30s",
            ),
            (
                "grant select (day) on ahu.mv_daily_ahu_kwh to public",
                "view ahu.mv_daily_ahu_kwh: its grant to PUBLIC was added",
            ),
            (
                "grant update on ahu.settings to ahu_write",
                "table ahu.settings: its grant to ahu_write was added",
            ),
            (
                f"revoke insert on {RAW_TABLE} from ahu_write",
                f"table {RAW_TABLE}: its grant of insert to ahu_write is missing",
            ),
            (
                "create or replace function _ahu.describe_objects() returns table "
                "(name text, part text, state text, is_worded boolean) language sql as "
                "'select 1/0, null, null, null::boolean'",
                "function _ahu.describe_objects(): its answer (",
            ),
        ],
    )
    def test_one_by_one(self, session: Connection, change: str, line: str) -> None:
        with undone(session, "set local allow_system_table_mods = on", change):
            said, told = planned(session), drift_concerns(session)
        line = line.replace('"', "")
        assert any(one.replace('"', "").startswith(line) for one in said), said
        assert any(one.replace('"', "").startswith(line) for one in told), told

    def test_what_others_add_is_theirs(self, session: Connection) -> None:
        with undone(
            session,
            "create role bi; grant usage on schema ahu to bi; grant select on all tables in schema "
            "ahu to bi; grant pg_monitor to ahu_read",
            "create view public.bi as select * from ahu.mv_daily_ahu_costs",
            "create index on _ahu.daily_rollup (newest_reading)",
            "create function ahu.bi() returns int language sql as 'select 1'",
            "alter role ahu_read set work_mem = '64MB'; alter role ahu_read password 'x'",
        ):
            assert planned(session) == () and drift_concerns(session) == set()

    def test_a_session_s_own_settings_change_nothing(self, session: Connection) -> None:
        with undone(
            session,
            "set local quote_all_identifiers = on",
            "set local datestyle = 'German'; set local intervalstyle = 'iso_8601'",
            "set local timezone = 'Asia/Kolkata'; set local search_path = _ahu, ahu",
            "set local extra_float_digits = -3; set local standard_conforming_strings = off",
        ):
            assert planned(session) == ()

    def test_another_major_version_may_choose_other_words(self, session: Connection) -> None:
        reworded = "update _ahu.object_state set state = state || ' ', written_by = {} where {}"
        by_another = reworded.format("9", "written_by is not null")
        with undone(session, by_another):
            assert planned(session) == ()
        with undone(session, reworded.format("written_by", "written_by is not null")):
            assert len(planned(session)) > 100
        with undone(session, by_another, "drop view ahu.freshness"):
            assert planned(session) == ("view ahu.freshness: it was dropped",)

    def test_a_site_from_before_the_notes_has_no_drift(self, session: Connection) -> None:
        with undone(
            session,
            "drop table _ahu.object_state",
            "delete from _ahu.ledger where path ~ 'object_state|describe_'",
            "drop view ahu.mv_daily_ahu_kwh",
        ):
            assert planned(session) == ()


def test_the_command_line_says_what_it_does(installed: Database) -> None:
    installed.execute("drop view ahu.mv_daily_ahu_kwh; alter view ahu.freshness owner to postgres")
    lines = [
        "view ahu.freshness: its owner was changed",
        "view ahu.mv_daily_ahu_kwh: it was dropped",
    ]
    plan = ahu_sql("plan", "--dsn", installed.dsn)
    assert plan.returncode == 1
    assert sorted(plan.stdout.splitlines()) == [f"repair   {line}" for line in lines]
    assert plan.stderr == "2 steps pending: ahu-sql install\n"
    status = ahu_sql("status", "--dsn", installed.dsn)
    assert status.returncode == 1
    for line in lines:
        assert f"drift: {line}; run ahu-sql install\n" in status.stderr
    install = ahu_sql("install", "--dsn", installed.dsn)
    assert install.returncode == 0
    for line in lines:
        assert f"repairing {line}\n" in install.stderr
    assert ahu_sql("plan", "--dsn", installed.dsn).stderr == "nothing is pending\n"
