"""The Markdown of this checkout: what its reader may click, type into a shell, type into psql."""

from __future__ import annotations

import re
import shlex
import textwrap
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from api.markdown import anchor
from servers.places import CHECKOUT

_BLOCK = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
_SHELL = ("", "bash", "console", "sh")
_CODE = re.compile(r"(?<!`)`([^`]+)`(?!`)")
_LINK = re.compile(r"\]\(([^)\s]+)")
_ELSEWHERE = re.compile(r"[a-z]+:")
# what may stand before a program in a shell
_BEFORE = r"(?:\$ )?(?:sudo -u \S+ )?(?:[A-Z_]+=\S+ )*(?:\S+/)?"
_PROMPT = re.compile(r"^\w+[=-]([>#]) ", re.MULTILINE)


@dataclass(frozen=True)
class Transcript:
    """A statement in psql, and the lines that it answered with."""

    by_superuser: bool
    statement: str
    answer: list[str]

    @property
    def columns(self) -> list[str]:
        """As they stand above the rows."""
        return _cells(self.answer[0])

    @property
    def rows(self) -> list[list[str]]:
        """Without the line that counts them."""
        return [_cells(line) for line in self.answer[2:] if not line.startswith("(")]


@dataclass(frozen=True)
class Document:
    """One file."""

    path: Path

    def __str__(self) -> str:
        return self.path.relative_to(CHECKOUT).as_posix()

    @property
    def text(self) -> str:
        """All of it."""
        return self.path.read_text()

    @property
    def prose(self) -> str:
        """What does not stand between fences."""
        return _BLOCK.sub("", self.text)

    @property
    def anchors(self) -> list[str]:
        """Of its headings, as they come."""
        return [anchor(title) for title in re.findall(r"^#+ (.*)", self.prose, re.MULTILINE)]

    @property
    def dead_links(self) -> list[str]:
        """Links and images that stay here, and whose file, or heading in it, is not there."""
        links = _LINK.findall(_CODE.sub("code", self.prose))
        return [link for link in links if not (_ELSEWHERE.match(link) or self._leads(link))]

    def _leads(self, link: str) -> bool:
        name, _, heading = link.partition("#")
        target = self.path.parent / name if name else self.path
        return target.exists() and (not heading or heading in Document(target).anchors)

    def blocks(self, *languages: str) -> list[str]:
        """What stands between fences of these languages, without the indent of a list."""
        return [
            textwrap.dedent(inside)
            for language, inside in _BLOCK.findall(self.text)
            if language in languages
        ]

    def steps(self, program: str) -> list[list[str]]:
        """The arguments of each call of a program between fences, as they come."""
        lines = [block.replace("\\\n", " ").splitlines() for block in self.blocks(*_SHELL)]
        return _calls(program, [line for block in lines for line in block])

    def calls(self, program: str) -> list[list[str]]:
        """Those, and what sentences have in code; three dots stand for what is the reader's."""
        code = (" ".join(words.split()) for words in _CODE.findall(self.prose))
        return self.steps(program) + _calls(program, code)

    @property
    def transcripts(self) -> list[Transcript]:
        """Blocks that begin with psql's prompt."""
        blocks = self.blocks("")
        return [_transcript(block, found[1]) for block in blocks if (found := _PROMPT.match(block))]

    def named_in_table(self, heading: str) -> list[str]:
        """Code in the first column of the table under a heading."""
        section = self.prose.partition(f"# {heading}\n")[2].partition("\n#")[0]
        cells = re.findall(r"^\| ([^|]*)", section, re.MULTILINE)
        return [code for cell in cells for code in _CODE.findall(cell)]


GUIDE = Document(CHECKOUT / "docs" / "operations.md")


def documents() -> list[Document]:
    """All that somebody has written; whatever is fetched or made is in folders with a dot."""
    paths = [*CHECKOUT.glob("*.md"), *CHECKOUT.glob("[!.]*/**/*.md")]
    return [Document(path) for path in sorted(paths)]


def _calls(program: str, lines: Iterable[str]) -> list[list[str]]:
    called = re.compile(rf"{_BEFORE}{program}(?: (.*))?")
    found = [match[1] or "" for line in lines if (match := called.fullmatch(line.strip()))]
    words = [shlex.split(arguments, comments=True) for arguments in found]
    return [[word for word in one if word not in ("…", "...")] for one in words]


def _transcript(block: str, prompt: str) -> Transcript:
    lines = block.splitlines()
    typed = [line for line in lines if _PROMPT.match(line)]
    statement = _PROMPT.sub("", "\n".join(typed))
    return Transcript(prompt == "#", statement, lines[len(typed) :])


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.split("|")]
