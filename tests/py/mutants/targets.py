"""Which files are mutated, and every mutant of them that is still SQL."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from ahu_sql.linter.script import read_script
from ahu_sql.renderer import RenderedFile, render
from ahu_sql.settings import Settings
from ahu_sql.settings_reader import read_settings
from ahu_sql.source_tree import SqlFile
from mutants.mutant import Mutant
from mutants.operators import edits
from mutants.tokens import code_tokens
from servers.places import CHECKOUT

SQL = CHECKOUT / "sql"
PATTERNS = (
    "60_refresh/*.sql",
    "50_source/note_*.sql*",
    "50_source/summarise_readings.sql.j2",
    "50_source/day_span.sql.j2",
    "50_source/local_day.sql.j2",
    "50_source/raw_*.sql.j2",
    "50_source/hold_readings.sql.j2",
    "50_source/wanted_triggers.sql",
    "50_source/is_tracked.sql",
    "50_source/trigger_state.sql",
    "50_source/blinds_triggers.sql",
    "50_source/may_grow.sql",
    "75_monitoring/differing_*.sql",
    "75_monitoring/verify_dashboard_views.sql",
    "75_monitoring/whole_extent.sql",
    "90_finish/track_changes.sql",
)
"""The refresh, the tracking of changes, and the verification."""

SITES: dict[str, tuple[str, ...]] = {
    "pgtap": (),
    "native": ("refresh.strategy=native",),
    "long": ("source.layout=long",),
}
"""The sites of the pgTAP files, and their settings."""

_MARK = re.compile("\0(\\d+):(\\d+)")


def target_paths(only: str = "") -> list[str]:
    """Paths below `sql/` that hold the given text."""
    found = (path for pattern in PATTERNS for path in sorted(SQL.glob(pattern)))
    paths = dict.fromkeys(path.relative_to(SQL).as_posix() for path in found)
    return [path for path in paths if only in path]


def mutants_of(path: str) -> Iterator[Mutant]:
    """Every mutant of a file that can be parsed and differs."""
    text = (SQL / path).read_text()
    seen = {text}
    for kind, (start, end, replacement) in edits(code_tokens(text)):
        new = _MARK.sub(lambda mark: text[int(mark[1]) : int(mark[2])], replacement)
        line = text.count("\n", 0, start) + 1
        mutant = Mutant(path, line, start, end, new, kind, text[start:end])
        changed = mutant.apply(text)
        if changed not in seen and not read_script(rendered(path, changed, "pgtap")).findings:
            yield mutant
        seen.add(changed)


def rendered(path: str, text: str, site: str) -> RenderedFile:
    """A file with this text as it would be sent to a site's server."""
    return render([SqlFile(path, text)], _settings(site))[0]


def _settings(site: str) -> Settings:
    return read_settings(None, {}, SITES[site])


def original(path: str) -> str:
    """The file as it is."""
    return (SQL / path).read_text()


def routine_name(path: str) -> str:
    """What a file holds: one object, by whose name it is called."""
    return Path(path).name.partition(".")[0]
