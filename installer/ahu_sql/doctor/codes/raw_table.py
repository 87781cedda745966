"""AHU601 to AHU605: indexes, statistics and triggers of the raw table."""

from __future__ import annotations

from ahu_sql.linter.findings import Code

PATH = "the database, as SQL"

CODES = (
    Code(
        code="AHU601",
        title="the raw table has no index on the time",
        explanation=(
            "A refresh reads the days that changed. Without an index that begins with the time it "
            "reads all that there is, at every refresh, and so does whoever asks for the newest "
            "reading. A primary key or any other index that begins with the time serves, BRIN "
            "too; one that is partial, or invalid, does not. A partitioned table and a hypertable "
            "need one of their own, so that later partitions and chunks get it. --fix builds it "
            "concurrently, on each partition or chunk by itself; no writer waits for two "
            "seconds. Of a hypertable, drop index on the hypertable may leave those of chunks: "
            "drop index concurrently rids of them."
        ),
        path=PATH,
        bad="create index on ahu_data.energy_readings (ahu_id);\n",
        good='create index concurrently on ahu_data.energy_readings ("timestamp");\n',
    ),
    Code(
        code="AHU602",
        title="the raw table has no index on AHU and time",
        explanation=(
            "ahu.readings gives the readings of some AHUs, and a refresh folds the keys that "
            "changed. An index whose first two columns are the AHU and the time finds them; in "
            "the other order it serves too, as the usual primary key does: for a month of one AHU "
            "of 45 it took 50 ms instead of 2. AHUs that are no texts are compared as texts, which "
            "no such index serves, and none is asked for."
        ),
        path=PATH,
        bad='create index on ahu_data.energy_readings ("timestamp");\n',
        good='create index concurrently on ahu_data.energy_readings (ahu_id, "timestamp");\n',
    ),
    Code(
        code="AHU603",
        title="an index of the raw table is invalid",
        explanation=(
            "CREATE INDEX CONCURRENTLY and REINDEX CONCURRENTLY leave an index behind when they "
            "are interrupted, or when a unique one finds duplicates. Writers keep it up to date, "
            "and no query may use it. What would have become an index of AHU601 or AHU602 --fix "
            "drops and builds anew."
        ),
        path=PATH,
        bad="select pg_cancel_backend(pid) from pg_stat_progress_create_index;\n",
        good="drop index concurrently ahu_data.energy_readings_timestamp_idx;\n",
    ),
    Code(
        code="AHU604",
        title="no statistics of the raw table were ever collected",
        explanation=(
            "Without them the planner guesses how many readings a span of time has. Autovacuum "
            "collects them of ordinary tables, partitions and chunks, and never of a partitioned "
            "table as a whole: say it after loading, and now and then. Told from 512 kB on."
        ),
        path=PATH,
        bad="-- a table that was filled and never analyzed\n",
        good="analyze ahu_data.energy_readings;\n",
    ),
    Code(
        code="AHU605",
        title="a trigger that tracks changes is missing or disabled",
        explanation=(
            "What writers change while a trigger is away is not logged, and gets into no view. "
            "install puts it back and folds everything anew. ahu-sql status tells it too."
        ),
        path=PATH,
        bad="alter table ahu_data.energy_readings disable trigger user;\n",
        good="-- ahu-sql install\n",
    ),
)
