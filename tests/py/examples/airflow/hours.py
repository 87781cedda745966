"""Hours of the plant, and the files in which their readings come to the ETL."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

from databases import Database
from plant import RAW_TABLE

COLUMNS = ("timestamp", "ahu_id", "hcv_steam_kwh", "sf_cost_krw", "electricity_cost_krw")
AHUS = 45
HOUR = timedelta(hours=1)

Reading = tuple[datetime, str, Decimal | None, Decimal | None, Decimal | None]


@dataclass(frozen=True)
class Hour:
    """One of them. folder: where its file belongs."""

    begins: datetime
    folder: Path

    @property
    def ends(self) -> datetime:
        """When the next one begins: the logical date of a run that loads this one."""
        return self.begins + HOUR

    @property
    def file(self) -> Path:
        """Where the ETL looks for its readings."""
        return self.folder / f"readings-{self.begins:%Y%m%dT%H%M}.csv"

    def readings(self, factor: int = 1, minutes: int = 6) -> list[Reading]:
        """One of each AHU every few minutes, in order; other values with another factor."""
        return [
            (
                self.begins + timedelta(minutes=minute),
                f"AHU{ahu:02}",
                None if (minute + ahu) % 7 == 0 else Decimal(factor * (100 * minute + ahu)) / 1000,
                Decimal(factor * ahu) / 100,
                None if ahu % 5 else Decimal(minute),
            )
            for minute in range(0, 60, minutes)
            for ahu in range(1, AHUS + 1)
        ]

    def put(self, readings: Sequence[Reading]) -> None:
        """The file, all at once."""
        part = self.file.with_suffix(".part")
        part.write_text(csv_of(readings))
        part.replace(self.file)

    def in_raw(self, database: Database) -> list[Reading]:
        """The hour's readings in the raw table, in order."""
        rows = database.rows(
            f"select {', '.join(COLUMNS)} from {RAW_TABLE} "
            "where timestamp >= %s and timestamp < %s order by timestamp, ahu_id",
            [self.begins, self.ends],
        )
        return [(at, ahu, *values) for at, ahu, *values in rows]  # type: ignore[misc]


def csv_of(readings: Sequence[Reading]) -> str:
    """With a header; null is empty."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    writer.writerows(readings)
    return text.getvalue()
