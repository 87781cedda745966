"""The ETL in mid-load: a file that has not ended yet, and what the server has of it."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from databases import Database
from examples.airflow.hours import Hour
from sessions import PATIENCE_SECONDS, wait_until


def slow_file(hour: Hour) -> Path:
    """A file of the hour that says as much as a test writes into it, and ends when it is closed."""
    hour.file.unlink(missing_ok=True)
    os.mkfifo(hour.file)
    return hour.file


@contextmanager
def writing_to(file: Path, patience_s: float = PATIENCE_SECONDS) -> Iterator[IO[str]]:
    """When the ETL has opened it; the file's end is that of the block."""
    opened = list[int]()

    def is_read() -> bool:
        try:
            opened.append(os.open(file, os.O_WRONLY | os.O_NONBLOCK))
        except OSError as error:
            if error.errno != errno.ENXIO:
                raise
        return bool(opened)

    wait_until(is_read, "the ETL reads the file", patience_s)
    os.set_blocking(opened[0], True)
    with os.fdopen(opened[0], "w") as writing:
        yield writing


def write_most_of(writing: IO[str], text: str) -> str:
    """All but the last lines, which it returns; more than the ETL reads at once."""
    assert len(text) - 1000 > 1 << 16
    writing.write(text[:-1000])
    writing.flush()
    return text[-1000:]


def wait_until_loading(database: Database) -> None:
    """The hour's old readings are deleted, and some of the new ones are there."""
    wait_until(
        lambda: bool(
            database.scalar("select max(tuples_processed) from pg_catalog.pg_stat_progress_copy")
        ),
        "the ETL is in mid-load",
    )


def sessions_of_the_etl(database: Database) -> int:
    """Backends that work for it."""
    return int(
        database.scalar(
            "select count(*) from pg_stat_activity where usename = 'ahu_write' and state <> 'idle'"
        )
    )
