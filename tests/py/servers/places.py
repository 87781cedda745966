"""Where fetched things and servers' data live, and what is raised where something is missing."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[3]
CACHE = CHECKOUT / ".cache"

MEMORY = Path("/dev/shm")
ROOM_BYTES = 4 << 30
"""What must be free there: a run of one suite fills a tenth of it."""


class MissingError(Exception):
    """Something that tests need is not on this machine; its text says how to get it.

    Raised anywhere in a test, it skips the test: see tests/conftest.py.
    """


def work_in_memory() -> None:
    """From now on, temporary folders are in memory, our children's too, where Linux has room there.

    ext4 does not give a deleted file's number away for a minute and steps over such numbers one by
    one: after the databases that tests drop, CREATE DATABASE took ten times as long there. What
    pytest keeps for whoever looks at a failure stays on disk. TMPDIR, where it is set, is obeyed.
    """
    if "TMPDIR" in os.environ or not os.access(MEMORY, os.W_OK | os.X_OK):
        return
    if min(shutil.disk_usage(MEMORY).free, _available_bytes()) < ROOM_BYTES:
        return
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", tempfile.gettempdir())
    os.environ["TMPDIR"] = tempfile.tempdir = str(MEMORY)


def _available_bytes() -> int:
    """Memory that the machine could give to us."""
    lines = Path("/proc/meminfo").read_text().splitlines()
    known = dict(line.split(":") for line in lines)
    return int(known["MemAvailable"].split()[0]) * 1024
