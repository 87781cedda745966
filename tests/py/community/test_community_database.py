"""What the fixture `community_database` promises: all of TimescaleDB, and a scheduler by hand."""

from __future__ import annotations

from databases import Database


def test_a_job_runs_when_it_is_called(community_database: Database) -> None:
    database = community_database
    assert database.has_timescaledb
    assert database.scalar("show timescaledb.license") == "timescale"
    database.execute(
        """
        create table ran (config jsonb);
        create procedure work(job_id int, config jsonb) language sql
            begin atomic insert into ran values (config); end
        """
    )
    job = database.scalar("select add_job('work', '1 hour', config => '{\"n\": 1}')")
    database.execute(f"call run_job({job})")
    assert database.rows("select config from ran") == [({"n": 1},)]


def test_a_continuous_aggregate_and_the_columnstore(community_database: Database) -> None:
    database = community_database
    database.execute("create table r (at timestamptz not null, unit text, n numeric)")
    database.execute("select create_hypertable('r', by_range('at', interval '7 days'))")
    database.execute(
        "insert into r select t, 'A', 1 from generate_series("
        "'2024-01-01'::timestamptz, '2024-01-29', '1 hour') as t"
    )
    database.execute(
        "create materialized view by_day with (timescaledb.continuous) as"
        " select time_bucket('1 day', at) as day, unit, sum(n) as n from r group by 1, 2"
        " with no data"
    )
    database.execute("call refresh_continuous_aggregate('by_day', null, null)")
    assert database.scalar("select sum(n) from by_day") == database.scalar("select count(*) from r")
    database.execute(
        "alter table r set (timescaledb.enable_columnstore, timescaledb.segmentby = 'unit')"
    )
    chunk = database.scalar("select show_chunks('r')::text limit 1")
    database.execute(f"call convert_to_columnstore('{chunk}')")
    assert database.scalar(
        "select count(*) from timescaledb_information.chunks where is_compressed"
    )
