"""AHU611 to AHU622: readings that count nowhere, twice, or no more."""

from __future__ import annotations

from ahu_sql.doctor.codes.raw_table import PATH
from ahu_sql.linter.findings import Code

_TABLE = "ahu_data.energy_readings"

CODES = (
    Code(
        code="AHU611",
        title="the time column has no time zone",
        explanation=(
            "A timestamp without time zone is no instant: what it means depends on who asks, and "
            "where clocks change one hour of each autumn comes twice and one of each spring not at "
            "all. install refuses it. The statement takes the times for local ones of the site; "
            "it rewrites the table, and nobody reads or writes it meanwhile. Where the times are "
            "of another zone (loggers often write UTC), write that one."
        ),
        path=PATH,
        bad=f'create table {_TABLE} ("timestamp" timestamp, ...);\n',
        good=f'alter table {_TABLE} alter column "timestamp" type timestamptz\n'
        "    using \"timestamp\" at time zone 'Asia/Seoul';\n",
    ),
    Code(
        code="AHU612",
        title="readings have no time",
        explanation=(
            "They belong to no day and count nowhere. A not null constraint keeps more of them "
            "out. They are counted in the whole table, where that can be done within a minute."
        ),
        path=PATH,
        bad=f"insert into {_TABLE} (ahu_id, sf_cost_krw) values ('AHU01', 1);\n",
        good=f'alter table {_TABLE} alter column "timestamp" set not null;\n',
    ),
    Code(
        code="AHU613",
        title="readings have no AHU",
        explanation=(
            "They belong to no key and count nowhere. They are counted in the newest days, as many "
            "as --days says."
        ),
        path=PATH,
        bad=f"insert into {_TABLE} (\"timestamp\", sf_cost_krw) values ('2025-07-01', 1);\n",
        good=f"alter table {_TABLE} alter column ahu_id set not null;\n",
    ),
    Code(
        code="AHU614",
        title="readings have a time outside the calendar",
        explanation=(
            "infinity, -infinity, and times before the year 1 or after 9999 have no day that every "
            "client can show: they count nowhere. Programs write them for want of null."
        ),
        path=PATH,
        bad=f"insert into {_TABLE} (\"timestamp\", ahu_id) values ('infinity', 'AHU01');\n",
        good=f"delete from {_TABLE} where \"timestamp\" = 'infinity';\n",
    ),
    Code(
        code="AHU615",
        title="a reading is there more than once",
        explanation=(
            "Two readings of one AHU (in the long layout, of one of its metrics) and one time "
            "count twice: an ETL that was run again doubles a day. They are looked for in the "
            "newest days, as many as --days says, a week at a time; where a unique index rules "
            "them out, not at all. The statement keeps of each what lies last in the table: look "
            "first whether the copies are equal."
        ),
        path=PATH,
        bad=f"insert into {_TABLE} select * from {_TABLE} where \"timestamp\" >= '2025-07-01';\n",
        good="create unique index concurrently on "
        f'{_TABLE} ("timestamp", ahu_id);\n-- insert ... on conflict ("timestamp", ahu_id) ...\n',
    ),
    Code(
        code="AHU621",
        title="retention is shorter than what waits for a refresh",
        explanation=(
            "Readings that are dropped before a refresh has folded them are in no view, for good. "
            "A retention policy of TimescaleDB is compared with the oldest pending day, and with "
            "what may always wait: ahu.settings.stale_after, and lookback_days under lookback. "
            "Jobs that call drop_chunks themselves, and who drops partitions by hand, are not "
            "known here; see AHU622 for what they did."
        ),
        path=PATH,
        bad=f"select add_retention_policy('{_TABLE}', interval '1 hour');\n",
        good=f"select add_retention_policy('{_TABLE}', interval '90 days');\n",
    ),
    Code(
        code="AHU622",
        title="readings were dropped before they were folded",
        explanation=(
            "The log says that readings of a day came in, and the raw table has none so old any "
            "more: a chunk or partition was dropped in between. Summaries from before are kept, "
            "and their keys go to quarantine; see ahu.resolve_quarantine."
        ),
        path=PATH,
        bad=f"-- late readings of January are loaded, and not folded\n"
        f"select drop_chunks('{_TABLE}', timestamptz '2025-02-01');\n",
        good="call ahu.refresh_dashboard_views();\n"
        f"select drop_chunks('{_TABLE}', timestamptz '2025-02-01');\n",
    ),
)
