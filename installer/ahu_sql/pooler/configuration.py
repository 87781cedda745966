"""A configuration of pgbouncer: what its files say, or what a running one says of itself."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ahu_sql.pooler.ini import Assignment, Line, Place
from ahu_sql.pooler.known_settings import default_of, whole
from ahu_sql.pooler.login_files import BrokenRule, HbaRule, Login
from ahu_sql.pooler.versions import Version

_MOST = 2**63
"""Beyond all that pgbouncer can hold, and still a number that can be printed."""


def _bounded(digits: str) -> int:
    """A whole number of any length."""
    text = digits.strip()
    if len(text.lstrip("+-").lstrip("0")) > len(str(_MOST)):
        return -_MOST if text.startswith("-") else _MOST
    return int(text)


@dataclass(frozen=True)
class Entry:
    """A line of [databases], [users] or [peers]. unread: what pgbouncer could not read of it."""

    name: str
    parameters: Mapping[str, str]
    place: Place
    unread: str | None = None

    def number(self, *names: str) -> int | None:
        """The first of these parameters that is there, as pgbouncer reads it: leniently."""
        for name in names:
            if name in self.parameters:
                match = re.match(r"\s*[+-]?\d+", self.parameters[name])
                return _bounded(match[0]) if match else 0
        return None


@dataclass(frozen=True)
class NamedFile:
    """A file that a setting names. mode: its permissions. reason: why it was not read, or None."""

    setting: str
    name: str
    mode: int | None
    reason: str | None
    is_there: bool


@dataclass(frozen=True)
class Configuration:
    """All that is configured.

    place, aliases_place: the sections [pgbouncer] and [databases], for what nobody wrote. lines: as
    they stand in the files; none of a running pooler. hba, userlist: None where there is none, or
    where it cannot be seen. made_for: the version that our generator wrote it for. is_running: as a
    console shows it, which tells neither who may log in nor the auth_user of an alias. path: the
    main file, if any. modes: permissions of it and of what it includes, by printed path.
    """

    place: Place
    settings: Mapping[str, Assignment]
    aliases: Mapping[str, Entry]
    users: Mapping[str, Entry] = field(default_factory=dict)
    peers: Mapping[str, Entry] = field(default_factory=dict)
    lines: Sequence[Line] = ()
    hba: Sequence[HbaRule | BrokenRule] | None = None
    userlist: Sequence[Login] | None = None
    broken_userlist: Place | None = None
    files: Sequence[NamedFile] = ()
    made_for: Version | None = None
    is_running: bool = False
    aliases_place: Place | None = None
    path: Path | None = None
    modes: Mapping[str, int] = field(default_factory=dict)

    def text(self, name: str, version: Version) -> str:
        """The value of a setting that is in force."""
        given = self.settings.get(name)
        return given.value if given else default_of(name, version)

    def number(self, name: str, version: Version) -> float:
        """The same of a number; the default where pgbouncer would refuse it."""
        for value in (self.text(name, version), default_of(name, version)):
            exact = whole(value)
            if exact is not None:
                return max(min(exact, _MOST), -_MOST)
            try:
                return float(value)
            except ValueError:
                continue
        return 0

    def names(self, name: str, version: Version) -> tuple[str, ...]:
        """The same of a list with commas."""
        values = self.text(name, version).split(",")
        return tuple(value.strip() for value in values if value.strip())

    def where(self, name: str) -> Place:
        """Where a setting stands, or would stand."""
        return self.settings[name].place if name in self.settings else self.place


def running_configuration(
    settings: Sequence[Mapping[str, Any]], databases: Sequence[Mapping[str, Any]]
) -> Configuration:
    """The configuration as SHOW CONFIG and SHOW DATABASES tell it."""
    place = Place("SHOW CONFIG")
    return Configuration(
        place=place,
        settings={
            row["key"]: Assignment("pgbouncer", row["key"], row["value"] or "", place)
            for row in settings
        },
        aliases={
            row["name"]: Entry(row["name"], _parameters(row), Place("SHOW DATABASES"))
            for row in databases
            if row["name"] != "pgbouncer"
        },
        is_running=True,
        aliases_place=Place("SHOW DATABASES"),
    )


_SHOWN_AS = {
    "host": "host",
    "port": "port",
    "database": "dbname",
    "force_user": "user",
    "pool_size": "pool_size",
    "reserve_pool": "reserve_pool",
    "reserve_pool_size": "reserve_pool_size",
    "pool_mode": "pool_mode",
    "max_connections": "max_db_connections",
    "max_client_connections": "max_db_client_connections",
}
"""Columns of SHOW DATABASES, and the parameters of [databases] that they show."""


def _parameters(row: Mapping[str, Any]) -> dict[str, str]:
    return {
        parameter: str(row[column])
        for column, parameter in _SHOWN_AS.items()
        if row.get(column) not in (None, "")
    }
