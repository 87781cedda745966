"""AHU581 to AHU583: what a running pgbouncer does otherwise than its file says."""

from __future__ import annotations

from ahu_sql.linter.findings import Code

_CONSOLE = "the console of a running pgbouncer"

CODES = (
    Code(
        code="AHU581",
        title="a value of the file is not in force",
        explanation=(
            "pgbouncer reads its file at the start and at RELOAD. What was changed since waits, "
            "and comes as a surprise with the next restart; where a file has a fault, RELOAD keeps "
            "the old configuration and says so in the log only. Where pgbouncer listens cannot be "
            "reloaded. Needs --dsn."
        ),
        path=_CONSOLE,
        bad="-- the file: query_wait_timeout = 15\nshow config; -- query_wait_timeout | 120\n",
        good="reload;\nshow config; -- query_wait_timeout | 15\n",
    ),
    Code(
        code="AHU582",
        title="the file was made for another version",
        explanation=(
            "A file for an older pgbouncer leaves out what the running one could do: keep places "
            "free for the ETL, carry prepared statements. One for a newer one does not start at "
            "all. Needs --dsn."
        ),
        path=_CONSOLE,
        bad="-- ; pgbouncer 1.18 in front of PostgreSQL\nshow version; -- PgBouncer 1.24.1\n",
        good="-- ; pgbouncer 1.24 in front of PostgreSQL\nshow version; -- PgBouncer 1.24.1\n",
    ),
    Code(
        code="AHU583",
        title="an alias lets nobody work",
        explanation=(
            "PAUSE lets clients wait, DISABLE refuses them, and both stay until RESUME or ENABLE. "
            "KILL pauses an alias too. After maintenance one of them is easily forgotten. Needs "
            "--dsn."
        ),
        path=_CONSOLE,
        bad="pause ahu_read;\n",
        good="resume ahu_read;\n",
    ),
)
