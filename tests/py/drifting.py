"""What plan and status say has drifted, and what a database looks like but for its rows."""

from __future__ import annotations

import re
from functools import cache

from ahu_sql import applier
from ahu_sql.database import Connection
from ahu_sql.health import read_health
from ahu_sql.options import rendered_files
from ahu_sql.renderer import RenderedFile
from ahu_sql.settings import Settings
from ahu_sql.settings_reader import read_settings
from databases import Database
from snapshots import roles_dump, schema_dump

IN_ANY_ORDER = re.compile(r"^(GRANT|REVOKE|ALTER ROLE .* IN DATABASE) .*\n", re.MULTILINE)


@cache
def site(*assignments: str) -> tuple[Settings, tuple[RenderedFile, ...]]:
    """The settings, and the SQL of a site that has them."""
    settings = read_settings(None, {}, assignments)
    return settings, rendered_files(settings)


def planned(session: Connection, *assignments: str) -> tuple[str, ...]:
    """What a plan says is to be repaired."""
    settings, files = site(*assignments)
    return applier.read_plan(session, files, settings).repairs


def drift_concerns(session: Connection) -> set[str]:
    """What status says has drifted."""
    concerns = [one for one in read_health(session).concerns if one.code == "drift"]
    assert all(one.text.endswith("; run ahu-sql install") for one in concerns)
    return {one.text.removesuffix("; run ahu-sql install") for one in concerns}


def dump(database: Database) -> tuple[str, list[str], str]:
    """Everything but rows: objects, what was granted on them, roles."""
    objects = schema_dump(database)
    granted = sorted(line.group() for line in IN_ANY_ORDER.finditer(objects))
    return IN_ANY_ORDER.sub("", objects), granted, roles_dump(database)
