"""AHU301 to AHU303: one transaction, and no lock that outlives it."""

from __future__ import annotations

from ahu_sql.linter.findings import Code

CODES = (
    Code(
        code="AHU301",
        title="a file controls the transaction",
        explanation=(
            "An install is one transaction: all of it or nothing, under one advisory lock. A "
            "begin or commit in a file ends it half way. Statements that PostgreSQL refuses "
            "inside a transaction, such as vacuum or create index concurrently, cannot stand in "
            "a file for the same reason."
        ),
        path="90_finish/example.sql",
        bad="begin;\nselect 1;\n",
        good="select 1;\n",
    ),
    Code(
        code="AHU302",
        title="a body commits or rolls back",
        explanation=(
            "A procedure that commits can be neither security definer nor carry a SET clause, so "
            "it could not pin its search_path. It runs only as a lone CALL in autocommit: inside "
            "BEGIN, in a string of several statements or from a function it fails. Airflow wraps "
            "statements in BEGIN, so the work belongs to the caller's one transaction. No "
            "other tool finds this before the first call does."
        ),
        path="90_finish/example.sql",
        bad="do $$\nbegin\n    perform 1;\n    commit;\nend;\n$$;\n",
        good="do $$\nbegin\n    perform 1;\nend;\n$$;\n",
    ),
    Code(
        code="AHU303",
        title="a session advisory lock",
        explanation=(
            "Behind a transaction pool the session belongs to the pool: after a failed call the "
            "lock stays on the server connection, and every later refresh waits for a holder that "
            "nobody can find. A transaction's lock ends with its transaction, whatever happens. "
            "A cleanup at the end of the block does not help: when others does not catch a "
            "timeout."
        ),
        path="90_finish/example.sql",
        bad="select pg_catalog.pg_advisory_lock(7);\n",
        good="select pg_catalog.pg_advisory_xact_lock(7);\n",
    ),
)
