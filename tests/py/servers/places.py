"""Where fetched things live, and what is raised where one is missing."""

from __future__ import annotations

from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[3]
CACHE = CHECKOUT / ".cache"


class MissingError(Exception):
    """Something that tests need is not on this machine; its text says how to get it.

    Raised anywhere in a test, it skips the test: see tests/conftest.py.
    """
