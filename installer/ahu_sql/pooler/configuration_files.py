"""Reads a configuration of pgbouncer: the ini, what it includes, its HBA file and its userlist."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
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
    read_text,
    reason_of,
)
from ahu_sql.pooler.login_files import BrokenRule, HbaRule, Login, read_hba, read_userlist
from ahu_sql.pooler.versions import NEWEST_TRIED, Version

INI = "pgbouncer.ini"

_MADE_FOR = re.compile(r";\s*pgbouncer (\d{1,4}(?:\.\d{1,4})+) in front of ")
_FIRST_LINES = 5


def read_configuration(path: Path, version: Version | None) -> Configuration:
    """The configuration in a folder's pgbouncer.ini, or in a file of any name.

    version: of the pooler; None: the one that the file was made for, else the newest tried. Raises
    AhuSqlError where the file cannot be read.
    """
    ini = path
    try:
        ini = path / INI if path.is_dir() else path
        folder = ini.parent
        lines = tuple(read_lines(ini, folder))
        made_for = version_made_for(ini)
    except (OSError, UnicodeDecodeError) as error:
        hint = "Name pgbouncer.ini or its folder: ahu-sql pgbouncer check /etc/pgbouncer"
        if isinstance(error, PermissionError):
            hint = (
                f"Run it as a user who may read it: sudo -u postgres ahu-sql pgbouncer check {path}"
            )
        raise AhuSqlError(
            f'cannot read the configuration "{ini}"',
            detail=f"{ini}: {reason_of(error)}.",
            hint=hint,
        ) from error
    if not any(isinstance(line, Header) for line in lines):
        raise AhuSqlError(
            f'"{ini}" is no configuration of pgbouncer',
            detail="It has no section, such as [databases] or [pgbouncer].",
            hint="Name pgbouncer.ini or its folder, which name the other files: ahu-sql pgbouncer "
            f"check {ini.parent}",
        )
    settings, place = _settings(lines, Place(printed(ini, folder)))
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
        aliases_place=_first_header(lines, "databases"),
        path=ini,
        modes=_modes({printed(ini, folder), *(line.place.path for line in lines)}, folder),
    )


def _modes(names: Iterable[str], folder: Path) -> dict[str, int]:
    """The permissions of files that were read, by their printed names."""
    found = {}
    for name in sorted(names):
        with suppress(OSError):
            found[name] = (folder / name).stat().st_mode & 0o777
    return found


def _first_header(lines: Sequence[Line], section: str) -> Place | None:
    headers = (line for line in lines if isinstance(line, Header) and line.section == section)
    return next((header.place for header in headers), None)


def version_made_for(ini: Path) -> Version | None:
    """The version that our generator wrote a file for, from its first lines; None: not ours."""
    for line in read_text(ini).split("\n", _FIRST_LINES)[:_FIRST_LINES]:
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
        try:
            named = find_file(given.value, self._folder)
            path = beside if beside.exists() and (self._is_ours or not named.exists()) else named
            mode = path.stat().st_mode & 0o777
        except OSError as error:
            file = NamedFile(given.key, given.value, None, None, is_there=True)
            return None, _unread(file, error)
        return path, NamedFile(given.key, given.value, mode, None, is_there=True)


def _unread(file: NamedFile, error: OSError | UnicodeDecodeError) -> NamedFile:
    is_there = not isinstance(error, FileNotFoundError | NotADirectoryError)
    return NamedFile(file.setting, file.name, file.mode, reason_of(error), is_there)
