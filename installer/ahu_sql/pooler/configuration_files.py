"""Reads a configuration of pgbouncer: the ini, what it includes, its HBA file and its userlist."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from ahu_sql.errors import AhuSqlError
from ahu_sql.pooler.configuration import Configuration, Entry, NamedFile
from ahu_sql.pooler.ini import (
    Assignment,
    Header,
    Line,
    Place,
    connection_pairs,
    find_file,
    printed,
    read_lines,
    reason_of,
)
from ahu_sql.pooler.login_files import BrokenRule, HbaRule, Login, read_hba, read_userlist
from ahu_sql.pooler.versions import NEWEST_TRIED, Version

INI = "pgbouncer.ini"

_MADE_FOR = re.compile(r";\s*pgbouncer (\d+(?:\.\d+)+) in front of ")
_FIRST_LINES = 5


def read_configuration(path: Path, version: Version | None) -> Configuration:
    """The configuration in a folder's pgbouncer.ini, or in a file of any name.

    version: of the pooler; None: the one that the file was made for, else the newest tried. Raises
    AhuSqlError where the file cannot be read.
    """
    ini = path / INI if path.is_dir() else path
    folder = ini.parent
    try:
        lines = tuple(read_lines(ini, folder))
        made_for = version_made_for(ini)
    except (OSError, UnicodeDecodeError) as error:
        raise AhuSqlError(
            f'cannot read the configuration "{ini}"',
            detail=f"{ini}: {reason_of(error)}.",
            hint="Name pgbouncer.ini or its folder: ahu-sql pgbouncer check /etc/pgbouncer",
        ) from error
    settings, place = _settings(lines, Place(printed(ini, folder), 1))
    find = _Finder(folder, is_ours=made_for is not None)
    hba, hba_file = find.hba(settings, version or made_for or NEWEST_TRIED)
    userlist, broken, userlist_file = find.userlist(settings)
    return Configuration(
        place=place,
        settings=settings,
        aliases=_entries(lines, "databases"),
        users=_entries(lines, "users"),
        peers=_entries(lines, "peers"),
        lines=lines,
        hba=hba,
        userlist=userlist,
        broken_userlist=broken,
        files=tuple(file for file in (hba_file, userlist_file) if file),
        made_for=made_for,
        path=ini,
    )


def version_made_for(ini: Path) -> Version | None:
    """The version that our generator wrote a file for, from its first lines; None: not ours."""
    with ini.open(encoding="utf-8") as file:
        for _, line in zip(range(_FIRST_LINES), file, strict=False):
            if match := _MADE_FOR.match(line):
                return tuple(int(part) for part in match[1].split("."))
    return None


def _settings(lines: Sequence[Line], start: Place) -> tuple[dict[str, Assignment], Place]:
    """What [pgbouncer] says in the end, and where it begins."""
    settings: dict[str, Assignment] = {}
    place = start
    for line in lines:
        if isinstance(line, Header) and line.section == "pgbouncer":
            # pgbouncer sets everything back to its default where the section begins anew.
            settings, place = {}, line.place
        elif isinstance(line, Assignment) and line.section == "pgbouncer":
            settings[line.key] = line
    return settings, place


def _entries(lines: Sequence[Line], section: str) -> dict[str, Entry]:
    found: dict[str, Entry] = {}
    for line in lines:
        if isinstance(line, Assignment) and line.section == section:
            parameters, unread = connection_pairs(line.value)
            found[line.key] = Entry(line.key, parameters, line.place, unread)
    return found


class _Finder:
    """Reads the files that settings name.

    Files of our generator are often looked at before they are where they will be: for those, one
    beside the ini comes first. Elsewhere the file that is named is the one that counts.
    """

    def __init__(self, folder: Path, *, is_ours: bool) -> None:
        self._folder = folder
        self._is_ours = is_ours

    def hba(
        self, settings: Mapping[str, Assignment], version: Version
    ) -> tuple[Sequence[HbaRule | BrokenRule] | None, NamedFile | None]:
        path, file = self._find(settings.get("auth_hba_file"))
        if path is None or file is None:
            return None, file
        try:
            return read_hba(path, printed(path, self._folder), version), file
        except (OSError, UnicodeDecodeError) as error:
            return None, _unread(file, error)

    def userlist(
        self, settings: Mapping[str, Assignment]
    ) -> tuple[Sequence[Login] | None, Place | None, NamedFile | None]:
        path, file = self._find(settings.get("auth_file"))
        if path is None or file is None:
            return None, None, file
        try:
            return *read_userlist(path, printed(path, self._folder)), file
        except (OSError, UnicodeDecodeError) as error:
            return None, None, _unread(file, error)

    def _find(self, given: Assignment | None) -> tuple[Path | None, NamedFile | None]:
        if given is None or not given.value:
            return None, None
        beside = self._folder / Path(given.value).name
        named = find_file(given.value, self._folder)
        path = beside if beside.exists() and (self._is_ours or not named.exists()) else named
        try:
            mode = path.stat().st_mode & 0o777
        except OSError as error:
            file = NamedFile(given.key, given.value, None, None, is_there=True)
            return None, _unread(file, error)
        return path, NamedFile(given.key, given.value, mode, None, is_there=True)


def _unread(file: NamedFile, error: OSError | UnicodeDecodeError) -> NamedFile:
    is_there = not isinstance(error, FileNotFoundError | NotADirectoryError)
    return NamedFile(file.setting, file.name, file.mode, reason_of(error), is_there)
