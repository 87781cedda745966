"""A spec for isolationtester, and what is expected of each of its permutations.

The grammar is isolationtester's own. Where a step must wait, fail or say something, and where
something is left at the end, comments of the permutation say so, in its line or indented below:

    permutation w_inserts r_refreshes w_commits  # r_refreshes waits; then pending

    STEP waits           it waits for another session before it is done
    STEP may wait        it waits, or not: for an installer, which gives way and tries again
    STEP fails: TEXT     it ends with an error that has this text
    STEP says: TEXT      its answer has this text
    then pending         at the end the views differ from raw, and the log names each such key
    then pending more    the same, but the log names other keys too
    then quarantined     at the end keys are in quarantine, and they alone differ from raw
    then pending and quarantined   some are, and others wait for a refresh
    finally quarantined  only one more refresh finds that keys are to be quarantined
    then stale           at the end the strategy is native, and the views are behind raw
    then uninstalled     at the end nothing of ahu-sql is there

A step that is not named neither waits nor fails; where no end is named, the views equal raw and
nothing is pending. A spec without permutations stands for every interleaving that keeps the order
of each session's steps, as in isolationtester, and each may end fresh or pending.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

FRESH, EITHER = "fresh", "fresh or pending"
ENDS = ("pending", "pending more", "quarantined", "pending and quarantined", "stale", "uninstalled")

_SESSION = re.compile(r"^(?=session )", re.MULTILINE)
_STEP = re.compile(r"^step (\w+)", re.MULTILINE)
_NAME = re.compile(r"\w+")
_PERMUTATION = re.compile(r"^permutation (.*(?:\n[ ]+.*)*)", re.MULTILINE)
_WAITS = re.compile(r"(\w+) (may wait|waits)")
_TELLS = re.compile(r"(\w+) (fails|says): (.+)")


@dataclass(frozen=True)
class Expectation:
    """What one permutation must do beside losing nothing."""

    waits: frozenset[str] = frozenset()
    may_wait: frozenset[str] = frozenset()
    fails: dict[str, str] = field(default_factory=dict)
    says: dict[str, str] = field(default_factory=dict)
    end: str = FRESH
    finally_: str = FRESH
    """The same after one more refresh."""


@dataclass(frozen=True)
class Permutation:
    """One order of the steps. number: its place in the spec, from 1."""

    spec: Spec
    number: int
    steps: str
    expected: Expectation

    def __str__(self) -> str:
        """For a test's id."""
        return f"{self.spec.path.stem}-{self.number}"

    @property
    def script(self) -> str:
        """What isolationtester reads: this permutation alone, and the sessions that it needs."""
        names = set(_NAME.findall(self.steps))
        sessions = [text for steps, text in self.spec.sessions if names & set(steps)]
        return "\n".join([self.spec.head, *sessions, f"permutation {self.steps}", ""])


@dataclass(frozen=True)
class Spec:
    """One scenario: a file."""

    path: Path

    @cached_property
    def text(self) -> str:
        """All of the file."""
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def head(self) -> str:
        """What stands before the first session: setup and teardown."""
        return _SESSION.split(self.text)[0]

    @cached_property
    def sessions(self) -> list[tuple[list[str], str]]:
        """Each session: the names of its steps, and its text."""
        parts = _SESSION.split(_PERMUTATION.sub("", self.text))[1:]
        return [(_STEP.findall(part), part) for part in parts]

    @property
    def permutations(self) -> list[Permutation]:
        """Those that the file lists; all there are where it lists none."""
        listed = [_permutation(text) for text in _PERMUTATION.findall(self.text)]
        if not listed:
            either = Expectation(end=EITHER)
            sessions = [steps for steps, _ in self.sessions]
            listed = [(" ".join(steps), either) for steps in _interleavings(sessions)]
        return [
            Permutation(self, number, steps, expected)
            for number, (steps, expected) in enumerate(listed, start=1)
        ]


def read_specs(folder: Path) -> list[Spec]:
    """All specs of a folder, by name."""
    return [Spec(path) for path in sorted(folder.glob("*.spec"))]


def _interleavings(sessions: Sequence[Sequence[str]]) -> Iterator[list[str]]:
    """Every order of all steps in which each session's own keep theirs."""
    if not any(sessions):
        yield []
    for number, steps in enumerate(sessions):
        if steps:
            others = [*sessions[:number], steps[1:], *sessions[number + 1 :]]
            yield from ([steps[0], *rest] for rest in _interleavings(others))


def _permutation(text: str) -> tuple[str, Expectation]:
    """Its steps, and what its comments expect."""
    lines = [line.partition("#") for line in text.splitlines()]
    steps = " ".join(steps.strip() for steps, _, _ in lines)
    return steps.strip(), _expectation(";".join(comment for _, _, comment in lines))


def _expectation(comment: str) -> Expectation:
    waiting: dict[str, set[str]] = {"waits": set(), "may wait": set()}
    telling: dict[str, dict[str, str]] = {"fails": {}, "says": {}}
    end = finally_ = FRESH
    for clause in filter(None, (part.strip() for part in comment.split(";"))):
        if found := _WAITS.fullmatch(clause):
            waiting[found[2]].add(found[1])
        elif found := _TELLS.fullmatch(clause):
            telling[found[2]][found[1]] = found[3]
        elif clause.startswith("then ") and clause.removeprefix("then ") in ENDS:
            end = clause.removeprefix("then ")
        elif clause == "finally quarantined":
            finally_ = "quarantined"
        else:
            raise ValueError(f'nothing is expected by "{clause}"')
    return Expectation(
        waits=frozenset(waiting["waits"]),
        may_wait=frozenset(waiting["may wait"]),
        fails=telling["fails"],
        says=telling["says"],
        end=end,
        finally_="quarantined" if "quarantined" in end else finally_,
    )
