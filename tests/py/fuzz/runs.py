"""How many programs a run has, which seed they come from, and how hypothesis is told."""

from __future__ import annotations

import os
import random
import tempfile
import zlib
from dataclasses import dataclass

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.configuration import set_hypothesis_home_dir
from hypothesis.stateful import run_state_machine_as_test

from fuzz.machine import Programs, RetainedPrograms, SilentPrograms
from fuzz.sites import Site
from fuzz.tables import KINDS
from fuzz.zones import CHANGES
from servers.catalogue import chosen_server

PROGRAMS = "AHU_FUZZ_PROGRAMS"
"""A variable: how many programs in all."""
SEED = "AHU_FUZZ_SEED"
"""A variable: the number that all programs of a run follow from; else each run has its own."""
STEPS = 12
"""Of each program, beside its begin and its end."""

_DEFAULTS = {"pg18": 1350, "ts17": 650}
_FEW = 300
# hypothesis begins with the simplest of all programs: a run of few would be made of those
_ENOUGH = 40

MACHINES: dict[str, type[Programs]] = {
    "tracked": Programs,
    "retained": RetainedPrograms,
    "silent": SilentPrograms,
}


@dataclass(frozen=True)
class Run:
    """Programs of one sort on one kind of raw table in one zone."""

    kind: str
    zone: str
    machine: str
    programs: int

    def __str__(self) -> str:
        return f"{self.kind}-{self.zone.replace('/', '.')}-{self.machine}"


def programs() -> int:
    """How many there are to be."""
    return int(os.environ.get(PROGRAMS) or _DEFAULTS.get(chosen_server().name, _FEW))


def base_seed() -> int:
    """The same for a whole run."""
    return int(os.environ.setdefault(SEED, str(random.randrange(10**9))))


def runs() -> list[Run]:
    """All that this server can do: few programs, and each kind has each zone once, else twice."""
    has_timescaledb = chosen_server().has_timescaledb
    kinds = [name for name, kind in KINDS.items() if kind.is_hypertable == has_timescaledb]
    names = [
        (kind, zone, machine)
        for place, kind in enumerate(kinds)
        for number, zone in enumerate(CHANGES)
        for turn, machine in enumerate(MACHINES)
        if (place + number + turn) % 2 or programs() >= _ENOUGH * 2 * len(kinds) * len(CHANGES)
    ]
    share, more = divmod(programs(), len(names))
    return [Run(*name, share + (number < more)) for number, name in enumerate(names)]


def run(site: Site, one: Run) -> None:
    """Runs its programs; fails with the smallest that fails, as SQL."""
    machine = MACHINES[one.machine]
    machine = seed(_seed_of(one))(type(machine.__name__, (machine,), {"site": site}))
    with tempfile.TemporaryDirectory() as folder:
        set_hypothesis_home_dir(folder)  # it would make one in the working folder
        try:
            run_state_machine_as_test(machine, settings=_settings(one.programs))
        except Exception as error:
            error.add_note(f"again: {SEED}={base_seed()} {PROGRAMS}={programs()}")
            raise


def _settings(number: int) -> settings:
    return settings(
        max_examples=max(number, 1),
        stateful_step_count=STEPS,
        deadline=None,
        database=None,
        print_blob=False,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate, Phase.shrink),
    )


def _seed_of(one: Run) -> int:
    return zlib.crc32(f"{base_seed()} {one}".encode())
