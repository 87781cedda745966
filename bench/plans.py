"""The plans of the statements that matter, as the server ran them, and what is amiss in them.

Those that read raw stand inside functions of the product: auto_explain tells them to the session.
"""

from __future__ import annotations

import re
from datetime import timedelta

from bench.clock import Session
from bench.contenders import REFRESH
from bench.results import Results
from bench.sites import Readings
from bench.sql import midnight
from plant import RAW_TABLE

FOLD = "the refresh's look at raw, after a batch of today"
LATE = "the refresh's look at raw, after one late reading"
DRILL_DOWN = "ahu.readings: three days of one AHU"

LONGEST_LINE = 150

_TELL = """
    load 'auto_explain';
    set auto_explain.log_min_duration = 0;
    set auto_explain.log_analyze = on;
    set auto_explain.log_buffers = on;
    set auto_explain.log_nested_statements = on
"""
_SILENCE = "set auto_explain.log_min_duration = -1"
_SEQUENTIAL = re.compile(
    r"Seq Scan on (?:\w+\.)?(?P<table>energy_readings|_hyper\w+|\w+_rollup)\b"
    r".*?actual time=\S+ rows=(?P<kept>[\d.]+).*?(?=->|\Z)",
    re.DOTALL,
)
_REMOVED = re.compile(r"Rows Removed by Filter: (\d+)")


def explain_reads(
    server: str, session: Session, readings: Readings, number: int, results: Results
) -> None:
    """What reads raw, on a plant whose views are fresh. number: of changes it has not had yet."""
    plans = results.plans.setdefault(server, {})
    session.execute(_TELL)
    for title, change in ((FOLD, readings.batch(number)), (LATE, readings.late(number))):
        session.execute(change.statement)
        plans[title] = _of_raw(session.messages(REFRESH))
    days = (readings.today - timedelta(days=2), readings.today + timedelta(days=1))
    from_time, until_time = map(midnight, days)
    session.plan_as("ahu_read")
    drill_down = f"select * from ahu.readings({from_time}, {until_time}, array['AHU01'])"
    plans[DRILL_DOWN] = _of_raw(session.messages(drill_down))
    session.execute(_SILENCE)


def explain(server: str, session: Session, title: str, query: str, results: Results) -> None:
    """One that a client sends."""
    rows = session.rows(f"explain (analyze, buffers) {query}")
    results.plans.setdefault(server, {})[title] = _shown([line for (line,) in rows])


def sequential_scans(plan: str) -> list[str]:
    """Tables that are read from end to end for less than half of their rows.

    For more an index would not serve: a chart of all months wants the whole table.
    """
    found = set()
    for scan in _SEQUENTIAL.finditer(plan):
        removed = sum(map(int, _REMOVED.findall(scan[0])))
        if removed > float(scan["kept"]):
            found.add(scan["table"])
    return sorted(found)


def _of_raw(messages: list[str]) -> str:
    """The plan of the statement that reads raw, the longest of those told."""
    reading = [
        said
        for said in messages
        if said.startswith("duration: ") and f"from {RAW_TABLE}" in _plain(said)
    ]
    told = max(reading, key=lambda said: float(said.split()[1])).splitlines()
    first = next(at for at, line in enumerate(told) if "(cost=" in line)
    return _shown(told[first:])


def _plain(text: str) -> str:
    return " ".join(text.replace('"', "").split()).lower()


def _shown(lines: list[str]) -> str:
    """Lists of AHUs are long."""
    return "\n".join(
        line if len(line) <= LONGEST_LINE else line[: LONGEST_LINE - 2] + " …" for line in lines
    )
