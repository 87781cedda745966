"""`python -m mutants`: how many small faults in our SQL the tests notice, and which they do not."""

from __future__ import annotations

import argparse
import os
import queue
import random
import signal
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack

from ahu_sql.table import format_table
from mutants.judge import Judge, Verdict, judge
from mutants.mutant import Mutant
from mutants.targets import mutants_of, target_paths
from servers.places import work_in_memory

WANTED_PERCENT = 80.0
TOLD_EVERY = 50


def main() -> int:
    """Exit code 1 where too many survive."""
    options = _options()
    for name in [name for name in os.environ if name.startswith("PG")]:
        del os.environ[name]
    work_in_memory()
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    everyone = [mutant for path in target_paths(options.only) for mutant in mutants_of(path)]
    chosen = everyone
    if options.sample and options.sample < len(everyone):
        chosen = sorted(random.Random(options.seed).sample(everyone, options.sample))
    _say(f"{len(chosen)} of {len(everyone)} mutants, seed {options.seed}")
    verdicts = _judge_all(chosen, options.jobs, options.quick)
    print(_report(verdicts))
    return 0 if _percent(verdicts) >= WANTED_PERCENT else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="mutants", description=__doc__)
    parser.add_argument("--only", default="", help="files whose path below sql/ holds this")
    parser.add_argument("--sample", type=int, help="so many of all mutants, by chance")
    parser.add_argument("--seed", type=int, default=1, help="of that chance; default: 1")
    parser.add_argument("--quick", action="store_true", help="pgTAP alone judges")
    parser.add_argument("--jobs", type=int, default=2, help="so many at a time; default: 2")
    return parser.parse_args()


def _judge_all(mutants: Sequence[Mutant], jobs: int, quick: bool) -> list[Verdict]:
    """Each by a judge who is free. In the order of the mutants."""
    free: queue.Queue[Judge] = queue.Queue()
    started = time.monotonic()

    def by_any(mutant: Mutant) -> Verdict:
        one = free.get()
        try:
            return one.judge(mutant, quick)
        finally:
            free.put(one)

    with ExitStack() as stack:
        for _ in range(jobs):
            free.put(stack.enter_context(judge()))
        _say(f"{jobs} servers ready after {time.monotonic() - started:.0f} s")
        pool = ThreadPoolExecutor(jobs)
        # whoever ends it early waits for those at work, and for no other
        stack.callback(pool.shutdown, cancel_futures=True)
        futures = [pool.submit(by_any, mutant) for mutant in mutants]
        for done, future in enumerate(as_completed(futures), start=1):
            verdict = future.result()
            if not verdict.killer and not verdict.is_stillborn:
                _say(f"survived: {verdict.mutant}")
            if done % TOLD_EVERY == 0:
                _say(f"{done} of {len(mutants)} after {time.monotonic() - started:.0f} s")
    return [future.result() for future in futures]


def _report(verdicts: Iterable[Verdict]) -> str:
    """A table by file, then who survived."""
    by_path: dict[str, list[Verdict]] = defaultdict(list)
    for verdict in verdicts:
        by_path[verdict.mutant.path].append(verdict)
    rows = [_row(f"sql/{path}", some) for path, some in by_path.items()]
    everything = [verdict for some in by_path.values() for verdict in some]
    rows.append(_row("all", everything))
    killers = Counter((v.killer or "").partition("/")[0] for v in everything if v.killer)
    survivors = [v.mutant for v in everything if not v.killer and not v.is_stillborn]
    return "\n".join(
        [
            format_table(["file", "mutants", "killed", "survived", "percent"], rows),
            f"killed by pgTAP: {killers['pgtap']}, by pytest: {killers.total() - killers['pgtap']}",
            f"PostgreSQL refused to create: {sum(v.is_stillborn for v in everything)}",
            *(f"survived: {mutant}" for mutant in survivors),
        ]
    )


def _row(name: str, verdicts: Sequence[Verdict]) -> tuple[object, ...]:
    alive = [verdict for verdict in verdicts if not verdict.is_stillborn]
    killed = sum(verdict.killer is not None for verdict in alive)
    return name, len(alive), killed, len(alive) - killed, f"{_percent(alive):.1f}"


def _percent(verdicts: Iterable[Verdict]) -> float:
    alive = [verdict for verdict in verdicts if not verdict.is_stillborn]
    return 100 * sum(v.killer is not None for v in alive) / max(len(alive), 1)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
