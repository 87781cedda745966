"""Reads pgbouncer.ini as pgbouncer 1.18 and 1.24 were seen to read it, line by line."""

from __future__ import annotations

import errno
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

MAX_DEPTH = 10
"""How deep files may include each other before pgbouncer gives up."""

MAX_BYTES = 4 * 1024 * 1024
"""How much is read of a file, and of all that a configuration includes: a hundred times the size of
any that was seen. pgbouncer knows no such limit."""

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
        self._bytes = 0
        self._is_given_up = False

    def read(self, path: Path, depth: int) -> Iterator[Line]:
        text = read_text(path)
        # A file of one line counts too: it may include itself over and over.
        self._bytes += max(len(text), MAX_BYTES // 1000)
        name = printed(path, self._folder)
        for number, line in enumerate(text.split("\n"), 1):
            stripped = line.strip()
            if stripped and stripped[0] not in "#;":
                yield from self._line(stripped, Place(name, number), depth)

    def _line(self, text: str, place: Place, depth: int) -> Iterator[Line]:
        at = 0
        while header := _SECTION.match(text, at):
            self._section = header[1]
            yield Header(header[1], place)
            # pgbouncer reads on behind the bracket, as if it were another line.
            at = header.end()
        text = text[at:]
        if at and (not text or text[0] in "#;"):
            return
        if included := _INCLUDE.fullmatch(text):
            yield from self._include(included[1], place, depth)
        elif key := _KEY.match(text):
            yield Assignment(self._section, key[1], text[key.end() :], place)
        else:
            yield Nonsense(text, place)

    def _include(self, name: str, place: Place, depth: int) -> Iterator[Line]:
        if self._is_given_up:
            return  # as pgbouncer does not read on either
        reason = None
        if depth >= MAX_DEPTH:
            reason = f"it is nested more than {MAX_DEPTH} deep"
        elif self._bytes > MAX_BYTES:
            reason = "too much is included before it, or the same over and over"
        if reason:
            self._is_given_up = True
            yield Inclusion(name, place, reason)
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
    text = text.rstrip(" ")
    while at < len(text):
        pair = _PAIR.match(text, at)
        if pair is None:
            return found, text[at:].strip(" ")
        found[pair[1]] = pair[2].replace("''", "'") if pair[2] else pair[3]
        at = pair.end()
    return found, None


def read_text(path: Path) -> str:
    """A file of text. Raises OSError, and UnicodeDecodeError for what is no text.

    What is no file, a device or a pipe that never ends, is an OSError, and so is one too large.
    """
    mode = path.stat().st_mode
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, "is a directory", str(path))
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, "it is no regular file", str(path))
    with path.open("rb") as file:
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise OSError(errno.EFBIG, f"it is larger than {MAX_BYTES // 1024**2} MB", str(path))
    if b"\0" in data:
        raise UnicodeDecodeError("utf-8", data, data.index(0), data.index(0) + 1, "a NUL byte")
    return data.decode("utf-8")


def find_file(name: str, folder: Path) -> Path:
    """The file that a name in a configuration means.

    pgbouncer takes a relative one from the folder in which it was started, which nobody knows here:
    the configuration's own folder is tried first. Raises OSError where a folder may not be looked
    into, and where ~ names nobody.
    """
    try:
        path = Path(name).expanduser()
    except RuntimeError as error:
        raise FileNotFoundError(errno.ENOENT, "there is no such user", name) from error
    beside = folder / path
    return beside if beside.exists() else path


def printed(path: Path, folder: Path) -> str:
    """A path as findings name it: relative to the folder where it lies below it."""
    return str(path.relative_to(folder)) if path.is_relative_to(folder) else str(path)


def reason_of(error: OSError | UnicodeDecodeError) -> str:
    """Why a file could not be read, as the end of a sentence."""
    if isinstance(error, UnicodeDecodeError):
        return "it is no text file"
    return (error.strerror or str(error)).lower()
