"""The whole program on a small plant: nothing amiss, and each criterion failed once on purpose.

The faults are such that no machine is too fast or too slow for them.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import psycopg
import pytest

from acceptance import criteria
from acceptance.__main__ import accept, main
from acceptance.criteria import Limits
from acceptance.measuring import Size
from acceptance.questions import (
    COILS,
    DAYS,
    HEAT_MAP,
    MONTHS,
    dashboard_questions,
    raw_questions,
)
from acceptance.sites import Site, behind_pooler, given_site, own_plant
from ahu_sql.demo.server import LocalServer
from ahu_sql.settings import Pgbouncer, Settings
from plant import RAW_TABLE
from pooler.site import DATABASE

READERS = 16
SIZE = Size(READERS, seconds=1, thinking_s=0.2, patience_s=1, rounds=2)
ANY = Limits(responsive_s=60, chart_s=60)
"""For whatever machine this is."""

SLOW_S = 0.3
SLOW_VIEW = f"""
    do $$
    begin
        execute 'create or replace view ahu.mv_daily_ahu_costs as select * from ('
            || rtrim(pg_get_viewdef('ahu.mv_daily_ahu_costs'::regclass), '; ')
            || ') as v where (select pg_sleep({SLOW_S})) is not null';
    end
    $$
"""


@pytest.fixture(scope="module")
def server() -> Iterator[LocalServer]:
    """A plant of three days. Whatever a test does to it, it undoes."""
    with own_plant(45, 3) as running:
        yield running


@pytest.fixture
def site(server: LocalServer) -> Iterator[Site]:
    """Behind a pooler as the product sets it up."""
    with behind_pooler(server, READERS) as site:
        yield site


@contextmanager
def changed(server: LocalServer, change: str, back: str) -> Iterator[None]:
    """The plant with a fault."""
    with psycopg.connect(server.dsn(DATABASE), autocommit=True) as session:
        session.execute(change)
        try:
            yield
        finally:
            session.execute(back)


@contextmanager
def slow_view(server: LocalServer) -> Iterator[None]:
    """Two of the charts take SLOW_S at least."""
    with psycopg.connect(server.dsn(DATABASE)) as session:
        ((text,),) = session.execute(
            "select pg_get_viewdef('ahu.mv_daily_ahu_costs'::regclass)"
        ).fetchall()
    back = f"create or replace view ahu.mv_daily_ahu_costs as {text}"
    with changed(server, SLOW_VIEW, back):
        yield


def failed(printed: str) -> set[str]:
    """The criteria that the table says do not hold."""
    lines = (line for line in printed.splitlines() if line.split()[-1:] == ["NO"])
    return {line.partition("  ")[0] for line in lines}


def raw_sum(server: LocalServer) -> tuple[Any, ...]:
    """All raw readings in a few numbers, and how often the product was at work."""
    with psycopg.connect(server.dsn(DATABASE)) as session:
        (row,) = session.execute(
            f"select count(*), sum(hashtextextended(r::text, 0)), "
            f"(select max(run_id) from ahu.refresh_runs) from {RAW_TABLE} as r"
        ).fetchall()
    return tuple(row)


def test_all_criteria_hold_and_every_way_is_printed(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    assert accept(site, SIZE, ANY) == 0
    said = capsys.readouterr()
    assert "45 AHUs" in said.out and not failed(said.out)
    assert "0 failed, 0 not measured" in said.err
    for words in ("the same charts as it was", "no pooler", "upsert of an hour", "of the pool"):
        assert words in said.out
    print(said.out)


@pytest.mark.parametrize("name", [MONTHS, DAYS, COILS, HEAT_MAP])
def test_a_chart_from_raw_is_the_same_chart(site: Site, name: str) -> None:
    """Else nobody may compare what they cost. Raw's own sums say 0 where a view says unknown."""
    rows = []
    for asked in (dashboard_questions(site.plant), raw_questions(site.plant, Settings())):
        (question,) = (one for one in asked if one.name == name)
        with psycopg.connect(str(site.superuser)) as session:
            values = question.values(random.Random(1))
            answer = session.execute(question.statement, values).fetchall()
        rows.append([(f"{day:%F}", *(value or 0 for value in rest)) for day, *rest in answer])
    views, raw = rows
    assert raw and [row[: len(raw[0])] for row in views] == raw


def test_a_pool_that_is_larger_than_promised_fails(
    site: Site, server: LocalServer, capsys: pytest.CaptureFixture[str]
) -> None:
    promised = Settings(pgbouncer=Pgbouncer(read_pool_size=1, reserve_pool_size=0))
    with slow_view(server):
        assert accept(replace(site, settings=promised), SIZE, ANY, compares=False) == 1
    assert failed(capsys.readouterr().out) == {criteria.SPIKES}


def test_a_slow_view_fails(
    site: Site, server: LocalServer, capsys: pytest.CaptureFixture[str]
) -> None:
    with slow_view(server):
        limits = Limits(responsive_s=60, chart_s=SLOW_S * 0.9)
        assert accept(site, SIZE, limits, compares=False) == 1
    assert failed(capsys.readouterr().out) == {criteria.SECONDS}


def test_a_pool_that_is_too_small_fails(
    server: LocalServer, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of one place: everybody waits for those who wait for the slow view."""
    small = ("read_pool_size=1", "reserve_pool_size=0")
    with slow_view(server), behind_pooler(server, READERS, *small) as site:
        limits = Limits(responsive_s=2 * SLOW_S, chart_s=60)
        assert accept(site, SIZE, limits, compares=False) == 1
    assert criteria.RESPONSIVE in failed(capsys.readouterr().out)


def test_a_pooler_with_too_few_places_fails(
    server: LocalServer, capsys: pytest.CaptureFixture[str]
) -> None:
    few = ("max_client_conn=12", "write_client_conn=4")
    with behind_pooler(server, READERS, *few) as site:
        assert accept(site, SIZE, ANY, compares=False) == 1
    printed = capsys.readouterr().out
    assert failed(printed) == {criteria.TIMEOUTS}
    assert "max_db_client_connections" in printed


def test_a_statement_timeout_fails(server: LocalServer, capsys: pytest.CaptureFixture[str]) -> None:
    role = f"alter role ahu_read in database {DATABASE} set statement_timeout"
    with (
        slow_view(server),
        changed(server, f"{role} = '{SLOW_S / 2 * 1000:.0f}ms'", f"{role} = '30s'"),
        behind_pooler(server, READERS) as site,
    ):
        assert accept(site, SIZE, ANY, compares=False) == 1
    printed = capsys.readouterr().out
    assert criteria.TIMEOUTS in failed(printed)
    assert "canceling statement due to statement timeout" in printed


def test_readings_that_no_refresh_sees_fail(
    server: LocalServer, capsys: pytest.CaptureFixture[str]
) -> None:
    """The ETL's triggers are switched off, as somebody might for a load that is to be fast."""
    role = f"alter role ahu_write in database {DATABASE}"
    mark = "call ahu.mark_changed('2025-08-01', '2025-09-30'); call ahu.refresh_dashboard_views()"
    with (
        changed(
            server,
            f"{role} set session_replication_role = 'replica'",
            f"{role} reset session_replication_role; {mark}",
        ),
        behind_pooler(server, READERS) as site,
    ):
        assert accept(site, SIZE, ANY, compares=False) == 1
    assert failed(capsys.readouterr().out) == {criteria.FRESH}


class TestSiteOfSomebodys:
    """What is there is asked, and nothing else."""

    def arguments(self, site: Site, *more: str) -> list[str]:
        size = ["--clients", "5", "--seconds", "1", "--thinking", "0.1"]
        return ["--dsn", site.pooled.dashboards, *size, *more]

    def test_it_is_only_read(
        self, site: Site, server: LocalServer, capsys: pytest.CaptureFixture[str]
    ) -> None:
        before = raw_sum(server)
        assert main(self.arguments(site, "--chart", "60")) == 0
        assert raw_sum(server) == before
        said = capsys.readouterr()
        assert "5 not measured" in said.err and "no ETL ran meanwhile" in said.out

    def test_with_the_etls_alias_it_refreshes_and_writes_no_reading(
        self, site: Site, server: LocalServer, capsys: pytest.CaptureFixture[str]
    ) -> None:
        before = raw_sum(server)
        more = ["--etl-dsn", site.pooled.etls[0].dsn, "--monitor-dsn", str(site.monitor)]
        limits = ["--responsive", "60", "--chart", "60"]
        assert main(self.arguments(site, *more, *limits)) == 0
        after = raw_sum(server)
        assert after[:2] == before[:2] and after[2] > before[2]
        assert "0 failed, 1 not measured" in capsys.readouterr().err

    def test_readings_that_are_rewritten_keep_their_values(
        self, site: Site, server: LocalServer, capsys: pytest.CaptureFixture[str]
    ) -> None:
        before = raw_sum(server)
        more = ["--etl-dsn", site.pooled.etls[0].dsn, "--rewrite-readings"]
        main(self.arguments(site, *more))
        assert raw_sum(server)[:2] == before[:2]
        assert "update of the newest hour" in capsys.readouterr().out

    def test_a_refresh_of_the_sites_own_etl_counts_as_an_etl_run(
        self, site: Site, server: LocalServer, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with ThreadPoolExecutor() as pool, psycopg.connect(site.pooled.etls[0].dsn) as etl:
            etl.autocommit = True
            measuring = pool.submit(accept, self.asked_alone(site), SIZE, ANY)
            while not measuring.done():
                etl.execute("call ahu.refresh_dashboard_views()")
                time.sleep(0.1)
        assert measuring.result() == 0
        printed = capsys.readouterr().out
        assert "no ETL ran" not in printed and "at rest " not in printed.split("by its way")[1]

    def asked_alone(self, site: Site) -> Site:
        return given_site(site.pooled.dashboards, None, None, Settings(), rewrites=False)

    @pytest.mark.parametrize(
        ("more", "words"),
        [
            (["--rewrite-readings"], "give --etl-dsn"),
            (["--clients", "0"], "0 is less than 1"),
            (["--thinking", "0"], "not more than 0"),
        ],
    )
    def test_wrong_usage_is_told(
        self, more: list[str], words: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with pytest.raises(SystemExit) as caught:
            main(["--dsn", "host=localhost", *more])
        assert caught.value.code == 2
        assert words in capsys.readouterr().err

    def test_a_server_that_is_not_there_is_told(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["--dsn", "host=127.0.0.1 port=1 dbname=ahu_read user=ahu_read"]) == 2
        said = capsys.readouterr().err
        assert "cannot connect with --dsn" in said and "HINT" in said


def test_usage_that_fits_no_site_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    for options in (["--etl-dsn", "host=localhost"], ["--days", "1"]):
        with pytest.raises(SystemExit):
            main(options)
    assert "give --dsn" in capsys.readouterr().err
