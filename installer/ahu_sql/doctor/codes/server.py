"""AHU641 to AHU654: connections of the server, and faults of TimescaleDB."""

from __future__ import annotations

from ahu_sql.doctor.codes.raw_table import PATH
from ahu_sql.linter.findings import Code

_UPDATE = "alter extension timescaledb update;\n"

CODES = (
    Code(
        code="AHU641",
        title="the pools want more connections than the server has",
        explanation=(
            "What pgbouncer may open by [pgbouncer] (both pools with their reserve, and look-ups "
            "of passwords) must fit into max_connections, beside what is reserved "
            "(superuser_reserved_connections, reserved_connections), the limits of other roles, "
            "what roles without a limit have open now, and what ours have open in other databases."
        ),
        path=PATH,
        bad="alter system set max_connections = 40;\n",
        good="alter system set max_connections = 100;\n",
    ),
    Code(
        code="AHU642",
        title="the limits of our roles are more than the server has",
        explanation=(
            "The roles may have twice what the pools open, for backends whose clients were killed "
            "live on for a moment. Where that is more than the server has, such a burst takes the "
            "connections of others."
        ),
        path=PATH,
        bad="alter system set max_connections = 80;\n",
        good="alter system set max_connections = 100;\n",
        is_note=True,
    ),
    Code(
        code="AHU651",
        title="this TimescaleDB shows triggers nothing",
        explanation=(
            "Statement triggers on hypertables see the rows that were changed from 2.18 on. Before "
            "that changes cannot be tracked."
        ),
        path=PATH,
        bad="create extension timescaledb version '2.17.2';\n",
        good=_UPDATE,
    ),
    Code(
        code="AHU652",
        title="this TimescaleDB shows triggers wrong rows",
        explanation=(
            "Once a column was dropped from a hypertable, TimescaleDB before 2.26.4 hands triggers "
            "the rows of later chunks with their columns displaced, or crashes."
        ),
        path=PATH,
        bad="alter table ahu_data.energy_readings drop column outdoor_humidity;\n",
        good=_UPDATE,
    ),
    Code(
        code="AHU653",
        title="this TimescaleDB cannot bear a dropped column",
        explanation=(
            "Nothing is wrong yet: see AHU652 for what happens once a column is dropped from the "
            "hypertable."
        ),
        path=PATH,
        bad="-- TimescaleDB 2.19.3\n",
        good=_UPDATE,
        is_note=True,
    ),
    Code(
        code="AHU654",
        title="this TimescaleDB crashes where two MERGEs meet",
        explanation=(
            "2.19.3 was seen to crash when a MERGE met another writer at the same reading, with "
            "triggers and without. insert ... on conflict did not."
        ),
        path=PATH,
        bad="merge into ahu_data.energy_readings ...;  -- in two sessions at once\n",
        good=_UPDATE,
        is_note=True,
    ),
)
