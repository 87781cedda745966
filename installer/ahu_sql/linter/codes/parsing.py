"""AHU001 to AHU012: what must parse, and must bear being run twice."""

from __future__ import annotations

from ahu_sql.linter.findings import Code

CODES = (
    Code(
        code="AHU001",
        title="the file does not parse",
        explanation=(
            "A file is sent to the server as it is, without psql. A syntax error, or a psql "
            "command such as \\set, would end the install half way through its transaction. "
            "Nothing else is checked in a file that does not parse."
        ),
        path="90_finish/example.sql",
        bad="selec 1;\n",
        good="select 1;\n",
    ),
    Code(
        code="AHU002",
        title="a body does not parse",
        explanation=(
            "PostgreSQL reads most of a PL/pgSQL body only when the statement in question first "
            "runs, so an error can sleep in a branch that is seldom taken. Here every body and "
            "every piece of SQL in it is parsed, DO blocks and constant EXECUTE texts included."
        ),
        path="90_finish/example.sql",
        bad="do $$\nbegin\n    perform 1 +;\nend;\n$$;\n",
        good="do $$\nbegin\n    perform 1 + 1;\nend;\n$$;\n",
    ),
    Code(
        code="AHU010",
        title="a statement fails when it runs a second time",
        explanation=(
            "An install may be interrupted, repeated or run by two people, and every replaceable "
            "file is applied again when its checksum changes. A create without if not exists or "
            "or replace, or a drop without if exists, fails then. Migrations run once and are "
            "exempt."
        ),
        path="90_finish/example.sql",
        bad="drop view ahu.mv_yearly_ahu_costs;\n",
        good="drop view if exists ahu.mv_yearly_ahu_costs;\n",
    ),
    Code(
        code="AHU011",
        title="a statement that has no if not exists lacks a guard",
        explanation=(
            "PostgreSQL has no if not exists for roles, types, domains, policies and constraints. "
            "Such a statement stands in a DO block, under an existence check or an exception "
            "handler, so that a second run passes over it."
        ),
        path="90_finish/example.sql",
        bad=(
            "alter table ahu.settings\n"
            "    add constraint settings_value_check check (value <> '');\n"
        ),
        good=(
            "do $$\n"
            "begin\n"
            "    if not exists (\n"
            "        select from pg_catalog.pg_constraint\n"
            "        where conname = 'settings_value_check'\n"
            "    ) then\n"
            "        alter table ahu.settings\n"
            "            add constraint settings_value_check check (value <> '');\n"
            "    end if;\n"
            "end;\n"
            "$$;\n"
        ),
    ),
    Code(
        code="AHU012",
        title="an insert adds its rows again at every run",
        explanation=(
            "A file that is applied again would add its rows again, or fail on the key. Say what "
            "happens to a row that is already there: on conflict, or where not exists. The "
            "statements inside functions are free to insert, that is their work."
        ),
        path="90_finish/example.sql",
        bad="insert into ahu.settings (name, value) values ('max_span', '31 days');\n",
        good=(
            "insert into ahu.settings (name, value) values ('max_span', '31 days')\n"
            "on conflict (name) do nothing;\n"
        ),
    ),
)
