"""What our triggers cost a COPY into a hypertable, and that it can be had back."""

from __future__ import annotations

import pytest

from databases import Database
from plant import RAW_TABLE, raw_table
from product import ahu_sql, install_product


def path_of_a_copy(database: Database) -> str:
    """How TimescaleDB says that it copies: into buffers, or reading by reading."""
    said: list[str] = []
    with database.connect() as session:
        session.add_notice_handler(lambda notice: said.append(notice.message_primary or ""))
        session.execute("set client_min_messages = debug2")
        with session.cursor().copy(f"copy {RAW_TABLE} (timestamp, ahu_id) from stdin") as rows:
            rows.write_row(("2024-01-01 00:00+00", "AHU01"))
    (how,) = {line for line in said if " copy operation " in line}
    return "buffered" if "multi-buffer" in how else "unbuffered" if "unbuffered" in how else how


def test_uninstall_gives_back_the_fast_path_of_copy(database: Database) -> None:
    raw_table(database)
    assert path_of_a_copy(database) == "buffered"
    install_product(database.dsn)
    assert path_of_a_copy(database) == "unbuffered"
    assert ahu_sql("uninstall", "--yes", "--dsn", database.dsn).returncode == 0
    assert path_of_a_copy(database) == "buffered"


@pytest.mark.parametrize("setting", ["refresh.tracking=lookback", "refresh.strategy=native"])
def test_so_does_doing_without_triggers(database: Database, setting: str) -> None:
    raw_table(database)
    install_product(database.dsn)
    install_product(database.dsn, "--set", setting)
    assert path_of_a_copy(database) == "buffered"
