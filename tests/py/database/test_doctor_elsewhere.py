"""`ahu-sql doctor` before an install, with less rights, on a standby, and while others lock."""

from __future__ import annotations

from datetime import date

import pytest

from ahu_sql.doctor.rules import diagnose
from ahu_sql.errors import AhuSqlError
from cli.refusal import assert_refused, nothing_changes
from databases import Database
from doctoring import codes, examined, findings, paste
from in_force import put_in_force
from plant import RAW_TABLE, plant_readings, raw_table
from product import ahu_sql, install_product
from servers.catalogue import SERVERS, chosen_server
from servers.standby import Standby


class TestBeforeAnInstall:
    def test_times_without_zone_are_made_instants(self, database: Database) -> None:
        raw_table(database, hypertable=False)
        database.execute(f"alter table {RAW_TABLE} alter timestamp type timestamp")
        database.execute(f"insert into {RAW_TABLE} (timestamp) values ('2024-01-01 09:00')")
        found = findings(database)
        assert codes(found) == ["AHU601", "AHU602", "AHU611"]
        paste(database, found)
        assert database.scalar(f"select timestamp = '2024-01-01 00:00+00' from {RAW_TABLE}")
        assert codes(findings(database)) == ["AHU613"]

    def test_nothing_is_changed(self, database: Database) -> None:
        raw_table(database, hypertable=False)
        plant_readings(database, ahus=1, days=1)
        with nothing_changes(database, bare=False):
            assert codes(findings(database)) == ["AHU601", "AHU602"]

    def test_an_index_that_serves_as_well_is_fine(self, database: Database) -> None:
        raw_table(database, hypertable=False, primary_key=True)
        assert findings(database) == ()
        database.execute(
            f"alter table {RAW_TABLE} drop constraint energy_readings_pkey; "
            f"create index on {RAW_TABLE} using brin (timestamp); "
            f"create index on {RAW_TABLE} (ahu_id, timestamp) include (sf_cost_krw)"
        )
        assert findings(database) == ()
        database.execute(f"create index odd on {RAW_TABLE} (timestamp) where ahu_id = 'AHU01'")
        database.execute("drop index ahu_data.energy_readings_timestamp_idx")
        assert codes(findings(database)) == ["AHU601"]

    def test_an_empty_table_is_examined_too(self, database: Database) -> None:
        raw_table(database, "partitioned", months=1)
        facts = examined(database.dsn)
        assert facts.readings is not None and facts.readings.is_empty
        assert facts.unseen == ()

    def test_without_a_table_it_is_an_error(self, database: Database) -> None:
        with pytest.raises(AhuSqlError, match="there is no table") as refused:
            examined(database.dsn)
        assert refused.value.exit_code == 2

    def test_columns_that_are_not_there_are_a_finding(self, database: Database) -> None:
        raw_table(database, hypertable=False)
        facts = examined(database.dsn, "source.ahu_column=unit_name")
        assert codes(diagnose(facts)) == ["AHU601", "AHU671"]
        assert facts.unseen == ('the readings: the raw table has no column "unit_name"',)

    def test_types_of_somebody_s_making_are_told_and_their_code_is_not_run(
        self, database: Database
    ) -> None:
        raw_table(database, hypertable=False)
        plant_readings(database, ahus=1, days=1)
        database.execute(
            "create type public.odd as enum ('AHU01'); "
            "create function public.as_text(public.odd) returns text language plpgsql "
            "as $$ begin raise exception 'it was run'; end $$; "
            "create cast (public.odd as text) with function public.as_text(public.odd); "
            f"alter table {RAW_TABLE} alter ahu_id type public.odd using 'AHU01'; "
            f"insert into {RAW_TABLE} select * from {RAW_TABLE}"
        )
        facts = examined(database.dsn)
        assert facts.unseen == (
            "the readings: ahu_id is public.odd, types of somebody's making, whose code is not run",
        )
        assert codes(diagnose(facts)) == ["AHU601", "AHU671"]


class TestOfSomebodyWithLessRights:
    def test_what_the_installing_role_may_not_see_is_said_in_a_line(
        self, database: Database
    ) -> None:
        raw_table(database, hypertable=False)
        database.execute(
            "create role plant_dba login createrole; "
            f"grant create on database {database.name} to plant_dba; "
            f"alter table {RAW_TABLE} owner to plant_dba; alter schema ahu_data owner to plant_dba"
        )
        theirs = database.server.dsn(database.name, "plant_dba")
        found = diagnose(examined(theirs))
        assert [finding.run_by for finding in found] == [None, None]
        install_product(theirs)
        facts = examined(theirs)
        assert codes(diagnose(facts)) == ["AHU601", "AHU602"]
        assert facts.unseen == (
            "who keeps the log from being vacuumed: role plant_dba may not see the sessions of "
            "others, members of pg_monitor may",
        )

    def test_who_may_not_index_is_told_who_may(self, database: Database) -> None:
        raw_table(database, hypertable=False)
        put_in_force(database)
        database.execute("create role stranger login")
        facts = examined(database.server.dsn(database.name, "stranger"))
        assert {finding.run_by for finding in diagnose(facts)} == {
            "role postgres, who owns it, or a superuser"
        }
        assert facts.unseen == (
            f"the readings: role stranger may not read {RAW_TABLE}",
            "the log, the triggers, what drifted: role stranger may not look into schema _ahu",
        )


def test_somebody_s_lock_on_the_raw_table_is_not_waited_for_long(database: Database) -> None:
    raw_table(database, hypertable=False)
    with database.connect(autocommit=False) as other:
        other.execute(f"lock table {RAW_TABLE} in access exclusive mode")
        facts = examined(database.dsn)
    assert facts.unseen == (f"the readings: somebody holds {RAW_TABLE} for himself",)
    assert codes(diagnose(facts)) == ["AHU601", "AHU602"]


@pytest.mark.skipif(chosen_server().name != "pg18", reason="once is enough: it starts servers")
def test_a_standby_can_be_examined_and_a_small_server_is_told() -> None:
    settings = {"max_connections": "36", "max_prepared_transactions": "2"}
    with SERVERS["pg18"].start_own(settings) as primary:
        database = Database(primary, "postgres")
        raw_table(database)
        plant_readings(database, ahus=1, days=1)
        put_in_force(database)
        database.execute("update ahu.settings set long_running_after = '1 microsecond'")
        session = database.connect(autocommit=False)
        session.execute("insert into _ahu.pending_changes (day, reason) values (now(), 'insert')")
        session.execute("prepare transaction 'o''clock'")
        session.commit()
        session.close()
        log = examined(database.dsn).log
        assert log and [holder.statement for holder in log.holders] == [
            "rollback prepared 'o''clock';"
        ]
        with Standby(primary) as standby:
            facts = examined(standby.dsn())
            assert facts.readings and facts.readings.oldest_day == date(2024, 1, 1)
            assert codes(diagnose(facts)) == ["AHU601", "AHU602", "AHU641"]
            assert facts.unseen == ("dead rows of the log, and what holds them: the primary knows",)
            assert_refused(
                ahu_sql("doctor", "--dsn", standby.dsn(), "--fix"),
                exit_code=1,
                message="the server is a standby, where no index can be built",
                hint="Connect to the primary for --fix",
            )
        (small,) = [finding for finding in findings(database) if finding.code == "AHU641"]
        assert small.message.startswith("max_connections 36 leaves 3")
        paste(database, [small])
        primary.kill()
        primary.start_again()
        assert codes(findings(database)) == ["AHU601", "AHU602"]
