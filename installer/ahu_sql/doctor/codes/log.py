"""AHU631 to AHU633: the log of pending changes and autovacuum."""

from __future__ import annotations

from ahu_sql.doctor.codes.raw_table import PATH
from ahu_sql.linter.findings import Code

CODES = (
    Code(
        code="AHU631",
        title="autovacuum leaves the log alone",
        explanation=(
            "Each refresh deletes what it has folded from _ahu.pending_changes. Only vacuum makes "
            "room of it: without it the log grows with every load, and with it the time of each "
            "refresh and each look at ahu.freshness."
        ),
        path=PATH,
        bad="alter table _ahu.pending_changes set (autovacuum_enabled = false);\n",
        good="alter table _ahu.pending_changes reset (autovacuum_enabled);\n",
    ),
    Code(
        code="AHU632",
        title="somebody keeps the log from being vacuumed",
        explanation=(
            "Vacuum keeps every row that a transaction may still see: one that has been open for "
            "longer than ahu.settings.long_running_after, one that was prepared and never ended, a "
            "replication slot that nobody uses, or a standby with hot_standby_feedback and a long "
            "query. Told once the log has 10,000 dead rows, ten times what autovacuum comes for."
        ),
        path=PATH,
        bad="begin isolation level repeatable read; select 1;  -- and off to lunch\n",
        good="select pg_terminate_backend(4711);\n",
    ),
    Code(
        code="AHU633",
        title="the log was not vacuumed",
        explanation=(
            "It has 10,000 dead rows, and nobody that we know of keeps them: autovacuum has too "
            "few workers, is throttled, or gives way to somebody who locks the table each time."
        ),
        path=PATH,
        bad="alter system set autovacuum_naptime = '1d';\n",
        good="vacuum _ahu.pending_changes;\n",
    ),
)
