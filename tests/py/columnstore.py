"""The raw table's columnstore: on, and its chunks in it or out of it."""

from __future__ import annotations

from databases import Database
from oracle import RAW_TABLE

ENABLE = (
    f"alter table {RAW_TABLE} set (timescaledb.enable_columnstore, "
    "timescaledb.segmentby = 'ahu_id', timescaledb.orderby = 'timestamp')"
)


def enable(database: Database) -> None:
    """What a DBA types to have a columnstore."""
    database.execute(ENABLE)


def compress(database: Database) -> int:
    """Every chunk into the columnstore; how many there are."""
    chunks = _chunks(database)
    for chunk in chunks:
        database.execute(f"call convert_to_columnstore('{chunk}', if_not_columnstore => true)")
    assert compressed(database) == len(chunks)
    return len(chunks)


def decompress(database: Database) -> None:
    """Every chunk back into rows."""
    for chunk in _chunks(database):
        database.execute(f"call convert_to_rowstore('{chunk}')")
    assert compressed(database) == 0


def compressed(database: Database) -> int:
    """How many chunks of the raw table are in the columnstore."""
    return int(
        database.scalar(
            "select count(*) from timescaledb_information.chunks "
            "where is_compressed and hypertable_schema = 'ahu_data'"
        )
    )


def _chunks(database: Database) -> list[str]:
    return [name for (name,) in database.rows(f"select show_chunks('{RAW_TABLE}')::text")]
