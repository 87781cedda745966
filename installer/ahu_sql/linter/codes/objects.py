"""AHU201 to AHU205: one object per file, and the file is complete."""

from __future__ import annotations

from ahu_sql.linter.findings import Code

_CREATE = "create or replace view ahu.example as\nselect 1 as runs;\n"
_COMMENT = "\ncomment on view ahu.example is 'One row.';\n"
_COLUMN = "comment on column ahu.example.runs is 'How many runs.';\n"
_REVOKE = "\nrevoke all on ahu.example from public;\n"
_GOOD = _CREATE + _COMMENT + _COLUMN + _REVOKE
_PATH = "75_monitoring/example.sql"

CODES = (
    Code(
        code="AHU201",
        title="an object has no comment",
        explanation=(
            "A DBA reads the database with \\d+ and \\df+, not this repository, and the SQL "
            "reference is generated from the comments. Every schema, role, table, view, "
            "sequence, function and procedure has its comment in its own file."
        ),
        path=_PATH,
        bad=_CREATE + "\n" + _COLUMN + _REVOKE,
        good=_GOOD,
    ),
    Code(
        code="AHU202",
        title="a column has no comment",
        explanation=(
            "A number without its unit is a guess: kWh or MWh, won or euro, and whether null "
            "means unknown or zero. Every column of a table or a view says so, including columns "
            "added later; those that a migration adds say it in the file of their table. Views "
            "whose columns a star hides are not judged."
        ),
        path=_PATH,
        bad=_CREATE + _COMMENT + _REVOKE,
        good=_GOOD,
    ),
    Code(
        code="AHU203",
        title="an object is not revoked from public",
        explanation=(
            "PostgreSQL grants EXECUTE on every new function and procedure to PUBLIC, and alter "
            "default privileges … revoke … in a schema does nothing against that built-in grant. "
            "A procedure left so, with security definer, was a hole in a first version of this "
            "package. Each file takes it back itself; tables, views and schemas do the same, so "
            "that nobody has to remember which kinds need it."
        ),
        path=_PATH,
        bad=_CREATE + _COMMENT + _COLUMN,
        good=_GOOD,
    ),
    Code(
        code="AHU204",
        title="a file holds no object, or more than one",
        explanation=(
            "A file is re-applied as a whole when its checksum changes, and people look for an "
            "object by its file's name. So a file creates exactly one schema, role, table, view, "
            "function or procedure; the indexes and triggers of a table stand in the table's "
            "file. Preconditions, migrations and the finish are exempt."
        ),
        path=_PATH,
        bad="grant usage on schema ahu to ahu_read;\n",
        good=_GOOD,
    ),
    Code(
        code="AHU205",
        title="a file is not named after its object",
        explanation=(
            "The tree is the table of contents: whoever knows the name of a view knows its file. "
            "Tests, the ledger and the generated reference go by the same name."
        ),
        path=_PATH,
        bad=_GOOD.replace("ahu.example", "ahu.sample"),
        good=_GOOD,
    ),
)
