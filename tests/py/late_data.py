"""Late data as continuous aggregates lose it: one bulk insert that crosses several chunks."""

from __future__ import annotations

from dataclasses import dataclass

from plant import RAW_TABLE


@dataclass(frozen=True)
class LateData:
    """One INSERT of one AHU's readings over some weekly chunks. zone: the site's."""

    name: str
    zone: str
    readings: int
    statement: str


def _insert(times: str) -> str:
    return (
        f"insert into {RAW_TABLE} (timestamp, ahu_id, sf_cost_krw) "
        f"select t, 'AHU01', 1 from {times} as t"
    )


NEWER = f"""
    insert into {RAW_TABLE} (timestamp, ahu_id, sf_cost_krw)
    values ('2024-03-01 12:00+00', 'AHU02', 1)
"""
"""A reading that is there before, and makes all those of the programs late."""

# weekly chunks begin on Thursdays, 00:00 UTC
PROGRAMS = (
    LateData(
        "457 hours over three weeks",
        "Europe/Prague",
        457,
        _insert(
            "generate_series('2024-01-01 05:00+00'::timestamptz, '2024-01-20 05:00+00', '1 hour')"
        ),
    ),
    LateData(
        "a reading on each chunk's last local day, Prague",
        "Europe/Prague",
        5,
        _insert(
            "generate_series('2024-01-10 23:30+00'::timestamptz, '2024-02-07 23:30+00', '7 days')"
        ),
    ),
    LateData(
        "a reading on each chunk's last local day, Seoul",
        "Asia/Seoul",
        5,
        _insert(
            "generate_series('2024-01-10 15:30+00'::timestamptz, '2024-02-07 15:30+00', '7 days')"
        ),
    ),
)
