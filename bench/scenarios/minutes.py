"""Many AHUs with a reading a minute: a refresh after one more of each, beside summing up their day.

The day is long, the batch is short: which of the two does a refresh follow? Two limits are beside
it: the bare upsert that sums up the day again, and the least that anybody could do, who adds the
batch's own numbers to what is stored.
"""

from __future__ import annotations

from functools import partial

from ahu_sql.console import say
from bench.answers import assert_same_answers
from bench.clock import timed
from bench.contenders import Added, Bare, Ours
from bench.results import Key, Results
from bench.servers_measured import MEASURED
from bench.sites import Readings, build
from bench.sizes import Size
from bench.turns import in_turn
from databases import fresh_database
from servers.running import RunningServer

SCENARIO = "minutes"
CASE = "batch of a minute"


def measure(server: str, running: RunningServer, size: Size, results: Results) -> None:
    """One day of readings, a batch each round."""
    if MEASURED[server].one_session:
        return
    readings = Readings(size.minutes, 1, minutes=1)
    say(f"{server}: {readings.ahus:,} AHUs with a reading a minute")
    with fresh_database(running) as database:
        build(database, readings)
        with timed(database) as session:
            contenders = (Ours(session), Bare(session), Added(session))
            for contender in contenders:
                contender.prepare()
            session.execute("vacuum analyze")
            for number in range(size.rounds + 1):
                change = readings.batch(number)
                session.execute(change.statement)
                ways = {one.name: partial(one.refresh, change) for one in contenders}
                for name, ms in in_turn(ways, number):
                    if number:
                        results.add(Key(server, SCENARIO, CASE, readings.count, name), ms)
            results.agreed[f"{server} {SCENARIO}"] = assert_same_answers(contenders)
