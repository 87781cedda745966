"""A program as SQL that a person can paste into psql."""

from __future__ import annotations

from fuzz.player import Entry
from fuzz.sites import Site

HEAD = """\
-- ahu-sql, differential fuzzing: a program on a raw table that is {kind}, of a site in {zone}
-- {sessions}
\\setenv PGHOST :HOST
\\setenv PGPORT :PORT
\\setenv PGUSER :USER
\\setenv PGDATABASE :DBNAME
"""
TAIL = """\
select * from ahu.mv_daily_ahu_costs order by day, ahu_id;
select * from ahu.mv_daily_ahu_kwh order by day, ahu_id;
select * from ahu.mv_monthly_ahu_costs order by month, ahu_id;
select * from _ahu.quarantine order by day, ahu_id;
"""


def script(site: Site, entries: list[Entry]) -> str:
    """The whole program, from the empty database on."""
    seats = {entry.seat for entry in entries if entry.seat}
    told = (
        "one session: psql --file runs it as it stands, in an empty database"
        if len(seats) < 2
        else "several sessions: type each line into the one that is named above it"
    )
    lines = [HEAD.format(kind=site.kind.name, zone=site.zone, sessions=told)]
    lines += [f"{statement};" for statement in site.kind.statements(site.zone)]
    zone = f"--set source.time_zone={site.zone}"
    lines.append(f"\\! ahu-sql install {zone}")
    if not site.adds:
        lines.append("update ahu.settings set add_inserted = false;")
    seat = 0
    for entry in entries:
        if entry.seat == 0:
            lines.append(f"\\! ahu-sql install {zone} --set {entry.sql}")
            continue
        if entry.seat != seat and len(seats) > 1:
            lines.append(f"-- session {entry.seat}")
        seat = entry.seat
        ends = entry.sql.startswith("--") or entry.sql.endswith("\\.")
        lines.append(entry.sql if ends else f"{entry.sql};")
        if entry.note:
            lines.append("-- " + entry.note.replace("\n", " "))
    return "\n".join([*lines, TAIL])
