"""From the ETL's statement until the answers are right: ahu-sql and its refresh, and pg_ivm, which
needs none since each statement brings the views up to date by itself.

Two raw tables in one database, filled alike: the one is tracked, the other has the views over it.
"""

from __future__ import annotations

from ahu_sql.console import say
from bench.answers import assert_same_rows
from bench.clock import Session, timed
from bench.contenders import MAINTAINED, OURS, REFRESH
from bench.results import Key, Results
from bench.servers_measured import WITH_PG_IVM
from bench.sites import Change, Readings, build
from bench.sizes import Size
from bench.sql import VIEWS, maintained_views
from bench.turns import in_turn
from databases import fresh_database
from plant import RAW_TABLE
from servers.running import RunningServer

SCENARIO = "maintained"
BATCH, LATE = "batch", "late reading"
ALONE = {
    BATCH: "the ETL's statement alone, a batch",
    LATE: "the ETL's statement alone, a late reading",
}

TABLE = "bench.maintained"


def measure(server: str, running: RunningServer, size: Size, results: Results) -> None:
    """Batches and late readings."""
    readings = Readings(size.ahus, size.histories[1])
    say(f"{server}: views that pg_ivm maintains over {readings.count:,} readings")
    with fresh_database(running) as database:
        build(database, readings)
        with timed(database) as session:
            _prepare(session)
            for number in range(size.rounds + 1):
                changes = {LATE: readings.late(number), BATCH: readings.batch(number)}
                for case, change in changes.items():
                    _measure(session, case, change, number, readings.count, results)
            results.agreed[f"{server} {SCENARIO}"] = sum(
                assert_same_rows(
                    {
                        OURS: (session, f"select {', '.join(columns)} from ahu.{view}"),
                        MAINTAINED: (session, f"select {', '.join(columns)} from bench.{view}"),
                    }
                )
                for view, columns in VIEWS.items()
            )


def _prepare(session: Session) -> None:
    session.execute(
        "create extension pg_ivm; "
        f"create table {TABLE} (like {RAW_TABLE} including all); "
        f"insert into {TABLE} select * from {RAW_TABLE} order by timestamp"
    )
    for name, query in maintained_views(TABLE).items():
        session.rows("select pgivm.create_immv(%s, %s)", [f"bench.{name}", query])
    session.execute("vacuum analyze")


def _measure(
    session: Session, case: str, change: Change, number: int, readings: int, results: Results
) -> None:
    alone: dict[str, float] = {}

    def ours() -> float:
        alone[OURS] = session.ms(change.statement)
        return alone[OURS] + session.ms(REFRESH)

    def maintained() -> float:
        alone[MAINTAINED] = session.ms(change.statement_on(TABLE))
        return alone[MAINTAINED]

    for name, ms in in_turn({OURS: ours, MAINTAINED: maintained}, number):
        if number:
            results.add(Key(WITH_PG_IVM, SCENARIO, case, readings, name), ms)
            results.add(Key(WITH_PG_IVM, SCENARIO, ALONE[case], readings, name), alone[name])
