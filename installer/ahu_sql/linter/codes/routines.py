"""AHU101 to AHU109: functions, procedures and views, and what they name."""

from __future__ import annotations

from ahu_sql.linter.findings import Code


def _function(body: str, clauses: str = "", path: str = "pg_catalog, pg_temp") -> str:
    """A complete file with one PL/pgSQL function."""
    return (
        "create or replace function ahu.example(name text)\n"
        "    returns void\n"
        f"{clauses}"
        f"    set search_path = {path}\n"
        "    language plpgsql\n"
        "    as $example$\n"
        "begin\n"
        f"{body}"
        "end;\n"
        "$example$;\n"
        "\n"
        "comment on function ahu.example(text) is 'Shows a rule.';\n"
        "\n"
        "revoke all on function ahu.example(text) from public;\n"
    )


_PATH = "60_refresh/example.sql"
_REASON = "    -- security definer: the caller has no right on the private table\n"
_DEFINER = "    security definer\n"

CODES = (
    Code(
        code="AHU101",
        title="a routine does not pin its search_path",
        explanation=(
            "A routine without a SET clause resolves names along its caller's search_path, and "
            "behind a transaction pool that path may be another client's: SET leaks from session "
            "to session. With security definer it is a hole: the caller puts a function of his "
            "own in front. The clause is the same everywhere: set search_path = pg_catalog, "
            "pg_temp, with pg_temp last, or it would be searched first."
        ),
        path=_PATH,
        bad=_function("    perform 1;\n", path="ahu, pg_catalog"),
        good=_function("    perform 1;\n"),
    ),
    Code(
        code="AHU102",
        title="a table is named without its schema",
        explanation=(
            "Routines run with search_path = pg_catalog, pg_temp, so a bare table name is not "
            "found, and PL/pgSQL says so only when the statement runs. Worse, pg_temp is on that "
            "path: any session can put a table of that name there. Names of WITH queries, of "
            "transition tables and of catalogs (pg_…) may stand bare."
        ),
        path=_PATH,
        bad=_function("    delete from settings where settings.name = example.name;\n"),
        good=_function("    delete from ahu.settings where settings.name = example.name;\n"),
    ),
    Code(
        code="AHU103",
        title="one of our functions or types is named without its schema",
        explanation=(
            "With search_path = pg_catalog, pg_temp a bare call can only mean a function of "
            "PostgreSQL. A bare name that the linted files create in ahu or _ahu would not be "
            "found when the statement runs."
        ),
        path=_PATH,
        bad=_function("    perform example(name);\n"),
        good=_function("    perform ahu.example(name);\n"),
    ),
    Code(
        code="AHU104",
        title="an object is created outside our schemas",
        explanation=(
            "What is promised stands in schema ahu, what is private in _ahu; that is what grants, "
            "uninstall and the dump rely on. A name without a schema lands wherever the "
            "installing session's search_path points."
        ),
        path="90_finish/example.sql",
        bad=(
            "create sequence if not exists run_number;\n"
            "comment on sequence run_number is 'Runs.';\n"
        ),
        good=(
            "create sequence if not exists _ahu.run_number;\n"
            "comment on sequence _ahu.run_number is 'Runs.';\n"
        ),
    ),
    Code(
        code="AHU105",
        title="a temporary table",
        explanation=(
            "A temporary table writes to the system catalogs at every call, so a refresh every "
            "few minutes bloats them. Behind a transaction pool it outlives the caller on the "
            "server connection, and the next one finds it there. It lives in pg_temp, where any "
            "session may have put a table of that name before."
        ),
        path=_PATH,
        bad=_function("    create temp table touched (day date) on commit drop;\n"),
        good=_function("    perform (with touched as (select 1 as n) select n from touched);\n"),
    ),
    Code(
        code="AHU106",
        title="security definer without its reason",
        explanation=(
            "A security definer routine hands its owner's rights to whoever may call it. A "
            "reviewer has to see why at the place itself: a comment on the line above the clause "
            "says which right the caller lacks."
        ),
        path=_PATH,
        bad=_function("    perform 1;\n", _DEFINER),
        good=_function("    perform 1;\n", _REASON + _DEFINER),
    ),
    Code(
        code="AHU107",
        title="security definer code executes concatenated text",
        explanation=(
            "Text joined with || and executed with the owner's rights lets a caller who controls "
            "one part of it run what he likes as the owner. Use a constant, or format() with %I "
            "for names and %L for values, and hand values over with USING. Variables count as "
            "safe when everything they are ever given is."
        ),
        path=_PATH,
        bad=_function("    execute 'analyze ' || name;\n", _REASON + _DEFINER),
        good=_function("    execute format('analyze %I', name);\n", _REASON + _DEFINER),
    ),
    Code(
        code="AHU108",
        title="select * in stored code",
        explanation=(
            "A view keeps the columns of the day it was made, a function the ones of the day it "
            "runs: with * the two drift apart when a column is added. Behind the pool a prepared "
            "select * fails with 'cached plan must not change result type'. count(*) is fine, "
            "and exists (select from …) needs no column. A function that returns setof a table has "
            "the table's columns, whatever they are, and may select them by *."
        ),
        path=_PATH,
        bad=_function("    perform * from ahu.settings;\n"),
        good=_function("    perform count(*) from ahu.settings;\n"),
    ),
    Code(
        code="AHU109",
        title="an error without a hint",
        explanation=(
            "Whoever reads the error at night wants to know what to type. Each error of ours "
            "carries a HINT with the next step, better a line to paste. A bare raise, which "
            "passes on what was caught, needs none."
        ),
        path=_PATH,
        bad=_function("    raise exception 'setting \"%\" does not exist', name;\n"),
        good=_function(
            "    raise exception 'setting \"%\" does not exist', name\n"
            "        using hint = 'list them: select name from ahu.settings';\n"
        ),
    ),
)
