"""What change tracking costs the ETL: the same statements into tables that are tracked and not.

Large statements take their readings from a table (the cheapest insert there is, so that tracking
shows most) or, as COPY, from a file; small ones bring them along as an ETL does, and are committed
one by one. All tables are alike but for who tracks them, and grow alike; one has a trigger that is
shown the statement's readings, as ours is, and does nothing: the least that a trigger costs. Ours
is refreshed now and then, untimed, as at a site.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial

from ahu_sql.console import say
from bench.answers import assert_same_rows
from bench.clock import Session, timed
from bench.contenders import AGGREGATES, OURS, REFRESH
from bench.results import Key, Results
from bench.sites import FIRST_DAY, MINUTES, OTHERS, Readings, build, has_aggregates
from bench.sizes import Size
from bench.sql import create_aggregates, midnight
from bench.turns import in_turn
from databases import Database, fresh_database
from plant import RAW_TABLE
from servers.running import RunningServer

SCENARIO = "tracking"
UNTRACKED = "no tracking"
WATCHED = "a trigger that does nothing"
LARGE = "INSERT"
COPIED = "COPY"
SMALL = "committed INSERT"
SMALL_UNSYNCED = "committed INSERT, not waiting for the disk"
SMALL_KEYS = "committed INSERT, keys alone logged"

HISTORY_DAYS = 7
STAGED = "bench.staged"
# far behind the large statements' readings, and at the beginning of a chunk
SMALL_FROM = datetime(2034, 1, 5, tzinfo=UTC)
FUTURE = date(2037, 1, 1)


_WATCH = """
    create function bench.look_away() returns trigger language plpgsql as $$
    begin
        return null;
    end $$;
    create trigger watch after insert on bench.watched
    referencing new table as new_rows for each statement execute function bench.look_away()
"""


@dataclass(frozen=True)
class Table:
    """One that the ETL writes to."""

    contender: str
    name: str

    @property
    def target(self) -> str:
        """With the columns that statements bring."""
        return f"{self.name} (timestamp, {OTHERS})"


def measure(server: str, running: RunningServer, size: Size, results: Results) -> None:
    """Large statements, then small ones; contenders in turn, one statement each."""
    say(f"{server}: what tracking costs")
    with fresh_database(running) as database:
        build(database, Readings(size.ahus, HISTORY_DAYS))
        with timed(database) as session:
            tables = _tables(server, database, session)
            _stage(session, size)
            session.plan_as("ahu_write")
            _large(server, session, tables, size, results)
        for which, case in enumerate((SMALL, SMALL_UNSYNCED, SMALL_KEYS)):
            database.execute(f"update ahu.settings set add_inserted = {case != SMALL_KEYS}")
            with timed(database, waits_for_disk=case != SMALL_UNSYNCED) as session:
                session.plan_as("ahu_write")
                first = SMALL_FROM + which * timedelta(days=365)
                _small(server, session, tables, size, results, case, first)
        with timed(database) as session:
            assert_same_rows({t.contender: (session, f"select * from {t.name}") for t in tables})


def _tables(server: str, database: Database, session: Session) -> list[Table]:
    tables = [
        Table(UNTRACKED, "bench.untracked"),
        Table(WATCHED, "bench.watched"),
        Table(OURS, RAW_TABLE),
    ]
    if has_aggregates(server):
        tables.append(Table(AGGREGATES, "bench.aggregated"))
    for table in tables:
        if table.name == RAW_TABLE:
            continue
        session.execute(f"create table {table.name} (like {RAW_TABLE} including all)")
        if database.has_timescaledb:
            session.execute(
                f"select create_hypertable('{table.name}', 'timestamp', "
                "chunk_time_interval => interval '7 days', create_default_indexes => false)"
            )
        session.execute(f"insert into {table.name} select * from {RAW_TABLE}")
        if table.contender == WATCHED:
            session.execute(_WATCH)
        if table.contender == AGGREGATES:
            for statement in create_aggregates(table.name):
                session.execute(statement)
            # into the future: what is newer than any refresh is not noted, and costs nothing
            until = midnight(FUTURE)
            session.execute(f"call refresh_continuous_aggregate('bench.by_day', null, {until})")
    session.execute("vacuum analyze")
    return tables


def _stage(session: Session, size: Size) -> None:
    """The readings of a large statement, in order of time, on the days before history."""
    slots = size.bulk // size.ahus
    session.execute(
        f"create table {STAGED} as select * from {RAW_TABLE} limit 0; "
        f"insert into {STAGED} (timestamp, {OTHERS}) "
        f"select timestamp '{FIRST_DAY}' at time zone 'UTC' "
        f"+ s.slot * interval '{MINUTES} minutes', {OTHERS} "
        f"from generate_series(0, {slots - 1}) as s (slot) cross join (select * from {RAW_TABLE} "
        f"where timestamp = (select min(timestamp) from {RAW_TABLE})) as r order by 1; "
        f"analyze {STAGED}"
    )


def _large(
    server: str, session: Session, tables: list[Table], size: Size, results: Results
) -> None:
    days = size.bulk // size.ahus * MINUTES // (24 * 60) + 1
    file = f"{session.scalar('show data_directory')}/staged"
    for turn in range(2 * (size.bulk_rounds + 1)):
        number, is_copy = divmod(turn, 2)
        later = f"interval '{24 * (HISTORY_DAYS + 1 + turn * days)} hours'"
        readings = f"select timestamp + {later}, {OTHERS} from {STAGED}"
        if is_copy:
            session.execute(f"copy ({readings}) to '{file}'")
        case = COPIED if is_copy else LARGE
        ways = {
            table.contender: partial(
                session.ms,
                f"copy {table.target} from '{file}'"
                if is_copy
                else f"insert into {table.target} {readings}",
            )
            for table in tables
        }
        for name, ms in in_turn(ways, number):
            if number:
                results.add(Key(server, SCENARIO, case, size.bulk, name), ms)
        session.execute(REFRESH)


def _small(
    server: str,
    session: Session,
    tables: list[Table],
    size: Size,
    results: Results,
    case: str,
    first: datetime,
) -> None:
    values = _values(session)
    for number in range(size.small_statements + 1):
        at = (first + number * timedelta(minutes=MINUTES)).isoformat()
        rows = ", ".join(f"('{at}', {row})" for row in values)
        ways = {
            table.contender: partial(session.ms, f"insert into {table.target} values {rows}")
            for table in tables
        }
        for name, ms in in_turn(ways, number):
            if number:
                results.add(Key(server, SCENARIO, case, size.ahus, name), ms)
        if number % 10 == 0:
            session.execute(REFRESH)


def _values(session: Session) -> list[str]:
    """One reading of each AHU as an ETL spells it, without its time."""
    rows = session.rows(
        f"select {OTHERS} from {STAGED} where timestamp = (select min(timestamp) from {STAGED})"
    )
    return [
        ", ".join(
            "null" if value is None else f"'{value}'" if isinstance(value, str) else str(value)
            for value in row
        )
        for row in rows
    ]
