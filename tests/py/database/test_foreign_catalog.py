"""Tables that only look like TimescaleDB's are nobody's word for anything."""

from __future__ import annotations

from databases import Database
from plant import raw_table
from product import ahu_sql

# what anybody with the right to create schemas could leave for a superuser to step on
TRAP = """
    drop extension if exists timescaledb cascade;
    create role mallory;
    create schema _timescaledb_catalog;
    create table public.trapped (who text);
    create function _timescaledb_catalog.spring() returns boolean language plpgsql as $$
    begin
        insert into public.trapped values (current_user);
        return true;
    end $$;
    create view _timescaledb_catalog.hypertable as
    select n.nspname as schema_name, c.relname as table_name
    from pg_class as c join pg_namespace as n on n.oid = c.relnamespace
    where _timescaledb_catalog.spring();
    grant usage on schema _timescaledb_catalog to public;
    grant select on _timescaledb_catalog.hypertable to public
"""


def test_a_view_of_timescaledb_s_name_is_never_read(database: Database) -> None:
    database.execute("drop extension if exists timescaledb cascade")
    raw_table(database, hypertable=False)
    database.execute(TRAP)
    for verb in ("init", "plan", "install", "status", "plan", "refresh"):
        options = ["--stdout"] if verb == "init" else []
        done = ahu_sql(verb, "--dsn", database.dsn, *options)
        assert done.returncode in (0, 1), done.stderr
    database.rows("select * from ahu.freshness")
    assert ahu_sql("uninstall", "--yes", "--dsn", database.dsn).returncode == 0
    assert database.rows("select * from public.trapped") == []
