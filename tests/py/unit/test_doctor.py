"""What the doctor makes of bare facts, and how it says it."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from ahu_sql.console import progress_on_terminal
from ahu_sql.doctor.codes import CODES
from ahu_sql.doctor.facts import (
    Connections,
    Facts,
    Holder,
    Index,
    Log,
    RawTable,
    Readings,
    Relation,
    Retention,
)
from ahu_sql.doctor.findings import Finding
from ahu_sql.doctor.report import as_json, as_text, summary
from ahu_sql.doctor.rules import diagnose
from ahu_sql.errors import AhuSqlError
from ahu_sql.inspection import Inspection
from ahu_sql.linter import CODES as SQL_CODES
from ahu_sql.linter.findings import explanation
from ahu_sql.pooler.codes import CODES as POOLER_CODES
from ahu_sql.requirements import TIME_TYPE
from ahu_sql.settings import DEFAULT_MEASURES, Pgbouncer, Refresh, Settings, Source

MEASURED = [column for columns in DEFAULT_MEASURES.values() for column in columns]
TABLE = "ahu_data.energy_readings"
INSPECTION = Inspection(
    database="plant",
    role="admin",
    is_superuser=True,
    table_kind="r",
    columns={"timestamp": TIME_TYPE, "ahu_id": "text", **dict.fromkeys(MEASURED, "numeric")},
    numeric_columns=frozenset(MEASURED),
    is_hypertable=False,
    is_subscribed=False,
    timescaledb=None,
    has_dropped_columns=False,
    has_row_security=False,
    is_child=False,
    has_children=False,
    has_foreign_partitions=False,
    virtual_columns=frozenset(),
    generated_columns=frozenset(),
    blind_columns=frozenset(),
    publications=(),
    is_tracked=False,
    tables=(TABLE,),
    time_zones=frozenset({"Asia/Seoul"}),
    missing_tables=(),
    missing_rights=(),
    superuser_roles=(),
    installed=None,
)
KEY = Index(9, "ahu_data.key", 1, "btree", ("timestamp", "ahu_id"), True, True, False, True)
RAW = RawTable(
    (Relation(1, TABLE, "ahu_data", "ahu_data", "energy_readings", "r", None),),
    (KEY,),
    is_hypertable=False,
    owner="plant_dba",
    may_change=True,
    quoted={"timestamp": '"timestamp"', "ahu_id": "ahu_id", "metric_name": "metric_name"},
    has_statistics=True,
)
SINCE, UNTIL = datetime(2025, 7, 1, tzinfo=UTC), datetime(2025, 8, 1, tzinfo=UTC)
READINGS = Readings(False, 10**9, date(2025, 1, 1), from_time=SINCE, until_time=UNTIL)
LOG = Log(dead_rows=0)
LIMITS = {"ahu_read": 50, "ahu_write": 20, "ahu_pgbouncer": 20}
SOUND = Facts(
    Settings(), INSPECTION, RAW, Connections(100, 3, LIMITS, 0), readings=READINGS, log=LOG
)


def told(facts: Facts | None = None, **other: Any) -> tuple[Finding, ...]:
    return diagnose(dataclasses.replace(facts or SOUND, **other))


def only(code: str, facts: Facts | None = None, **other: Any) -> Finding:
    (finding,) = told(facts, **other)
    assert finding.code == code
    return finding


def inspected(**facts: Any) -> dict[str, Any]:
    return {"inspection": dataclasses.replace(INSPECTION, **facts)}


def test_of_a_sound_site_nothing_is_told() -> None:
    assert told() == ()
    assert told(readings=None, log=None) == ()


class TestTheRawTable:
    def test_who_must_run_a_statement_is_said_where_it_is_another(self) -> None:
        theirs = dataclasses.replace(RAW, indexes=(), may_change=False)
        assert {finding.run_by for finding in told(raw=theirs)} == {
            "role plant_dba, who owns it, or a superuser"
        }

    def test_many_partitions_are_left_to_fix(self) -> None:
        parts = tuple(
            dataclasses.replace(RAW.root, oid=oid, name=f"p{oid}", bare_name=f"p{oid}", parent=1)
            for oid in range(2, 9)
        )
        root = dataclasses.replace(RAW.root, kind="p")
        many = dataclasses.replace(RAW, relations=(root, *parts), indexes=())
        (time, _) = told(raw=many)
        assert time.statements == ("ahu-sql doctor --fix",)

    def test_statistics_are_not_missed_where_the_table_is_small_or_they_are_not_seen(self) -> None:
        for has, size, codes in (
            (False, 10**9, ["AHU604"]),
            (False, 10**5, []),
            (None, 10**9, []),
        ):
            raw = dataclasses.replace(RAW, has_statistics=has)
            readings = dataclasses.replace(READINGS, size=size)
            assert [f.code for f in told(raw=raw, readings=readings)] == codes

    def test_an_invalid_unique_index_is_built_anew_and_never_by_fix(self) -> None:
        unique = dataclasses.replace(KEY, oid=10, name="ahu_data.once", is_valid=False)
        finding = only("AHU603", raw=dataclasses.replace(RAW, indexes=(KEY, unique)))
        assert finding.statements == ("reindex index concurrently ahu_data.once;",)
        assert not finding.is_fixable

    def test_a_naive_time_of_a_partitioned_table_has_no_statement(self) -> None:
        naive = {**INSPECTION.columns, "timestamp": "timestamp without time zone"}
        root = dataclasses.replace(RAW.root, kind="p")
        raw = dataclasses.replace(RAW, relations=(root,))
        finding = only("AHU611", raw=raw, **inspected(columns=naive, table_kind="p"))
        assert finding.statements == ()
        assert as_text(finding).count("\n") == 1


class TestReadings:
    def test_of_the_long_layout_repeat_by_metric_too(self) -> None:
        source = Source(layout="long")
        columns = {"metric_name": "text", "value": "numeric", "unit": "text"}
        finding = only(
            "AHU615",
            settings=Settings(source=source),
            readings=dataclasses.replace(READINGS, duplicates=2, example="AHU01 at noon"),
            **inspected(columns={**INSPECTION.columns, **columns}, numeric_columns={"value"}),
        )
        assert 'partition by "timestamp", ahu_id, metric_name order by' in finding.statements[0]
        assert finding.message.startswith("2 readings of the newest 31 days")

    def test_without_an_ahu_are_deleted_where_they_were_counted_alone(self) -> None:
        finding = only("AHU613", readings=dataclasses.replace(READINGS, nameless=1))
        assert finding.message == f"1 reading of the newest 31 days in {TABLE} has no AHU"
        assert finding.statements == (
            f'delete from {TABLE} where ahu_id is null and "timestamp" >= \'2025-07-01 '
            "00:00:00+00:00' and \"timestamp\" < '2025-08-01 00:00:00+00:00';",
        )


class TestRetention:
    POLICY = (Retention(1000, timedelta(days=30)),)

    def test_that_comes_after_the_refresh_is_fine(self) -> None:
        log = Log(0, oldest_day=date(2025, 7, 20), oldest_age=timedelta(days=20))
        assert told(retention=self.POLICY, log=log) == ()

    def test_that_comes_before_it_is_told_with_the_day_that_waits(self) -> None:
        log = Log(0, oldest_day=date(2025, 6, 1), oldest_age=timedelta(days=60))
        finding = only("AHU621", retention=self.POLICY, log=log)
        assert "after 30 days, and changes of 2025-06-01 still wait" in finding.message
        assert finding.statements == ("call ahu.refresh_dashboard_views();",)

    def test_shorter_than_lookback_will_always_be_too_early(self) -> None:
        lookback = Settings(refresh=Refresh(tracking="lookback", lookback_days=40))
        finding = only("AHU621", retention=self.POLICY, settings=lookback)
        assert finding.statements[1] == (
            f"select add_retention_policy('{TABLE}', interval '42 days');"
        )

    def test_does_not_matter_to_native_rollups(self) -> None:
        native = Settings(refresh=Refresh(strategy="native"))
        hasty = (Retention(1, timedelta(hours=1)),)
        assert told(retention=hasty, settings=native, log=None) == ()


class TestTheLog:
    def test_is_not_complained_of_while_it_is_short(self) -> None:
        holder = Holder("process 1", "select pg_terminate_backend(1);")
        assert told(log=Log(9_999, holders=(holder,))) == ()
        assert told(log=Log(None, holders=(holder,))) == ()

    def test_each_holder_has_its_statement(self) -> None:
        holders = (Holder("process 1", "one;"), Holder("a slot", "two;"))
        found = told(log=Log(10_000, holders=holders))
        assert {finding.statements for finding in found} == {("one;",), ("two;",)}

    def test_autovacuum_off_in_the_server_is_a_superuser_s_to_mend(self) -> None:
        finding = only("AHU631", is_autovacuum_on=False, **inspected(is_superuser=False))
        assert finding.run_by == "a superuser"


class TestConnections:
    @pytest.mark.parametrize(
        ("maximum", "taken", "codes"),
        [
            (100, 0, []),  # PostgreSQL's own, and ours
            (93, 0, []),
            (92, 0, ["AHU642"]),
            (100, 8, ["AHU642"]),
            (42, 0, ["AHU642"]),
            (41, 0, ["AHU641"]),
            (100, 60, ["AHU641"]),
        ],
    )
    def test_pools_and_limits_must_find_room(
        self, maximum: int, taken: int, codes: list[str]
    ) -> None:
        found = told(connections=Connections(maximum, 3, LIMITS, taken))
        assert [finding.code for finding in found] == codes

    def test_what_would_do_is_named(self) -> None:
        pools = Settings(pgbouncer=Pgbouncer(read_pool_size=200))
        finding = only(
            "AHU641", settings=pools, connections=Connections(100, 3, {"ahu_read": 410}, 20)
        )
        # 205 and 10 and 4, beside 3 and 20
        assert finding.statements == ("alter system set max_connections = 250;",)
        assert "leaves 77 connections beside 3 reserved ones and 20 of others" in finding.message


class TestTimescaledb:
    @pytest.mark.parametrize(
        ("version", "dropped", "codes"),
        [
            ((2, 17, 2), False, ["AHU651"]),
            ((2, 19, 3), False, ["AHU653", "AHU654"]),
            ((2, 20, 0), True, ["AHU652"]),
            ((2, 26, 3), False, ["AHU653"]),
            ((2, 26, 4), True, []),
        ],
    )
    def test_by_its_version(
        self, version: tuple[int, ...], dropped: bool, codes: list[str]
    ) -> None:
        hypertable = inspected(is_hypertable=True, timescaledb=version, has_dropped_columns=dropped)
        assert [finding.code for finding in told(**hypertable)] == codes
        lookback = Settings(refresh=Refresh(tracking="lookback"))
        assert told(settings=lookback, **hypertable) == ()
        assert told(**inspected(timescaledb=version)) == ()


class TestTheSite:
    def test_what_an_install_would_refuse_is_told_with_what_can_be_pasted(self) -> None:
        finding = only("AHU671", **inspected(superuser_roles=("ahu_read",)))
        assert finding.statements == ("alter role ahu_read nosuperuser nobypassrls;",)
        finding = only("AHU671", **inspected(publications=("all_of_it",)))
        assert finding.statements == ("ahu-sql install --publish",)
        finding = only("AHU671", **inspected(time_zones=frozenset()))
        assert finding.statements == ()
        assert finding.reason.endswith("Correct source, measures and roles in ahu-sql.toml")

    def test_who_only_looks_need_not_be_able_to_install(self) -> None:
        assert told(**inspected(missing_rights=("createrole",))) == ()

    def test_drift_of_roles_and_of_the_rest_have_codes_of_their_own(self) -> None:
        found = told(drifted_roles=("role ahu_read: x",), drifted_objects=("view ahu.v: y",))
        assert [(f.code, f.object) for f in found] == [
            ("AHU661", "role ahu_read"),
            ("AHU662", "view ahu.v"),
        ]


class TestTheReport:
    FINDING = Finding("AHU601", TABLE, "it has none", "Why.", ("one;", "two;"), "you", True)

    def test_has_a_statement_a_line(self) -> None:
        assert as_text(self.FINDING) == (
            "AHU601 it has none\n    DETAIL: Why. To be run by you.\n    HINT: one;\n          two;"
        )

    def test_says_where_to_go_on(self) -> None:
        note = dataclasses.replace(self.FINDING, code="AHU642", is_fixable=False)
        assert as_text(note).startswith("note AHU642 ")
        assert summary(TABLE, ()) == f"{TABLE}: nothing found"
        blind = summary(TABLE, (), ["the readings"])
        assert blind == f"{TABLE}: nothing found in what could be looked at"
        lines = summary(TABLE, (self.FINDING, note)).splitlines()
        assert lines[0] == f"{TABLE}: 1 finding, 1 note"
        assert lines[1] == "why: ahu-sql doctor --explain AHU601"
        assert lines[2].endswith("ahu-sql doctor --fix")
        assert len(summary(TABLE, (note,)).splitlines()) == 2

    def test_is_one_object_for_machines(self) -> None:
        known = json.loads(as_json("plant", TABLE, (self.FINDING,), ("the readings",), None))
        assert list(known) == ["version", "database", "table", "findings", "unseen", "fixed"]
        (finding,) = known["findings"]
        assert finding["statements"] == ["one;", "two;"]
        assert (finding["is_note"], finding["is_fixable"], known["fixed"]) == (False, True, None)


def test_progress_is_for_who_looks_on(capsys: pytest.CaptureFixture[str]) -> None:
    with progress_on_terminal("readings") as move:
        move(1, 31)
    assert capsys.readouterr() == ("", "")


class TestCodes:
    def test_are_ours_alone(self) -> None:
        assert not set(CODES) & (set(SQL_CODES) | set(POOLER_CODES))
        assert all(name.startswith("AHU6") and code.code == name for name, code in CODES.items())

    @pytest.mark.parametrize("code", CODES)
    def test_are_explained_with_an_example_each_way(self, code: str) -> None:
        text = explanation(CODES, code, "ahu-sql doctor")
        assert text.startswith(f"{code}: {CODES[code].title}\n\n")
        assert CODES[code].bad.strip() != CODES[code].good.strip()

    def test_one_that_is_none_is_answered_with_those_there_are(self) -> None:
        with pytest.raises(AhuSqlError, match="AHU699") as refused:
            explanation(CODES, "699", "ahu-sql doctor")
        assert "AHU671" in str(refused.value.detail)
        assert refused.value.hint == "ahu-sql doctor --explain AHU601"
