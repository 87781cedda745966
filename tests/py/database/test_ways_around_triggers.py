"""Every way around the triggers: nothing is logged, `verify` finds it, and `--repair` mends it.

Where raw has fewer readings afterwards it takes the operator's word that raw is right: retention
looks the same.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import psycopg
import pytest

from databases import Database, fresh_database
from in_force import ZONE, our_triggers, put_in_force
from plant import RAW_TABLE, plant_readings, raw_table
from refreshing import assert_fresh, pending_entries, refresh
from servers.catalogue import chosen_server
from servers.running import RunningServer
from verifying import Found, verify

BYPASSED, DROPPED, PENDING = "tracking bypassed", "raw dropped", "pending"
DAY, NEXT = "2024-01-08", "2024-01-09"
"""Both in one chunk, which TimescaleDB lets no UPDATE leave."""
AT = f"timestamp = '{DAY} 12:00+09' and ahu_id = 'AHU01'"
NEW = f"(timestamp, ahu_id, sf_cost_krw) values ('{DAY} 12:34+09', 'AHU01', 5)"
REPLICA = "set session_replication_role = replica; "
JANUARY, MAY = f"{RAW_TABLE}_2024_01", f"{RAW_TABLE}_2024_05"


@dataclass(frozen=True)
class Way:
    """do: what goes around, one script or several steps; found: day and reason, of AHU01."""

    do: str | Callable[[Database], None]
    found: tuple[tuple[str, str], ...]


def without_triggers(statement: str) -> Callable[[Database], None]:
    """The statement while our triggers are not there; afterwards somebody puts them back."""

    def do(database: Database) -> None:
        triggers = database.rows(
            "select tgname::text, pg_get_triggerdef(oid) from pg_trigger "
            "where tgname like 'ahu_note_%%' and tgrelid = %s::regclass",
            [RAW_TABLE],
        )
        drops = [f"drop trigger {name} on {RAW_TABLE}" for name, _ in triggers]
        creates = [definition for _, definition in triggers]
        database.execute("; ".join([*drops, statement, *creates]))

    return do


def copy_as_replica(database: Database) -> None:
    with database.connect() as session:
        session.execute("set session_replication_role = replica")
        with session.cursor().copy(f"copy {RAW_TABLE} (timestamp, ahu_id) from stdin") as rows:
            rows.write_row((f"{DAY} 12:34+09", "AHU01"))


def restore(database: Database) -> None:
    """Rows of another database, by pg_dump and pg_restore as one restores data alone."""
    binaries = database.server.binaries
    with fresh_database(database.server) as other:
        raw_table(other, hypertable=False)
        other.execute(f"insert into {RAW_TABLE} {NEW}")
        data_only = ("--data-only", f"--table={RAW_TABLE}", "--format=custom")
        dump = subprocess.run(
            [binaries / "pg_dump", *data_only, f"--dbname={other.dsn}"],
            capture_output=True,
            check=True,
        ).stdout
    subprocess.run(
        [
            *(binaries / "pg_restore", "--data-only", "--disable-triggers", "--exit-on-error"),
            f"--dbname={database.dsn}",
        ],
        input=dump,
        check=True,
    )


def into_chunk(statement: str) -> Callable[[Database], None]:
    """The statement straight on the chunk of DAY, {chunk} in it."""

    def do(database: Database) -> None:
        chunk = database.scalar(f"select distinct tableoid::regclass from {RAW_TABLE} where {AT}")
        database.execute(statement.format(chunk=chunk))

    return do


ONE_MORE, ONE_LESS = ((DAY, BYPASSED),), ((DAY, DROPPED),)
UPDATE = "set hcv_steam_kwh = 777 where " + AT
MOVE = "set timestamp = timestamp + interval '1 day' where " + AT
OFF = f"alter table {RAW_TABLE} disable trigger {{0}}; {{1}}; " + (
    f"alter table {RAW_TABLE} enable trigger {{0}}"
)

ANYWHERE = {
    "replication role, insert": Way(f"{REPLICA} insert into {RAW_TABLE} {NEW}", ONE_MORE),
    "replication role, update": Way(f"{REPLICA} update {RAW_TABLE} {UPDATE}", ONE_MORE),
    "replication role, delete": Way(f"{REPLICA} delete from {RAW_TABLE} where {AT}", ONE_LESS),
    "replication role, COPY": Way(copy_as_replica, ONE_MORE),
    "replication role, to another day": Way(
        f"{REPLICA} update {RAW_TABLE} {MOVE}", ((DAY, DROPPED), (NEXT, BYPASSED))
    ),
    "dropped triggers, insert": Way(without_triggers(f"insert into {RAW_TABLE} {NEW}"), ONE_MORE),
    "dropped triggers, update": Way(without_triggers(f"update {RAW_TABLE} {UPDATE}"), ONE_MORE),
    "dropped triggers, delete": Way(
        without_triggers(f"delete from {RAW_TABLE} where {AT}"), ONE_LESS
    ),
}
ON_ORDINARY_TABLES = {
    "disabled trigger, insert": Way(
        OFF.format("ahu_note_inserted", f"insert into {RAW_TABLE} {NEW}"), ONE_MORE
    ),
    "disabled triggers, update": Way(OFF.format("user", f"update {RAW_TABLE} {UPDATE}"), ONE_MORE),
    "pg_restore": Way(restore, ONE_MORE),
    "another type": Way(
        f"alter table {RAW_TABLE} alter sf_cost_krw type numeric "
        f"using case when {AT} then 777 else sf_cost_krw end",
        ONE_MORE,
    ),
}
ON_PARTITIONS = {
    "insert into a partition": Way(f"insert into {JANUARY} {NEW}", ONE_MORE),
    "update of a partition": Way(f"update {JANUARY} {UPDATE}", ONE_MORE),
    "delete from a partition": Way(f"delete from {JANUARY} where {AT}", ONE_LESS),
    # The row triggers for what leaves its key are each partition's own.
    "to another day in a partition": Way(
        f"update {JANUARY} {MOVE}", ((DAY, PENDING), (NEXT, PENDING))
    ),
    "COPY into a partition": Way(
        f"copy {JANUARY} (timestamp, ahu_id) from program 'echo \"{DAY} 12:34+09,AHU01\"' csv",
        ONE_MORE,
    ),
    "attach of a filled partition": Way(
        f"create table {MAY} (like {RAW_TABLE}); insert into {MAY} (timestamp, ahu_id) "
        f"values ('2024-05-02 12:00+09', 'AHU01'); alter table {RAW_TABLE} attach partition {MAY} "
        "for values from ('2024-05-01 00:00+00') to ('2024-06-01 00:00+00')",
        (("2024-05-02", BYPASSED),),
    ),
    "detach of a partition": Way(
        f"alter table {RAW_TABLE} detach partition {MAY}", (("2024-05-02", DROPPED),)
    ),
    "truncate of a partition": Way(
        f"insert into {RAW_TABLE} (timestamp, ahu_id) values ('2024-03-09 12:00+09', 'AHU01'); "
        f"call ahu.refresh_dashboard_views(); truncate {RAW_TABLE}_2024_03",
        (("2024-03-09", DROPPED),),
    ),
}
ON_CHUNKS = {
    "insert into a chunk": Way(into_chunk(f"insert into {{chunk}} {NEW}"), ONE_MORE),
    "update of a chunk": Way(into_chunk(f"update {{chunk}} {UPDATE}"), ONE_MORE),
    # The row trigger for deletions is each chunk's own.
    "delete from a chunk": Way(into_chunk(f"delete from {{chunk}} where {AT}"), ((DAY, PENDING),)),
    "truncate of a chunk": Way(
        f"insert into {RAW_TABLE} (timestamp, ahu_id) values ('2024-03-09 12:00+09', 'AHU01'); "
        "call ahu.refresh_dashboard_views(); "
        "do $$ begin execute format('truncate %s', (select tableoid::regclass "
        f"from {RAW_TABLE} where timestamp = '2024-03-09 12:00+09')); end $$",
        (("2024-03-09", DROPPED),),
    ),
}
WAYS = ANYWHERE | ON_ORDINARY_TABLES | ON_PARTITIONS | ON_CHUNKS
HYPERTABLES = chosen_server().has_timescaledb
CASES = [
    *(("plain", way) for way in ANYWHERE | (ON_CHUNKS if HYPERTABLES else ON_ORDINARY_TABLES)),
    *(("partitioned", way) for way in (ON_PARTITIONS if not HYPERTABLES else ())),
]


@pytest.fixture(scope="module")
def site(server: RunningServer, request: pytest.FixtureRequest) -> Iterator[Database]:
    """An installed site with a raw table of this kind, for all ways: each leaves it exact."""
    with fresh_database(server) as database:
        raw_table(database, request.param, months=4)
        plant_readings(database, ahus=2, days=14, minutes=240)
        put_in_force(database)
        yield database


@pytest.fixture
def ready(site: Database) -> Database:
    """The reading is there that the ways are about, and nothing is pending."""
    site.execute(f"delete from {RAW_TABLE} where {AT}")
    site.execute(
        f"insert into {RAW_TABLE} (timestamp, ahu_id, hcv_steam_kwh, sf_cost_krw) "
        f"values ('{DAY} 12:00+09', 'AHU01', 1, 2)"
    )
    refresh(site)
    return site


def as_found(found: tuple[tuple[str, str], ...]) -> list[Found]:
    return [("D", day, "AHU01", reason) for day, reason in found]


@pytest.mark.skipif(not HYPERTABLES, reason="there are no hypertables")
@pytest.mark.parametrize("site", ["plain"], indirect=True)
@pytest.mark.parametrize("name", [name for name in ON_ORDINARY_TABLES if "disabled" in name])
def test_a_hypertable_has_no_disabled_triggers(ready: Database, name: str) -> None:
    with pytest.raises(psycopg.errors.FeatureNotSupported, match="disabling triggers"):
        do(ready, WAYS[name])


# The scope has to be said where only one of the two is a fixture: else there is a site for each.
@pytest.mark.parametrize(("site", "name"), CASES, indirect=["site"], scope="module")
def test_verify_finds_it_and_repair_mends_it(ready: Database, name: str) -> None:
    site, way = ready, WAYS[name]
    triggers = our_triggers(site)

    do(site, way)

    assert our_triggers(site) == triggers
    is_tracked = {reason for _, reason in way.found} == {PENDING}
    assert (pending_entries(site) > 0) is is_tracked
    found = verify(site)
    assert (found.exit_code, found.found) == (1, as_found(way.found))
    dropped = [each for each in way.found if each[1] == DROPPED]
    repaired = verify(site, "--repair")
    if dropped:
        assert repaired.exit_code == 1
        assert (repaired.remaining or repaired.found) == as_found(tuple(dropped))
        assert pending_entries(site) == 0
        repaired = verify(site, "--repair", "--trust-raw")
    assert (repaired.exit_code, repaired.counts) == (0, {})
    assert_fresh(site, ZONE)
    assert refresh(site).outcome == "nothing pending"


def do(site: Database, way: Way) -> None:
    if isinstance(way.do, str):
        site.execute(way.do)
    else:
        way.do(site)
