"""One small fault in one file of our SQL."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Mutant:
    """path: below `sql/`, as on disk. start, end: what is replaced. kind: the operator's name."""

    path: str
    line: int
    start: int
    end: int
    replacement: str
    kind: str
    was: str

    def apply(self, text: str) -> str:
        """The file with the fault."""
        return text[: self.start] + self.replacement + text[self.end :]

    def __str__(self) -> str:
        was, now = (" ".join(part.split()) for part in (self.was, self.replacement))
        place = f"sql/{self.path}:{self.line}"
        return f"{place}: {self.kind}: {_short(was) or '…'} -> {_short(now) or '(nothing)'}"


def _short(text: str, width: int = 70) -> str:
    return text if len(text) <= width else f"{text[: width - 1]}…"
