"""AHU661 to AHU671: what drifted since the install, and what an install would refuse."""

from __future__ import annotations

from ahu_sql.doctor.codes.raw_table import PATH
from ahu_sql.linter.findings import Code

CODES = (
    Code(
        code="AHU661",
        title="a setting of one of our roles has drifted",
        explanation=(
            "ahu_read, ahu_write and ahu_pgbouncer carry their timeouts, their search_path and "
            "their connection limits, in this database. Somebody has changed one by hand, or "
            "[pgbouncer] has other sizes since the last install, which puts both right."
        ),
        path=PATH,
        bad="alter role ahu_read in database ahu_monitoring reset statement_timeout;\n",
        good="-- ahu-sql install\n",
    ),
    Code(
        code="AHU662",
        title="an object of ours has drifted",
        explanation=(
            "It was changed or dropped by hand since the last install noted it, or a grant of ours "
            "is gone. ahu-sql plan shows the same, ahu-sql install puts it right and says what "
            "was lost."
        ),
        path=PATH,
        bad="drop view ahu.mv_daily_ahu_kwh;\n",
        good="-- ahu-sql install\n",
    ),
    Code(
        code="AHU671",
        title="an install would refuse this",
        explanation=(
            "What ahu-sql install says before it does anything: columns that are missing or of a "
            "type that cannot be added up exactly, inheritance, row security, a publication of all "
            "tables, roles of ours that are superusers."
        ),
        path=PATH,
        bad="alter table ahu_data.energy_readings enable row level security;\n",
        good="alter table ahu_data.energy_readings disable row level security;\n",
    ),
)
