"""Where the licence has a columnstore, the suite's readings are in it."""

from __future__ import annotations

import pytest

import plant
from servers.catalogue import chosen_server


@pytest.fixture(autouse=True)
def readings_in_the_columnstore(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is changed in hypertables is then changed in compressed chunks."""
    monkeypatch.setattr(plant, "in_columnstore", chosen_server().timescaledb == "community")
