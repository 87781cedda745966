"""Reads pgbouncer.ini as pgbouncer 1.18 and 1.24 were seen to read it, line by line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

MAX_DEPTH = 10
"""How deep files may include each other before pgbouncer gives up."""

_KEY = re.compile(r"([A-Za-z0-9_.*-]+)[ \t]*=[ \t]*")
_SECTION = re.compile(r"\[([^\]]*)\]\s*")
_INCLUDE = re.compile(r"%include[ \t]+(\S.*)")
_PAIR = re.compile(r" *([^= ]+) *= *(?:'((?:[^']|'')+)'(?: |$)?|([^' ][^ ]*))")


@dataclass(frozen=True)
class Place:
    """A line of a file. path: as it is printed. line: 1-based; 0: no single one."""

    path: str
    line: int = 0


@dataclass(frozen=True)
class Header:
    """The beginning of a section."""

    section: str
    place: Place


@dataclass(frozen=True)
class Assignment:
    """One `key = value`. section: the one it stands in; None: there was none yet."""

    section: str | None
    key: str
    value: str
    place: Place


@dataclass(frozen=True)
class Inclusion:
    """One `%include`. reason: why the file could not be read; None: its lines follow."""

    name: str
    place: Place
    reason: str | None


@dataclass(frozen=True)
class Nonsense:
    """A line that pgbouncer cannot read, at which it refuses to start."""

    text: str
    place: Place


Line = Header | Assignment | Inclusion | Nonsense


def read_lines(path: Path, folder: Path) -> Iterator[Line]:
    """What the file says, line by line, with what it includes.

    folder: of the main file; paths are printed relative to it. Raises OSError, and
    UnicodeDecodeError for a file that is no text, where the main file cannot be read.
    """
    return _Reader(folder).read(path, 0)


class _Reader:
    """Remembers the section, which goes on through an included file and after it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._section: str | None = None

    def read(self, path: Path, depth: int) -> Iterator[Line]:
        text = read_text(path)
        name = printed(path, self._folder)
        for number, line in enumerate(text.split("\n"), 1):
            stripped = line.strip()
            if stripped and stripped[0] not in "#;":
                yield from self._line(stripped, Place(name, number), depth)

    def _line(self, text: str, place: Place, depth: int) -> Iterator[Line]:
        if header := _SECTION.match(text):
            self._section = header[1]
            yield Header(header[1], place)
            # pgbouncer reads on behind the bracket, as if it were another line.
            rest = text[header.end() :]
            if rest and rest[0] not in "#;":
                yield from self._line(rest, place, depth)
        elif included := _INCLUDE.fullmatch(text):
            yield from self._include(included[1], place, depth)
        elif key := _KEY.match(text):
            yield Assignment(self._section, key[1], text[key.end() :], place)
        else:
            yield Nonsense(text, place)

    def _include(self, name: str, place: Place, depth: int) -> Iterator[Line]:
        if depth >= MAX_DEPTH:
            yield Inclusion(name, place, f"it is nested more than {MAX_DEPTH} deep")
            return
        try:
            lines = list(self.read(find_file(name, self._folder), depth + 1))
        except (OSError, UnicodeDecodeError) as error:
            yield Inclusion(name, place, reason_of(error))
        else:
            yield Inclusion(name, place, None)
            yield from lines


def connection_pairs(text: str) -> tuple[dict[str, str], str | None]:
    """The parameters of a connection string, and what could not be read of it, or None."""
    found: dict[str, str] = {}
    at = 0
    while text[at:].strip(" "):
        pair = _PAIR.match(text, at)
        if pair is None:
            return found, text[at:].strip(" ")
        found[pair[1]] = pair[2].replace("''", "'") if pair[2] else pair[3]
        at = pair.end()
    return found, None


def read_text(path: Path) -> str:
    """A file of text. Raises OSError, and UnicodeDecodeError for another kind of file."""
    data = path.read_bytes()
    if b"\0" in data:
        raise UnicodeDecodeError("utf-8", data, data.index(0), data.index(0) + 1, "a NUL byte")
    return data.decode("utf-8")


def find_file(name: str, folder: Path) -> Path:
    """The file that a name in a configuration means.

    pgbouncer takes a relative one from the folder in which it was started, which nobody knows here:
    the configuration's own folder is tried first.
    """
    beside = folder / Path(name).expanduser()
    return beside if beside.exists() else Path(name).expanduser()


def printed(path: Path, folder: Path) -> str:
    """A path as findings name it: relative to the folder where it lies below it."""
    return str(path.relative_to(folder)) if path.is_relative_to(folder) else str(path)


def reason_of(error: OSError | UnicodeDecodeError) -> str:
    """Why a file could not be read, as the end of a sentence."""
    if isinstance(error, UnicodeDecodeError):
        return "it is no text file"
    return (error.strerror or str(error)).lower()
