"""What dashboards ask: of our views, of a bare table that holds just the answer, and of raw.

Rollups reach further back here than raw readings do: the days before are put into them as SQL. The
question to raw is then answered from what raw has, which is less, and does raw a favour. Days are
asked twice: as a backfill has laid them, and as they lie where they came in one by one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from ahu_sql.console import say
from bench.answers import assert_same_rows
from bench.clock import Session, timed
from bench.contenders import OURS
from bench.plans import explain
from bench.results import Key, Results
from bench.servers_measured import MEASURED
from bench.sites import FIRST_DAY, Readings, build
from bench.sizes import Size
from bench.sql import (
    VIEWS,
    costs_of_days,
    costs_of_months,
    day_by_day,
    lengthen,
    midnight,
)
from bench.turns import in_turn
from databases import fresh_database
from servers.running import RunningServer

SCENARIO = "dashboard"
ANSWER, RAW = "a table of the answer", "raw readings"
AHU = "AHU01"
QUICK = 10  # times the rounds: a question takes about a ms

MONTH_OF_ALL = "30 days of all AHUs"
YEARS_OF_ONE = "5 years of one AHU"
MONTHS_OF_ALL = "60 months of all AHUs"
QUESTIONS = (MONTH_OF_ALL, YEARS_OF_ONE, MONTHS_OF_ALL)
GROWN = ", grown day by day"
ASKED = (
    MONTH_OF_ALL,
    MONTH_OF_ALL + GROWN,
    YEARS_OF_ONE,
    YEARS_OF_ONE + GROWN,
    MONTHS_OF_ALL,
)


@dataclass(frozen=True)
class Question:
    """One of a dashboard. raw: the same asked of raw; index: what the answer's table has as we do,
    beside its key."""

    name: str
    view: str
    where: str
    raw: str
    index: str = ""

    @property
    def unit(self) -> str:
        """Day or month."""
        return VIEWS[self.view][0]

    @property
    def of_view(self) -> str:
        """Asked of ours."""
        return self._of(f"ahu.{self.view}")

    def of_table(self, table: str) -> str:
        """Asked of a table like our view."""
        return self._of(table)

    @property
    def of_raw(self) -> str:
        """Asked of raw."""
        return f"{self.raw} order by {self.unit}, ahu_id"

    def _of(self, relation: str) -> str:
        columns = ", ".join(VIEWS[self.view])
        return f"select {columns} from {relation} where {self.where} order by {self.unit}, ahu_id"


def questions(readings: Readings, old: int) -> tuple[Question, ...]:
    """Those that the targets name. old: how many days the rollups reach back."""
    month_ago = readings.today - timedelta(days=29)
    years_ago = readings.today - timedelta(days=old - 1)
    first_month = years_ago.replace(day=1)
    return (
        Question(
            MONTH_OF_ALL,
            "mv_daily_ahu_costs",
            f"day >= '{month_ago}' and day <= '{readings.today}'",
            costs_of_days(f"timestamp >= {midnight(month_ago)}"),
        ),
        Question(
            YEARS_OF_ONE,
            "mv_daily_ahu_costs",
            f"ahu_id = '{AHU}' and day >= '{years_ago}'",
            costs_of_days(f"ahu_id = '{AHU}' and timestamp >= {midnight(years_ago)}"),
            index="(ahu_id, day)",
        ),
        Question(
            MONTHS_OF_ALL,
            "mv_monthly_ahu_costs",
            f"month >= '{first_month}'",
            costs_of_months(f"timestamp >= {midnight(first_month)}"),
        ),
    )


def measure(server: str, running: RunningServer, size: Size, results: Results) -> None:
    """All three in turn, of the longest history."""
    if MEASURED[server].one_session:
        return
    readings = Readings(size.ahus, size.histories[-1])
    say(f"{server}: dashboards over {readings.count:,} readings")
    asked = questions(readings, size.old)
    with fresh_database(running) as database:
        build(database, readings)
        with timed(database) as session:
            session.execute(lengthen(readings.today - timedelta(days=size.old - 1), FIRST_DAY))
            answers = {
                question: _answer(session, question, number)
                for number, question in enumerate(asked)
            }
            of_rollups = {
                question.name: {OURS: question.of_view, ANSWER: question.of_table(answer)}
                for question, answer in answers.items()
            }
            of_raw = {question.name: {RAW: question.of_raw} for question in asked}
            grown = {name + GROWN: of_rollups[name] for name in (MONTH_OF_ALL, YEARS_OF_ONE)}

            def ask(queries: Mapping[str, Mapping[str, str]], rounds: int) -> None:
                for name, contender, ms in _ask(session, queries, rounds):
                    results.add(Key(server, SCENARIO, name, readings.count, contender), ms)

            session.plan_as("ahu_read")
            session.execute("vacuum analyze")
            ask(of_rollups, QUICK * size.rounds)
            ask(of_raw, size.slow_rounds)
            for question, answer in answers.items():
                explain(server, session, question.name, question.of_view, results)
                agreed = _agree(session, question, answer)
                results.agreed[f"{server} {SCENARIO} {question.name}"] = agreed
            session.execute(day_by_day())
            session.execute("vacuum analyze")
            ask(grown, QUICK * size.rounds)


def _ask(
    session: Session, queries: Mapping[str, Mapping[str, str]], rounds: int
) -> Iterator[tuple[str, str, float]]:
    """Each question in turn, by name and contender: which one, whose, and ms."""
    for number in range(rounds + 1):
        for name, by_contender in queries.items():
            ways = {who: partial(session.ms, query) for who, query in by_contender.items()}
            for contender, ms in in_turn(ways, number):
                if number:
                    yield name, contender, ms


def _answer(session: Session, question: Question, number: int) -> str:
    """The name of a table with the answer's rows and nothing else."""
    table = f"bench.answer_{number}"
    session.execute(
        f"create table {table} as {question.of_view}; "
        f"alter table {table} add primary key ({question.unit}, ahu_id)"
    )
    if question.index:
        session.execute(f"create index on {table} {question.index}")
    return table


def _agree(session: Session, question: Question, answer: str) -> int:
    """All rows with the table, and with raw those that raw has."""
    in_both = f"as q where {question.unit} >= '{FIRST_DAY}'"
    assert_same_rows(
        {
            OURS: (session, f"select * from ({question.of_view}) {in_both}"),
            RAW: (session, f"select * from ({question.of_raw}) {in_both}"),
        }
    )
    ours, table = question.of_view, question.of_table(answer)
    return assert_same_rows({OURS: (session, ours), ANSWER: (session, table)})
