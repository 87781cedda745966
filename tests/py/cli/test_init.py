"""`ahu-sql init`: what it proposes for a real table, and that it writes nothing but a new file."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from ahu_sql.database import connect
from ahu_sql.errors import AhuSqlError
from ahu_sql.init.new_file import require_new, write_new
from ahu_sql.init.surveyor import survey
from ahu_sql.settings import Pgbouncer, Settings
from ahu_sql.settings_reader import read_settings
from cli.asking import Done, libpq
from cli.refusal import assert_refused, nothing_changes
from databases import Database, fresh_database
from plant import RAW_TABLE, plant_readings, raw_table
from product import ahu_sql
from servers.catalogue import chosen_server
from servers.running import RunningServer

ODD_WIDE = '"b ms"."Meter""Log"'
ODD_LONG = '"L#"."Trend\'s ""log"""'
KINDS = ["plain", "partitioned", *(["hypertable"] if chosen_server().has_timescaledb else [])]
SCRIPT = f"""
    create schema "b ms";
    create table {ODD_WIDE} (
        "Recorded At" timestamptz not null,
        "unitId" integer not null,
        "HCV ""steam"" kWh" numeric,
        "FanKWh" double precision,
        "fan_kwh_real" real,
        "chw.cost\\usd" numeric(12, 2),
        temperature numeric
    );
    create index on {ODD_WIDE} ("Recorded At");
    insert into {ODD_WIDE} values ('2025-01-01 12:00+00', 7, 1, 2, 3, 4, 5);

    create schema "L#";
    create table {ODD_LONG} (
        "TS" timestamptz not null,
        "Device ID" text not null,
        "Tag" text not null,
        "V'al" numeric,
        "UoM" text
    );
    insert into {ODD_LONG}
    select
        '2025-01-01 12:00+00'::timestamptz + reading * interval '6 minutes',
        'D1',
        v.tag,
        reading,
        v.unit
    from generate_series(1, 100) as reading
    cross join lateral (
        values
            ('steam "A"', 'kWh'),
            ('it''s a fan', 'MWh'),
            ('fan', 'USD'),
            ('fan kWh', case when reading % 2 = 0 then 'kWh' else 'GJ' end),
            ('temperature', '°C')
    ) as v (tag, unit);
"""


@pytest.fixture(autouse=True)
def a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="module")
def odd_tables(server: RunningServer) -> Iterator[Database]:
    """A wide and a long table whose names need quoting everywhere."""
    with fresh_database(server) as fresh:
        fresh.execute(SCRIPT)
        yield fresh


def proposed(database: Database, *options: str) -> dict[str, Any]:
    """What `init` prints, read as TOML, and nothing changed by it."""
    with nothing_changes(database):
        done = ahu_sql("init", "--dsn", database.dsn, "--out", "-", *options)
    assert done.returncode == 0, done.stderr
    return tomllib.loads(done.stdout)


def mapped(proposal: dict[str, Any]) -> dict[str, list[str]]:
    return {name: names for name, names in proposal["measures"].items() if names}


def planned(database: Database, *options: str) -> Done:
    """`init` into the default file, then `plan` with it."""
    done = ahu_sql("init", "--dsn", database.dsn, *options)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    return ahu_sql("plan", "--dsn", database.dsn, "--config", "ahu-sql.toml")


def assert_accepted(done: Done) -> None:
    assert "error: " not in done.stderr
    assert done.returncode == 1 and "steps pending" in done.stderr


def defaults(database: Database) -> Settings:
    """Those of the plant, whose server and database are others here."""
    given = conninfo_to_dict(database.dsn)
    pooler = Pgbouncer(
        server_host=str(given["host"]), server_port=int(given["port"] or 0), database=database.name
    )
    return Settings(pgbouncer=pooler)


class TestThePlant:
    @pytest.mark.parametrize("kind", ["plain", "partitioned"])
    def test_its_table_gives_the_defaults(self, database: Database, kind: Any) -> None:
        raw_table(database, kind, months=2)
        assert_accepted(planned(database))
        assert read_settings(None, {}, ()) == defaults(database)

    def test_the_file_says_what_the_table_is(self, database: Database) -> None:
        raw_table(database, "partitioned", months=2)
        plant_readings(database, ahus=2, days=2, minutes=60)
        database.execute("analyze")
        text = ahu_sql("init", "--dsn", database.dsn, "--out", "-").stdout
        assert 'partitioned by RANGE ("timestamp"), 3 partitions, about 96 rows.' in text
        assert "#   ahu-sql doctor --fix\n" in text
        database.execute(f'create index on {RAW_TABLE} ("timestamp")')
        assert "No index" not in ahu_sql("init", "--dsn", database.dsn, "--out", "-").stdout

    def test_its_long_loader_is_read_metric_by_metric(self, database: Database) -> None:
        database.execute(
            f"""
            create schema ahu_data;
            create table {RAW_TABLE} (
                "timestamp" timestamptz, ahu_id text, metric_name text, value numeric, unit text
            );
            insert into {RAW_TABLE}
            select '2025-01-01 12:00+00', 'AHU01', m.name, 1, m.unit
            from (
                values ('ccv_cold_water_kwh', 'kWh'), ('hcv_steam_kwh', 'kWh'),
                    ('ac_sf_electricity_kwh', 'kWh'), ('hcv_steam_cost_krw', 'KRW'),
                    ('outdoor_temperature', '°C')
            ) as m (name, unit);
            """
        )
        assert_accepted(planned(database))
        settings = read_settings(None, {}, ())
        assert settings.source.layout == "long"
        assert {name: names for name, names in settings.measures.items() if names} == {
            "steam_cost": ("hcv_steam_cost_krw",),
            "hcv_kwh": ("hcv_steam_kwh",),
            "ccv_kwh": ("ccv_cold_water_kwh",),
            "electricity_kwh": ("ac_sf_electricity_kwh",),
        }
        assert '# not mapped: "outdoor_temperature"\n' in Path("ahu-sql.toml").read_text("utf-8")

    def test_its_default_table_comes_before_others_alike(self, database: Database) -> None:
        raw_table(database)
        database.execute(f"create table ahu_data.a_staging (like {RAW_TABLE})")
        assert proposed(database)["source"]["table"] == RAW_TABLE


class TestOddNames:
    def test_a_wide_table_is_proposed_and_accepted(self, odd_tables: Database) -> None:
        assert_accepted(planned(odd_tables, "--table", ODD_WIDE))
        settings = read_settings(None, {}, ())
        assert settings.source.table == ODD_WIDE
        assert (settings.source.time_column, settings.source.ahu_column) == (
            "Recorded At",
            "unitId",
        )
        assert settings.measures["hcv_kwh"] == ('HCV "steam" kWh',)
        assert settings.measures["electricity_kwh"] == ("FanKWh",)
        assert settings.measures["cold_water_cost"] == ("chw.cost\\usd",)
        assert '# "fan_kwh_real" is real' in Path("ahu-sql.toml").read_text("utf-8")

    def test_a_long_table_is_proposed_and_accepted(self, odd_tables: Database) -> None:
        assert_accepted(planned(odd_tables, "--table", ODD_LONG))
        settings = read_settings(None, {}, ())
        assert settings.source.table == ODD_LONG
        assert settings.source.metric_column == "Tag"
        assert settings.source.value_column == "V'al"
        assert settings.source.unit_column == "UoM"
        assert {name: names for name, names in settings.measures.items() if names} == {
            "hcv_kwh": ('steam "A"',),
            "electricity_kwh": ("it's a fan",),
            "electricity_cost": ("fan",),
        }
        text = Path("ahu-sql.toml").read_text("utf-8")
        assert "# Looked for metrics in all 500 readings.\n" in text
        assert '"it\'s a fan" comes in "MWh", which is converted to kWh' in text
        assert '#   "fan kWh": it comes in ' in text


class TestLargeLongTables:
    @pytest.mark.parametrize("index", [True, False])
    def test_only_some_readings_are_looked_at(
        self, database: Database, monkeypatch: pytest.MonkeyPatch, index: bool
    ) -> None:
        monkeypatch.setattr("ahu_sql.init.metric_sample.MOST_PAGES", 4)
        monkeypatch.setattr("ahu_sql.init.metric_sample.MOST_READINGS", 500)
        database.execute(
            """
            create table public.log (ts timestamptz, ahu_id text, metric text, value numeric);
            insert into public.log
            select '2025-01-01'::timestamptz + n * interval '1 minute', 'a',
                case when n > 19999 then 'fan_kwh' else 'steam_kwh' end, n
            from generate_series(1, 20000) as n;
            """
            + ("create index on public.log (ts); " if index else "")
            + "analyze"
        )
        with connect(database.dsn) as connection:
            proposal, _ = survey(connection, "public.log")
        sample = proposal.sample
        assert sample is not None and not sample.is_whole
        assert sample.extent.startswith("the newest 500 readings and ") == index
        assert sample.extent.endswith(" readings at random")
        assert proposal.settings.measures["electricity_kwh"] == (("fan_kwh",) if index else ())
        assert proposal.settings.measures["hcv_kwh"] == ("steam_kwh",)

    def test_what_takes_too_long_is_left_out_and_said(
        self, odd_tables: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def too_long(*_: object) -> sql.SQL:
            return sql.SQL("do $$ begin raise query_canceled; end $$")

        monkeypatch.setattr("ahu_sql.init.metric_sample._query", too_long)
        with connect(odd_tables.dsn) as connection:
            proposal, _ = survey(connection, ODD_LONG)
        assert proposal.sample is not None
        assert proposal.sample.extent == "not all readings, which took too long"
        assert not proposal.sample.is_whole and set(proposal.settings.measures.values()) == {()}


class TestTheTable:
    def test_the_only_candidate_is_taken(self, database: Database) -> None:
        database.execute(
            """
            create table public.log (ts timestamptz, rtu integer, fan_kwh numeric)
                partition by range (ts);
            create table public.log_all partition of public.log default;
            create table public.parent (ts timestamptz, note text, n integer);
            create table public.child (rtu integer) inherits (public.parent);
            create table public.weather (ts timestamptz, temperature numeric);
            create view public.seen as table public.log;
            create schema if not exists _timescaledb_internal;
            create table _timescaledb_internal.chunk (like public.log);
            """
        )
        assert proposed(database)["source"]["table"] == "public.log"

    def test_several_candidates_are_named(self, odd_tables: Database) -> None:
        with nothing_changes(odd_tables):
            done = ahu_sql("init", "--dsn", odd_tables.dsn)
        assert_refused(
            done,
            exit_code=2,
            message="2 tables look like readings",
            detail=(ODD_WIDE, ODD_LONG),
            hint="ahu-sql init --table",
        )
        assert not Path("ahu-sql.toml").exists()

    def test_without_a_candidate_what_exists_is_named(self, database: Database) -> None:
        database.execute("create table public.weather (ts timestamptz, temperature numeric)")
        assert_refused(
            ahu_sql("init", "--dsn", database.dsn),
            exit_code=2,
            message=f'no table of database "{database.name}" looks like readings',
            detail=f'The database "{database.name}" has these tables: public.weather.',
            hint="--table",
        )

    @pytest.mark.parametrize(
        ("table", "message", "detail", "hint"),
        [
            ("log", "--table must name a table with its schema", "schema.table", "--table"),
            ("public.lgo", "there is no table public.lgo", "public.log", "quoted as in SQL"),
            ("public.seen", "public.seen is a view", "written to", "--table"),
            ("public.log_all", "public.log_all is a part of public.log", "", "--table public.log"),
            (
                "public.naive",
                "public.naive has no column of type timestamp with time zone",
                "ts (timestamp without time zone)",
                'alter column "ts" type timestamptz',
            ),
        ],
    )
    def test_a_table_that_will_not_do_is_refused(
        self, database: Database, table: str, message: str, detail: str, hint: str
    ) -> None:
        database.execute(
            """
            create table public.log (ts timestamptz, ahu integer, fan_kwh numeric)
                partition by range (ts);
            create table public.log_all partition of public.log default;
            create table public.naive (ts timestamp, ahu integer, fan_kwh numeric);
            create view public.seen as table public.log;
            """
        )
        done = ahu_sql("init", "--dsn", database.dsn, "--table", table)
        assert_refused(done, exit_code=2, message=message, detail=detail, hint=hint)

    def test_what_an_install_would_refuse_is_said(self, database: Database) -> None:
        raw_table(database)
        database.execute(f"alter table {RAW_TABLE} enable row level security")
        done = ahu_sql("init", "--dsn", database.dsn)
        assert done.returncode == 0
        assert f"plan will refuse it: {RAW_TABLE} has row security enabled\n" in done.stderr


@pytest.mark.parametrize("kind", KINDS)
def test_what_kind_of_table_it_is_is_said(database: Database, kind: str) -> None:
    raw_table(
        database,
        "partitioned" if kind == "partitioned" else "plain",
        months=2,
        hypertable=kind == "hypertable",
    )
    plant_readings(database, ahus=1, days=15, minutes=60)
    database.execute(f"analyze {RAW_TABLE}")
    done = ahu_sql("init", "--dsn", database.dsn)
    said = {
        "plain": "an ordinary table, ",
        "partitioned": 'partitioned by RANGE ("timestamp"), 3 partitions, ',
        "hypertable": r"a hypertable of TimescaleDB [.\d]+ \(\w+ licence\), \d chunks of 7 days, ",
    }
    pattern = said[kind] if kind == "hypertable" else re.escape(said[kind])
    assert re.search(f"^{re.escape(RAW_TABLE)}: {pattern}about 360 rows$", done.stderr, re.M)
    text = Path("ahu-sql.toml").read_text("utf-8")
    # A hypertable comes with the index.
    assert ("No index begins with its time" in text) == (kind != "hypertable")


class TestTheServer:
    """Where it was found is where pgbouncer is to look for it."""

    def printed(self, *options: str, **variables: str) -> tuple[dict[str, Any], str]:
        done = ahu_sql("init", "--out", "-", *options, environment=variables)
        assert done.returncode == 0, done.stderr
        return tomllib.loads(done.stdout)["pgbouncer"], done.stdout

    def test_is_that_of_the_connection(self, bare_site: Database) -> None:
        pooler, text = self.printed("--dsn", bare_site.dsn)
        assert pooler["server_host"] == conninfo_to_dict(bare_site.dsn)["host"]
        assert pooler["server_port"] == bare_site.server.port
        assert text.count("# Check: ") == 1  # of the time zone

    def test_libpq_s_variables_name_it_too(self, bare_site: Database) -> None:
        pooler, text = self.printed(**libpq(bare_site))
        assert (pooler["server_host"], pooler["server_port"]) == (
            "127.0.0.1",
            bare_site.server.port,
        )
        assert "no host was named" not in text

    def test_of_several_it_is_the_one_that_answered_and_is_to_be_checked(
        self, bare_site: Database
    ) -> None:
        hosts, ports = "localhost,127.0.0.1", f"1,{bare_site.server.port}"
        dsn = make_conninfo(bare_site.dsn, host=hosts, port=ports)
        variables = libpq(bare_site) | {"PGHOST": hosts, "PGPORT": ports}
        for pooler, text in (self.printed("--dsn", dsn), self.printed(**variables)):
            assert pooler["server_host"] == "127.0.0.1"
            assert pooler["server_port"] == bare_site.server.port
            assert (
                f"# Check: of {hosts} this is the one that answered.\n"
                'server_host = "127.0.0.1"\n' in text
            )


class TestTheTimeZone:
    @pytest.mark.parametrize(
        ("zone", "proposal"),
        [
            ("America/Chicago", "America/Chicago"),
            ("Japan", "Japan"),
            ("UTC", "Asia/Seoul"),
            ("Etc/GMT-9", "Asia/Seoul"),
            ("GMT", "Asia/Seoul"),
            ("<+09>-9", "Asia/Seoul"),
        ],
    )
    def test_the_database_s_own_is_proposed_where_it_is_a_place(
        self, database: Database, zone: str, proposal: str
    ) -> None:
        raw_table(database)
        database.execute(f"alter database {database.name} set timezone = '{zone}'")
        done = ahu_sql("init", "--dsn", database.dsn, "--out", "-")
        assert tomllib.loads(done.stdout)["source"]["time_zone"] == proposal
        assert ("set for the database" in done.stdout) == (zone == proposal)

    def test_that_of_the_user_s_own_terminal_is_not(self, database: Database) -> None:
        raw_table(database)
        where = libpq(database) | {"PGTZ": "Europe/Rome"}
        done = ahu_sql("init", "--out", "-", environment=where)
        assert tomllib.loads(done.stdout)["source"]["time_zone"] == "Asia/Seoul"


class TestRights:
    @pytest.fixture
    def reader(self, site: Database) -> str:
        """The connection string of a role that may read the raw table and nothing else."""
        site.execute(
            f"create role looker login; grant usage on schema ahu_data to looker; "
            f"grant select on {RAW_TABLE} to looker"
        )
        return site.server.dsn(site.name, "looker")

    def test_select_on_the_table_is_enough(self, reader: str, site: Database) -> None:
        done = ahu_sql("init", "--dsn", reader)
        assert done.returncode == 0, done.stderr
        assert read_settings(None, {}, ()) == defaults(site)
        assert "refuse" not in done.stderr

    def test_and_it_is_enough_for_a_long_one(self, reader: str, site: Database) -> None:
        site.execute(
            f"drop table {RAW_TABLE}; create table {RAW_TABLE} "
            "(ts timestamptz, ahu_id text, metric text, value numeric); "
            f"insert into {RAW_TABLE} values (now(), 'a', 'fan_kwh', 1); "
            f"grant select on {RAW_TABLE} to looker"
        )
        done = ahu_sql("init", "--dsn", reader, "--out", "-")
        assert done.returncode == 0, done.stderr
        assert mapped(tomllib.loads(done.stdout)) == {"electricity_kwh": ["fan_kwh"]}

    @pytest.mark.parametrize("missing", ["select on table", "usage on schema"])
    def test_a_missing_right_is_named(self, reader: str, site: Database, missing: str) -> None:
        what = f"all on {RAW_TABLE}" if "select" in missing else "usage on schema ahu_data"
        site.execute(f"revoke {what} from looker")
        assert_refused(
            ahu_sql("init", "--dsn", reader),
            exit_code=2,
            message=f'role "looker" may not read {RAW_TABLE}',
            detail="select on the table, or usage on its schema",
            hint=f'grant select on {RAW_TABLE} to "looker"',
        )

    @pytest.mark.needs_sessions
    def test_it_only_reads_and_locks_nothing_that_a_writer_needs(
        self, odd_tables: Database
    ) -> None:
        with odd_tables.connect(autocommit=False) as writer:
            writer.execute(f"lock table {ODD_LONG} in exclusive mode")
            done = ahu_sql("init", "--dsn", odd_tables.dsn, "--table", ODD_LONG, "--out", "-")
        assert done.returncode == 0, done.stderr

    def test_its_transaction_cannot_write(
        self, odd_tables: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        seen: list[str] = []

        def spy(connection: Any, *_: object) -> None:
            seen.extend(connection.execute("show transaction_read_only").fetchone())

        monkeypatch.setattr("ahu_sql.init.surveyor.read_zone", spy)
        with connect(odd_tables.dsn) as connection:
            survey(connection, ODD_WIDE)
        assert seen == ["on"]


class TestTheFile:
    @pytest.mark.parametrize("options", [(), ("--out", "mine.toml")])
    def test_an_existing_file_is_left_as_it_is(
        self, bare_site: Database, options: tuple[str, ...]
    ) -> None:
        path = Path(options[-1] if options else "ahu-sql.toml")
        path.write_text("mine")
        assert_refused(
            ahu_sql("init", "--dsn", bare_site.dsn, *options),
            exit_code=1,
            message=f'the file "{path}" exists already',
            detail="Nothing was written.",
            hint="--out -",
        )
        assert path.read_text() == "mine"

    def test_a_link_to_nowhere_is_a_file_too(self, bare_site: Database) -> None:
        Path("ahu-sql.toml").symlink_to("elsewhere")
        assert ahu_sql("init", "--dsn", bare_site.dsn).returncode == 1
        assert not Path("elsewhere").exists()

    def test_a_file_that_comes_meanwhile_is_left_as_it_is(self) -> None:
        path = Path("ahu-sql.toml")
        require_new(path)
        path.write_text("mine")
        with pytest.raises(AhuSqlError) as caught:
            write_new(path, "ours")
        assert caught.value.exit_code == 1
        assert path.read_text() == "mine"

    def test_a_folder_is_refused(self, bare_site: Database) -> None:
        Path("here").mkdir()
        assert_refused(
            ahu_sql("init", "--dsn", bare_site.dsn, "--out", "here"),
            exit_code=2,
            message='"here" is a folder',
            detail="file",
            hint="--out here/ahu-sql.toml",
        )

    def test_a_missing_folder_is_refused(self, bare_site: Database) -> None:
        assert_refused(
            ahu_sql("init", "--dsn", bare_site.dsn, "--out", "none/ahu-sql.toml"),
            exit_code=2,
            message='there is no folder "none"',
            detail="none/ahu-sql.toml",
            hint="Create the folder",
        )

    def test_a_place_that_takes_no_file_is_refused(self, bare_site: Database) -> None:
        name = "x" * 300
        assert_refused(
            ahu_sql("init", "--dsn", bare_site.dsn, "--out", f"./{name}"),
            exit_code=2,
            message=f'cannot write the file "{name}"',
            detail="File name too long.",
            hint="--out -",
        )

    def test_nothing_is_written_where_there_is_no_connection(self) -> None:
        done = ahu_sql("init", "--dsn", "host=127.0.0.1 port=1")
        assert done.returncode == 2
        assert not Path("ahu-sql.toml").exists()

    @pytest.mark.parametrize("options", [("--out", "-"), ("--stdout",)])
    def test_it_can_be_printed_beside_an_existing_one(
        self, bare_site: Database, options: tuple[str, ...]
    ) -> None:
        Path("ahu-sql.toml").write_text("mine")
        done = ahu_sql("init", "--dsn", bare_site.dsn, *options)
        assert done.returncode == 0
        assert tomllib.loads(done.stdout)["source"]["table"] == RAW_TABLE
        assert [path.name for path in Path().iterdir()] == ["ahu-sql.toml"]

    def test_what_is_printed_is_what_is_written(self, bare_site: Database) -> None:
        bare_site.execute(f"analyze {RAW_TABLE}")  # else autovacuum may do so in between
        printed = ahu_sql("init", "--dsn", bare_site.dsn, "--out", "-")
        written = ahu_sql("init", "--dsn", bare_site.dsn, "--out", "it's mine.toml")
        assert Path("it's mine.toml").read_text("utf-8") == printed.stdout
        assert written.stdout == ""
        assert "8 of 8 measures found\n" in written.stderr
        assert written.stderr.endswith("""ahu-sql plan --config 'it'"'"'s mine.toml'\n""")
