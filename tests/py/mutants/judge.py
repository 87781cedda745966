"""One who judges mutants: a server and a copy of the checkout of its own."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from mutants.mutant import Mutant
from mutants.pgtap_killer import RUN_AT_INSTALL, PgtapKiller, StillbornError
from mutants.pytest_killer import PytestKiller
from servers.catalogue import SERVERS


@dataclass(frozen=True)
class Verdict:
    """killer: the test that noticed, None where none did."""

    mutant: Mutant
    killer: str | None
    seconds: float
    is_stillborn: bool = False


class Judge:
    """Shows mutants to the tests, the quickest first, until one notices."""

    def __init__(self, pgtap: PgtapKiller, pytest: PytestKiller) -> None:
        self._pgtap = pgtap
        self._pytest = pytest

    def judge(self, mutant: Mutant, quick: bool = False) -> Verdict:
        """What becomes of it. quick: pgTAP alone is asked."""
        started = time.monotonic()
        killer = None
        try:
            if not mutant.path.startswith(RUN_AT_INSTALL):
                killer = self._pgtap.kill(mutant)
        except StillbornError:
            return Verdict(mutant, None, time.monotonic() - started, is_stillborn=True)
        if killer is None and not quick:
            killer = self._pytest.kill(mutant)
        return Verdict(mutant, killer, time.monotonic() - started)


@contextmanager
def judge() -> Iterator[Judge]:
    """One more of them."""
    with TemporaryDirectory(prefix="mutants-") as folder, SERVERS["pg18"].start() as server:
        pgtap = PgtapKiller(server)
        yield Judge(pgtap, PytestKiller(Path(folder)))
        pgtap.close()
