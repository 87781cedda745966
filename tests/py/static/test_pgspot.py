"""pgspot finds no hole in our SQL: whoever may create objects cannot make an install run theirs."""

from __future__ import annotations

import re
import subprocess

import pytest

from ahu_sql.options import rendered_files
from ahu_sql.settings_reader import read_settings
from counts import count
from servers.pgspot import pgspot_python

SITES: dict[str, tuple[str, ...]] = {
    "triggers": (),
    "lookback": ("refresh.tracking=lookback",),
    "native": ("refresh.strategy=native",),
    "long": ("source.layout=long",),
    "native and long": ("refresh.strategy=native", "source.layout=long"),
}
# what an install's transaction begins with, else every operator outside of routines were a finding
PINNED = "set local search_path = pg_catalog, pg_temp;\n"
# by code and object
EXCUSES = {
    ("PS010", schema): "schema if not exists: 00_preconditions refuses one that is not ahu_owner's"
    for schema in ("_ahu", "ahu")
}


@pytest.mark.parametrize("site", SITES)
def test_pgspot_finds_nothing_that_has_no_excuse(site: str) -> None:
    files = rendered_files(read_settings(None, {}, SITES[site]))
    found = _findings(PINNED + "\n".join(file.sql for file in files))
    count("files read by pgspot", len(files))
    assert found == set(EXCUSES)


def test_pgspot_looks_into_routines_and_do_blocks() -> None:
    files = {file.path: file.sql for file in rendered_files(read_settings(None, {}, ()))}
    routine = files["50_source/is_tracked.sql"].replace("set search_path = ", "set ahu_sql.x = ")
    assert ("PS003", "_ahu.is_tracked()") in _findings(routine)
    assert "PS001" in {code for code, _ in _findings(files["90_finish/track_changes.sql"])}


def _findings(script: str) -> set[tuple[str, str]]:
    """Code and object of each finding."""
    done = subprocess.run(
        [pgspot_python(), "-m", "pgspot"],
        input=script,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Unknown: 0" in done.stdout, done.stderr or done.stdout
    return set(re.findall(r"^(PS\d+): [^:]+: (.*) at line \d+$", done.stdout, re.MULTILINE))
