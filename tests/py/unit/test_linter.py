"""What the linter finds, and above all what it leaves alone."""

from __future__ import annotations

import pytest

from ahu_sql.linter import CODES, Code, Finding, lint
from ahu_sql.renderer import RenderedFile

MIXED = "90_finish/example.sql"  # a room where a file need not hold exactly one object


def findings(sql: str, path: str = MIXED) -> list[Finding]:
    return lint([RenderedFile(path=path, sql=sql)])


def codes(sql: str, path: str = MIXED) -> list[str]:
    return [finding.code for finding in findings(sql, path)]


def routine(
    body: str,
    *,
    args: str = "",
    returns: str = "void",
    clauses: str = "",
    declare: str = "",
    name: str = "ahu.example",
) -> str:
    return (
        f"create or replace function {name}({args}) returns {returns}\n"
        f"{clauses}set search_path = pg_catalog, pg_temp\nlanguage plpgsql\nas $example$\n"
        f"declare {declare}\nbegin\n{body}\nend;\n$example$;\n"
        f"comment on function {name} is 'x'; revoke all on function {name} from public;\n"
    )


def sql_routine(body: str, *, args: str = "", returns: str = "void") -> str:
    return (
        f"create or replace function ahu.example({args}) returns {returns}\n"
        f"set search_path = pg_catalog, pg_temp\nlanguage sql\nas $example$\n{body}\n$example$;\n"
        "comment on function ahu.example is 'x'; revoke all on function ahu.example from public;\n"
    )


TABLE = """
create table if not exists ahu.runs (day date, at timestamptz, local_at timestamp, note text);
comment on table ahu.runs is 'x'; comment on column ahu.runs.day is 'x';
comment on column ahu.runs.at is 'x'; comment on column ahu.runs.local_at is 'x';
comment on column ahu.runs.note is 'x'; revoke all on ahu.runs from public;
"""


@pytest.mark.parametrize("code", CODES.values(), ids=CODES)
class TestEveryCode:
    def test_finds_its_bad_example_and_nothing_else_in_it(self, code: Code) -> None:
        assert set(codes(code.bad, code.path)) == {code.code}

    def test_finds_nothing_in_its_good_example(self, code: Code) -> None:
        assert findings(code.good, code.path) == []

    def test_explains_itself_in_two_to_six_sentences(self, code: Code) -> None:
        assert 2 <= code.explanation.count(". ") + 1 <= 6
        assert code.title[0].islower() or code.title.startswith("PostgreSQL")

    def test_gives_a_message_without_full_stop_and_a_hint(self, code: Code) -> None:
        for finding in findings(code.bad, code.path):
            assert not finding.message.endswith(".")
            assert finding.hint


class TestLines:
    def test_a_finding_in_a_body_points_at_the_line_in_the_file(self) -> None:
        sql = "-- é ü\n\n" + routine(
            "perform 1;\nif exists (\n select from settings\n) then\nend if;"
        )
        [finding] = findings(sql)
        assert sql.splitlines()[finding.line - 1].strip() == "select from settings"

    def test_a_finding_in_a_sql_body_points_at_the_line_in_the_file(self) -> None:
        sql = "\n" + sql_routine("select 1;\n\nselect now()::date;")
        [finding] = findings(sql)
        assert sql.splitlines()[finding.line - 1] == "select now()::date;"

    def test_a_syntax_error_points_at_its_line(self) -> None:
        assert findings("select 1;\nselect 2;\nselec 3;")[0].line == 3

    def test_findings_are_sorted_by_path_and_line(self) -> None:
        bad = "select current_date;\n\nselect pg_advisory_lock(1);"
        found = lint([RenderedFile(f"90_finish/{name}.sql", bad) for name in ("b", "a")])
        assert [(f.path[-5], f.line) for f in found] == [("a", 1), ("a", 3), ("b", 1), ("b", 3)]


class TestParsing:
    @pytest.mark.parametrize(
        "sql",
        [
            routine("v.value := 'x';", declare="v ahu.settings;"),
            routine("v.value := 'x';", declare="v ahu.settings%rowtype;"),
            routine("v := '{}';", declare="v ahu.settings[];"),
            routine("v := 'x';", declare="v ahu.settings.value%type := 'y';"),
            routine(
                "return next row_of;", args="row_of ahu.settings", returns="setof ahu.settings"
            ),
            routine("perform cardinality(names);", args="variadic names text[]"),
            routine(
                "perform 1;",
                args="kind ahu.kind default 'a', out other ahu.kind",
                returns="ahu.kind",
            ),
            routine("return new;", returns="trigger"),
            routine("null;", returns="event_trigger"),
            routine("for v in select 1 as a loop perform v.a; end loop;", declare="v record;"),
            routine("day := null; return next;", returns="table (day date, kind ahu.kind)"),
            "do $$ declare v _ahu.settings; begin v := null; end; $$;",
            "do 'begin perform ''x''; end';",
        ],
    )
    def test_bodies_with_types_that_the_parser_does_not_know_are_read(self, sql: str) -> None:
        assert "AHU002" not in codes(sql)

    @pytest.mark.parametrize(
        "body",
        ["slect 1;", "v_none := 1;", "if true then perform 1;", "execute 'selec 1';", "perform (;"],
    )
    def test_an_error_in_a_body_is_found(self, body: str) -> None:
        assert "AHU002" in codes(routine(body))

    def test_an_error_in_a_sql_body_is_found(self) -> None:
        assert codes(sql_routine("select 1 from;")) == ["AHU002"]


class TestRepeatable:
    @pytest.mark.parametrize(
        "sql",
        [
            "create index on ahu.runs (day);",
            "create trigger t after insert on ahu.runs execute function ahu.f();",
            "alter table ahu.runs drop constraint c;",
            "drop role x;",
            "do $$ begin create index i on ahu.runs (day); end $$;",
            "do $$ begin if true then create index i on ahu.runs (day); end if; end $$;",
            "do $$ begin execute 'create index i on ahu.runs (day)'; end $$;",
            "with x as (insert into ahu.runs (day) values (null) returning day) select day from x;",
        ],
    )
    def test_a_statement_that_fails_the_second_time_is_found(self, sql: str) -> None:
        assert {"AHU010", "AHU012"} & set(codes(sql))

    @pytest.mark.parametrize(
        "sql",
        [
            "do $$ begin if not exists (select from pg_roles where rolname = 'r') then"
            " create role r; end if; end $$; comment on role r is 'x';",
            "do $$ begin create role r; exception when duplicate_object then null; end $$;"
            " comment on role r is 'x';",
            "do $$ begin if to_regclass('ahu.runs') is null then return; end if;"
            " alter table ahu.runs add constraint c check (true); end $$;",
            "do $$ declare found_it bool := true; begin if not found_it then"
            " create type ahu.kind as enum ('a'); end if; end $$;",
            "do $$ begin if exists (select) then null; else create role r; end if; end $$;"
            " comment on role r is 'x';",
            "insert into ahu.runs (note) select 'a' where not exists (select from ahu.runs);",
            "delete from ahu.runs; update ahu.runs set note = 'b';",
            "alter table ahu.runs owner to ahu_owner; grant select on ahu.runs to ahu_read;",
            "alter table ahu.runs alter column note set not null, drop column if exists x;",
        ],
    )
    def test_a_guarded_or_repeatable_statement_is_fine(self, sql: str) -> None:
        assert codes(sql) == []

    def test_functions_may_insert(self) -> None:
        assert codes(routine("insert into ahu.runs (note) values ('a');")) == []

    def test_migrations_run_once_and_are_exempt(self) -> None:
        sql = "alter table ahu.runs add constraint c check (true);"
        assert codes(sql, "40_migrations/add_check.sql") == []
        assert codes(sql) == ["AHU011"]


class TestTransactions:
    @pytest.mark.parametrize("word", ["commit", "rollback"])
    def test_a_branch_of_a_procedure_that_ends_the_transaction_is_found(self, word: str) -> None:
        sql = routine(f"if now() is null then\n    {word};\nend if;")
        [finding] = findings(sql)
        assert finding.code == "AHU302"
        assert word in sql.splitlines()[finding.line - 1]

    @pytest.mark.parametrize(
        "sql",
        ["vacuum ahu.runs;", "create index concurrently if not exists i on ahu.runs (day);"],
    )
    def test_what_needs_a_transaction_of_its_own_is_found(self, sql: str) -> None:
        assert codes(sql) == ["AHU301"]

    def test_analyze_runs_in_a_transaction(self) -> None:
        assert codes("analyze ahu.runs;") == []

    @pytest.mark.parametrize(
        "body",
        [
            "if pg_try_advisory_lock(1) then null; end if;",
            "v := pg_catalog.pg_try_advisory_lock_shared(1);",
            "execute 'select pg_advisory_lock(1)';",
        ],
    )
    def test_session_locks_are_found_wherever_they_hide(self, body: str) -> None:
        assert codes(routine(body, declare="v bool;")) == ["AHU303"]


class TestReferences:
    @pytest.mark.parametrize(
        "body",
        [
            "select count(*) into v_n from runs;",
            "insert into runs (note) values ('a');",
            "update runs set note = 'a';",
            "with runs as (select 1 as a) delete from runs;",
            "v_n := (select max(1) from runs);",
            "for v_r in select day from runs loop end loop;",
            "return; return query select day from runs;",
            "lock table runs;",
            "with a as (select 1 as x from b), b as (select 1 as x) select x into v_n from a;",
        ],
    )
    def test_a_bare_table_is_found(self, body: str) -> None:
        sql = routine(body, declare="v_n int; v_r record;", returns="setof date")
        assert codes(sql) == ["AHU102"]

    @pytest.mark.parametrize(
        "body",
        [
            "with a as (select 1 as x), b as (select x from a) select x into v_n from b;",
            "with gone as (delete from ahu.runs returning day) insert into ahu.runs (day)"
            " select day from gone;",
            "with recursive a as (select 1 as x union all select x + 1 from a)"
            " select max(x) into v_n from a;",
            "perform 1 from new_rows; perform 1 from pg_class;",
            "perform day from ahu.runs as r for update of r skip locked;",
            "perform g from generate_series(1, 2) as g, lateral (select g + 1) as h;",
            "perform 1 from unnest(array[1]) as u (id) join ahu.runs on true;",
            "insert into ahu.runs as r (note) values ('a') on conflict do nothing;",
        ],
    )
    def test_names_that_need_no_schema_are_left_alone(self, body: str) -> None:
        assert codes(routine(body, declare="v_n int;")) == []

    def test_a_transition_table_may_have_any_name_that_a_trigger_declares(self) -> None:
        body = routine("perform 1 from readings_in; return null;", returns="trigger")
        trigger = (
            "create or replace trigger t after insert on ahu.runs"
            " referencing new table as readings_in execute function ahu.example();"
        )
        assert codes(body) == ["AHU102"]
        assert codes(body + trigger) == []

    def test_a_call_is_bare_only_when_another_file_creates_the_function(self) -> None:
        caller = RenderedFile(MIXED, routine("perform day_of(now());"))
        other = RenderedFile("90_finish/day_of.sql", routine("null;", name="_ahu.day_of"))
        assert lint([caller]) == []
        assert [finding.code for finding in lint([caller, other])] == ["AHU103"]
        assert "_ahu.day_of" in lint([caller, other])[0].hint

    def test_a_view_is_judged_like_a_body(self) -> None:
        view = "create or replace view ahu.v (n) as select count(*) from runs;"
        assert "AHU102" in codes(view)

    def test_a_do_block_is_not_stored_and_may_use_the_search_path(self) -> None:
        assert codes("do $$ begin perform 1 from runs; end $$;") == []

    def test_a_begin_atomic_body_is_judged_like_any_other(self) -> None:
        sql = (
            "create or replace function ahu.example() returns date\n"
            "set search_path = pg_catalog, pg_temp\n"
            "begin atomic\n    select 1;\n    select day from runs;\nend;\n"
            "comment on function ahu.example is 'x';"
            " revoke all on function ahu.example from public;"
        )
        assert [(f.code, f.line) for f in findings(sql)] == [("AHU102", 5)]


class TestRoutines:
    @pytest.mark.parametrize(
        "path", ["pg_catalog", "pg_temp, pg_catalog", "'pg_catalog, pg_temp'", "ahu, pg_temp"]
    )
    def test_only_the_one_search_path_will_do(self, path: str) -> None:
        sql = routine("null;").replace("pg_catalog, pg_temp", path)
        assert codes(sql) == ["AHU101"]

    @pytest.mark.parametrize("above", ["", "-- \n", "/* why */ \n", "-- why\n\n"])
    def test_the_reason_stands_on_the_line_right_above(self, above: str) -> None:
        assert codes(routine("null;", clauses=above + "security definer\n")) == ["AHU106"]

    @pytest.mark.parametrize(
        "body",
        [
            "execute 'select ' || quote_literal(name);",
            "execute 'lock ' || quote_ident(name) || ' in share mode';",
            "v := format('select %L', name); v := v || format(' limit %s', 1); execute v;",
            "execute (select string_agg(format('lock %I', name), ';') from ahu.runs);",
            "for r in select format('lock %I', name) as cmd loop execute r.cmd; end loop;",
            "select format('lock %I', name) into v; execute v;",
            "execute 'select $1' using name || 'x';",
            "return; perform name || 'x';",
        ],
    )
    def test_text_of_quoted_parts_may_be_executed(self, body: str) -> None:
        why = "-- why\nsecurity definer\n"
        assert (
            codes(routine(body, args="name text", declare="v text; r record;", clauses=why)) == []
        )

    @pytest.mark.parametrize(
        "body",
        [
            "execute name;",
            "v := 'lock ' || name; execute v;",
            "execute 'lock ' || quote_ident(name) || name;",
            "for r in execute 'select ' || name loop end loop;",
            "for r in select name as cmd loop execute r.cmd; end loop;",
            "select name into v; execute v;",
        ],
    )
    def test_text_with_a_raw_part_may_not(self, body: str) -> None:
        why = "-- why\nsecurity definer\n"
        sql = routine(body, args="name text", declare="v text; r record;", clauses=why)
        assert codes(sql) == ["AHU107"]
        assert codes(sql.replace(why, "")) == []

    @pytest.mark.parametrize(
        "query", ["select r.* from ahu.runs as r", "select (ahu.f()).*", "select * from ahu.runs"]
    )
    def test_stars_are_refused_in_stored_code_only(self, query: str) -> None:
        assert codes(routine(f"return query {query};", returns="setof record")) == ["AHU108"]
        assert codes(f"{query};") == []

    @pytest.mark.parametrize(
        "query",
        [
            "select count(*) from ahu.runs",
            "select to_jsonb(r.*) from ahu.runs as r",
            "select 2 * 3",
        ],
    )
    def test_other_stars_are_fine(self, query: str) -> None:
        assert codes(routine(f"return query {query};", returns="setof int")) == []

    def test_a_function_that_returns_rows_of_a_table_may_have_their_star(self) -> None:
        rows = "setof ahu.runs"
        assert codes(routine("return query select r.* from ahu.runs as r;", returns=rows)) == []
        within = "return query select r.day from (select * from ahu.runs) as r;"
        assert codes(routine(within, returns=rows)) == ["AHU108"]
        assert codes(routine("perform * from ahu.runs;", returns="ahu.runs")) == ["AHU108"]

    @pytest.mark.parametrize(
        "error",
        ["raise sqlstate 'AH001' using message = 'a'", "raise division_by_zero", "raise 'a'"],
    )
    def test_every_way_to_raise_needs_a_hint(self, error: str) -> None:
        assert codes(f"do $$ begin {error}; end $$;") == ["AHU109"]

    @pytest.mark.parametrize("said", ["raise notice 'a';", "raise warning 'a';", "raise;"])
    def test_notices_and_passing_on_need_none(self, said: str) -> None:
        sql = f"do $$ begin null; exception when others then {said} end $$;"
        assert codes(sql) == []


class TestObjects:
    def test_every_added_column_needs_its_comment(self) -> None:
        sql = "alter table ahu.runs add column if not exists x int, add column if not exists y int;"
        assert codes(sql + "comment on column ahu.runs.x is 'x';") == ["AHU202"]

    def test_what_a_migration_adds_is_commented_in_the_file_of_its_table(self) -> None:
        sql = "alter table ahu.runs add column if not exists x int;"
        assert codes(sql, "40_migrations/0001_x.sql") == []

    def test_a_comment_and_revoke_in_a_do_block_count(self) -> None:
        sql = (
            "create schema if not exists ahu; do $$ begin comment on schema ahu is 'x';"
            " execute 'revoke all on schema ahu from public'; end $$;"
        )
        assert codes(sql, "10_schemas/ahu.sql") == []

    def test_a_revoke_from_somebody_else_does_not_count(self) -> None:
        assert codes(routine("null;").replace("from public", "from ahu_read")) == ["AHU203"]

    def test_a_grant_of_select_to_public_taken_back_is_not_all(self) -> None:
        assert codes(TABLE.replace("revoke all", "revoke select")) == ["AHU203"]

    def test_a_view_with_a_star_is_not_judged_by_its_columns(self) -> None:
        sql = (
            "create or replace view ahu.v as select * from ahu.runs;"
            "comment on view ahu.v is 'x'; revoke all on ahu.v from public;"
        )
        assert codes(sql) == ["AHU108"]

    def test_a_view_names_its_columns_as_postgresql_does(self) -> None:
        sql = (
            "create or replace view ahu.v as select r.day, r.note::text, count(*),"
            " coalesce(1, 2), (select max(at) from ahu.runs), null::int from ahu.runs as r"
            " group by r.day, r.note union all select null, null, 1, 1, null, 1;"
            "comment on view ahu.v is 'x'; revoke all on ahu.v from public;"
        )
        named = [f.message.split()[1] for f in findings(sql) if f.code == "AHU202"]
        wanted = ("day", "note", "count", "coalesce", "max", "int4")
        assert sorted(named) == sorted(f"ahu.v.{name}" for name in wanted)

    def test_indexes_triggers_and_overloads_are_no_second_object(self) -> None:
        index = "create index if not exists runs_day on ahu.runs (day);"
        assert codes(TABLE + index, "30_tables/runs.sql") == []
        overloads = routine("null;", args="a int") + routine("null;", args="a text")
        assert codes(overloads, "60_refresh/example.sql") == []

    def test_a_second_object_is_found_and_the_hint_names_its_file(self) -> None:
        [finding] = findings(TABLE + routine("null;"), "30_tables/runs.sql")
        assert (finding.code, finding.hint) == ("AHU204", "move it to example.sql")


class TestTimeZone:
    @pytest.mark.parametrize(
        ("expression", "code"),
        [
            ("at::date", "AHU402"),
            ("at::timestamp", "AHU402"),
            ("at::text", "AHU402"),
            ("max(at)::date", "AHU402"),
            ("coalesce(at, now())::time", "AHU402"),
            ("(at + interval '1 hour')::date", "AHU402"),
            ("(select max(at) from ahu.runs)::date", "AHU402"),
            ("(local_at at time zone 'UTC')::date", "AHU402"),
            ("(array_agg(at))[1]::date", "AHU402"),
            ("lower(tstzrange(at, null))::date", "AHU402"),
            ("stranger::date", "AHU402"),
            ("day::timestamptz", "AHU403"),
            ("local_at::timestamptz", "AHU403"),
            ("day at time zone 'Asia/Seoul'", "AHU403"),
            ("'2026-01-01' at time zone 'Asia/Seoul'", "AHU403"),
            ("day < at", "AHU403"),
            ("at between '2026-01-01' and now()", "AHU403"),
            ("at - local_at", "AHU403"),
            ("generate_series(day, day, interval '1 day')", "AHU403"),
            ("to_timestamp('2026', 'YYYY')", "AHU403"),
            ("make_timestamptz(2026, 1, 1, 0, 0, 0)", "AHU403"),
            ("tstzrange(day, null)", "AHU403"),
            ("date_trunc('day', at)", "AHU404"),
            ("date_trunc('month', day)", "AHU404"),
            ("extract(hour from at)", "AHU404"),
            ("to_char(at, 'HH24')", "AHU404"),
            ("age(at)", "AHU404"),
            ("at + interval '1 month'", "AHU405"),
            ("at - 3 * interval '1 day'", "AHU405"),
            ("at - make_interval(days => 3)", "AHU405"),
            ("at + interval '1' day", "AHU405"),
            ("generate_series(at, at, interval '1 day')", "AHU405"),
            ("localtimestamp", "AHU401"),
            ("date 'today'", "AHU401"),
        ],
    )
    def test_what_the_session_decides_is_found(self, expression: str, code: str) -> None:
        assert codes(f"{TABLE} select {expression} from ahu.runs;") == [code]

    @pytest.mark.parametrize(
        "expression",
        [
            "(at at time zone 'Asia/Seoul')::date",
            "(stranger at time zone 'Asia/Seoul')::date",
            "date_trunc('day', at, 'Asia/Seoul')",
            "date_trunc('month', day::timestamp)::date",
            "(day + 1)::text",
            "(day + interval '1 month')::date",
            "day::timestamp at time zone 'Asia/Seoul'",
            "generate_series(day::timestamp, local_at, interval '1 day')::date",
            "generate_series(at, at, interval '1 day', 'Asia/Seoul')",
            "generate_series(at, at, interval '1 hour')",
            "extract(epoch from at - now())",
            "extract(epoch from at)",
            "extract(year from day)",
            "at + interval '24 hours'",
            "at - make_interval(hours => 3)",
            "at - make_interval(secs => 3)",
            "at + interval '5' minute",
            "at >= '2026-01-01 00:00+09'",
            "at < 'infinity'",
            "timestamptz '2026-01-01T00:00:00Z'",
            "timestamptz '2026-01-01 00:00 Asia/Seoul'",
            "date '2026-01-01'",
            "note::date",
            "(note::jsonb ->> 'day')::date",
            "null::date",
            "date_bin('1 day', at, timestamptz '2026-01-01 00:00+00')",
            "to_timestamp(0)",
            "make_timestamptz(2026, 1, 1, 0, 0, 0, 'Asia/Seoul')",
            "current_timestamp",
            "min(day) over (order by local_at)",
            "format('%L', at)",
            "stranger::text",
            "nullif(local_at, day)::date",
        ],
    )
    def test_what_is_the_same_in_every_session_is_left_alone(self, expression: str) -> None:
        assert codes(f"{TABLE} select {expression} from ahu.runs;") == []

    @pytest.mark.parametrize(
        "body",
        [
            "v_day := at;",
            "v_day := now();",
            "v_at := v_day;",
            "perform at::date;",
            "perform example.at::date;",
            "insert into ahu.runs (day) select now();",
            "insert into ahu.runs (day) values (at);",
            "with x as (select r.at as y from ahu.runs as r) select y::date into v_day from x;",
            "with x (y) as (select r.at from ahu.runs as r) select y::date into v_day from x;",
            "perform s.y::date from (select r.at as y from ahu.runs as r) as s;",
            "perform l.y::date from ahu.runs as r cross join lateral (select r.at as y) as l;",
            "for v_r in select r.at from ahu.runs as r loop v_day := v_r.at::date; end loop;",
            "v_run.at := now(); v_day := v_run.at::date;",
            "perform u::date from unnest(v_ats) as u;",
            "perform v_ats[1]::date;",
            "with d as (delete from ahu.runs as r returning r.at)"
            " select d.at::date into v_day from d;",
            "perform v.y::date from (values (now())) as v (y);",
        ],
    )
    def test_types_are_followed_through_bodies(self, body: str) -> None:
        declare = "v_day date; v_at timestamptz; v_r record; v_run ahu.runs; v_ats timestamptz[];"
        found = set(codes(TABLE + routine(body, args="at timestamptz", declare=declare)))
        assert len(found) == 1
        assert found <= {"AHU402", "AHU403"}

    @pytest.mark.parametrize(
        "body",
        [
            "v_day := (at at time zone 'Asia/Seoul')::date;",
            "v_local := at at time zone 'Asia/Seoul'; v_day := v_local::date;",
            "with x as (select (r.at at time zone 'UTC') as y from ahu.runs as r)"
            " select y::date into v_day from x;",
            "perform d.day::date"
            " from generate_series(v_day::timestamp, v_local, '1 day') as d (day);",
            "perform d::date from generate_series(v_day::timestamp, v_local, '1 day') as d;",
            "for v_r in select r.day from ahu.runs as r loop v_day := v_r.day::date; end loop;",
            "v_at := v_local at time zone 'Asia/Seoul';",
            "insert into ahu.runs as r (day, at) values (v_day, now())"
            " on conflict do nothing returning r.day::date into v_day;",
            "execute 'select $1::date' into v_day using v_day;",
            "merge into ahu.runs as t using (select v_day as d) as s on t.day = s.d::date"
            " when matched then update set note = 'a';",
        ],
    )
    def test_zoned_conversions_in_bodies_are_left_alone(self, body: str) -> None:
        declare = "v_day date; v_at timestamptz; v_local timestamp; v_r record;"
        assert codes(TABLE + routine(body, args="at timestamptz", declare=declare)) == []

    def test_columns_of_views_and_functions_in_other_files_are_known(self) -> None:
        view = (
            "create or replace view ahu.v as select at as moment from ahu.runs;"
            "comment on view ahu.v is 'x'; comment on column ahu.v.moment is 'x';"
            "revoke all on ahu.v from public;"
        )
        rows = routine("return;", returns="table (since timestamptz)")
        files = [
            RenderedFile("30_tables/runs.sql", TABLE),
            RenderedFile("70_views/v.sql", view),
            RenderedFile("60_refresh/example.sql", rows),
            RenderedFile(
                MIXED, "select moment::date from ahu.v;\nselect since::date from ahu.example();"
            ),
        ]
        found = [(f.code, f.path, f.line) for f in lint(files)]
        assert found == [("AHU402", MIXED, 1), ("AHU402", MIXED, 2)]
        assert "timestamptz becomes date" in lint(files)[0].message

    def test_defaults_of_columns_and_parameters_are_converted_too(self) -> None:
        assert codes(routine("null;", args="day date default now()")) == ["AHU402"]
        assert codes(TABLE.replace("day date", "day date default now()")) == ["AHU402"]

    def test_a_routine_that_pins_the_zone_is_free(self) -> None:
        pinned = "set timezone = 'Asia/Seoul'\n"
        assert codes(routine("perform now()::date;", clauses=pinned)) == []

    def test_sql_parameters_have_types_by_number_and_by_name(self) -> None:
        assert codes(sql_routine("select $1::date;", args="at timestamptz")) == ["AHU402"]
        assert codes(sql_routine("select at::date;", args="at timestamptz")) == ["AHU402"]
        assert codes(sql_routine("select $1::date;", args="at text")) == []
