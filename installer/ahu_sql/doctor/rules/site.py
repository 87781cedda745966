"""AHU661 to AHU671: what drifted since the install, and what an install would refuse."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from ahu_sql.doctor.facts import Facts
from ahu_sql.doctor.findings import Finding
from ahu_sql.doctor.rules.readings import NAIVE
from ahu_sql.errors import AhuSqlError
from ahu_sql.requirements import TIME_TYPE, require

_INSTALL = ("ahu-sql install",)


def drifted(facts: Facts) -> Iterator[Finding]:
    """AHU661, AHU662: what somebody changed of ours by hand."""
    for line in facts.drifted_roles:
        yield Finding(
            "AHU661",
            _object_of(line),
            line,
            "The limits of our roles keep dashboards and ETL out of each other's way, whatever a "
            "client does.",
            _INSTALL,
        )
    for line in facts.drifted_objects:
        yield Finding(
            "AHU662",
            _object_of(line),
            line,
            "It is not as it was installed, and may answer something else or nobody.",
            _INSTALL,
        )


def _object_of(line: str) -> str:
    return line.split(": ")[0]


def refused(facts: Facts) -> Iterator[Finding]:
    """AHU671: what an install would refuse, but for what has a code of its own here."""
    source, inspection = facts.settings.source, facts.inspection
    columns = dict(inspection.columns)
    if columns.get(source.time_column) == NAIVE:
        columns[source.time_column] = TIME_TYPE
    # Who asks need not be who installs; and the faults of TimescaleDB have codes.
    asked = replace(inspection, columns=columns, is_hypertable=False, missing_rights=())
    try:
        require(asked, facts.settings, publish=False)
    except AhuSqlError as error:
        advice, statement = _statement_of(error.hint or "")
        yield Finding(
            "AHU671",
            facts.raw.root.name,
            error.message,
            " ".join(filter(None, (error.detail, advice))),
            (statement,) if statement else (),
        )


def _statement_of(hint: str) -> tuple[str, str]:
    """What a hint says, and what of it can be pasted."""
    found = re.search(r"(?:^|: )((?:alter|ahu-sql) .+)$", hint)
    if not found:
        return hint, ""
    statement = found[1] if found[1].startswith("ahu-sql") else f"{found[1]};"
    return hint[: found.end() - len(found[1])], statement


RULES = (drifted, refused)
