"""The benchmark at its smallest: it runs, its contenders agree, and its page says what it found.

How long anything took is nobody's concern here.
"""

from __future__ import annotations

import math
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from bench import contenders
from bench.__main__ import SCENARIOS, main
from bench.answers import DisagreementError, assert_same_answers
from bench.clock import timed, typical
from bench.contenders import AGGREGATES, NATIVE, OURS, THREE_VIEWS, Added, Bare, Ours, ThreeViews
from bench.estimate import of_ratio
from bench.plans import DRILL_DOWN, FOLD, LATE, sequential_scans
from bench.report import HEADINGS, page, summary
from bench.results import Key, Results, read_results
from bench.scale import Line, quantities
from bench.scenarios import dashboards, refreshes, tracking
from bench.sites import Readings, build
from bench.sizes import SIZES
from bench.targets import judge
from databases import Database
from servers.catalogue import chosen_server
from servers.running import RunningServer

TINY = SIZES["tiny"]
SERVER = chosen_server()


@pytest.fixture(scope="module")
def results(server: RunningServer) -> Results:
    """All scenarios that this server has; each raises where its contenders' rows differ."""
    found = Results(titles={SERVER.name: SERVER.title})
    for name, measure in SCENARIOS.items():
        if name != "maintained":  # on a server of its own
            measure(SERVER.name, server, TINY, found)
    return found


def test_every_contender_of_the_server_was_measured(results: Results) -> None:
    measured = {key.contender for key in results.keys(scenario=refreshes.SCENARIO)}
    others = {AGGREGATES} if SERVER.timescaledb == "community" else {THREE_VIEWS, NATIVE}
    assert measured == {OURS, contenders.BARE, contenders.ADDED} | others
    tracked = {key.contender for key in results.keys(scenario=tracking.SCENARIO)}
    assert tracked == {OURS, tracking.UNTRACKED, tracking.WATCHED} | (others & {AGGREGATES})


def test_batches_are_corrected_by_who_can_follow(results: Results) -> None:
    """And those who only add are not asked: their answers would be wrong."""
    scenario = {"scenario": refreshes.SCENARIO, "case": refreshes.CORRECTED}
    able = {OURS, contenders.BARE} | ({AGGREGATES} if SERVER.timescaledb == "community" else set())
    assert {key.contender for key in results.keys(**scenario)} == able
    for key in results.keys(**scenario):
        assert len(results.series[key]) == TINY.rounds


def test_all_rows_were_compared(results: Results) -> None:
    """Of each history: its keys in two views, and a month of each AHU in the third."""
    days = (TINY.one_session_days,) if SERVER.one_session else TINY.histories
    for readings in (Readings(TINY.ahus, count) for count in days):
        rows = 2 * readings.ahus * readings.days + readings.ahus
        assert results.agreed[f"{SERVER.name} {refreshes.SCENARIO} {readings.count}"] == rows


def test_every_target_that_the_server_can_meet_is_judged(results: Results) -> None:
    numbers = {verdict.number for verdict in judge(results)}
    assert numbers == ({1, 2, 3, 4} if SERVER.one_session else set(range(1, 9)))
    assert [row[0] for row in summary(results)] == sorted(row[0] for row in summary(results))
    assert {len(row) for row in summary(results)} == {len(HEADINGS)}


def test_the_first_round_is_thrown_away(results: Results) -> None:
    for key in results.keys(scenario=refreshes.SCENARIO, contender=OURS):
        assert len(results.series[key]) == TINY.rounds


def test_results_come_back_from_their_file(results: Results, tmp_path: Path) -> None:
    results.write(tmp_path / "results.json")
    assert read_results(tmp_path / "results.json") == results


def test_the_page_has_every_number_and_its_pictures(results: Results, tmp_path: Path) -> None:
    plots = pytest.importorskip("bench.plots", reason="matplotlib is not here")
    pictures = plots.draw_all(results, tmp_path)
    for file in pictures:
        assert ET.parse(tmp_path / file).getroot().tag.endswith("svg")
    assert {path.name for path in tmp_path.iterdir()} == set(pictures)
    text = page(results, pictures)
    assert all(f"images/{file}" in text for file in pictures)
    for verdict in judge(results):
        assert f"| {verdict.number} | {verdict.what} | {verdict.server} |" in text
    for title, plan in results.plans.get(SERVER.name, {}).items():
        assert title in text
        assert plan in text


@pytest.mark.skipif(SERVER.one_session, reason="has no auto_explain")
def test_plans_are_of_what_reads_raw(results: Results) -> None:
    plans = results.plans[SERVER.name]
    for title in (FOLD, LATE, DRILL_DOWN, *dashboards.QUESTIONS):
        assert "actual time=" in plans[title]
        assert ("_rollup" in plans[title]) == (title in dashboards.QUESTIONS)


def test_sequential_scans_are_found_where_an_index_serves() -> None:
    """Not where most of the table is wanted, nor of what has no index."""
    plan = """
        Append  (actual time=0.1..0.2 rows=7 loops=1)
        ->  Seq Scan on _hyper_1_2_chunk r_2  (actual time=0.1..0.2 rows=6 loops=1)
              Filter: (ahu_id = 'AHU01'::text)
              Rows Removed by Filter: 7000
        ->  Seq Scan on monthly_rollup m  (actual time=0..1 rows=2745.00 loops=1)
              Filter: (month >= '2021-01-01'::date)
              Rows Removed by Filter: 45
        ->  Seq Scan on pending_changes p  (actual time=0..1 rows=1.00 loops=1)
              Rows Removed by Filter: 99
        ->  Index Scan using a on daily_rollup d  (actual time=0..1 rows=1 loops=1)
              Rows Removed by Filter: 99
    """
    assert sequential_scans(plan) == ["_hyper_1_2_chunk"]


@pytest.mark.parametrize(
    ("name", "spoilt"),
    [
        (contenders.BARE, "update bench.daily set steam_cost = 0 where ahu_id = 'AHU02'"),
        (contenders.ADDED, "delete from bench.added_monthly where ahu_id = 'AHU01'"),
        (OURS, "update _ahu.daily_rollup set hcv_kwh = null where ahu_id = 'AHU02'"),
    ],
)
def test_a_contender_with_other_rows_is_named(database: Database, name: str, spoilt: str) -> None:
    build(database, Readings(ahus=2, days=2))
    with timed(database) as session:
        competing = (Ours(session), Bare(session), Added(session), ThreeViews(session))
        for contender in competing:
            contender.prepare()
        assert assert_same_answers(competing) == 2 * 2 * 2 + 2
        session.execute(spoilt)
        with pytest.raises(DisagreementError, match=name):
            assert_same_answers(competing)


def test_the_servers_time_is_that_of_all_statements_and_the_commit(database: Database) -> None:
    """Not of a client who waits before he reads the answer."""
    with timed(database) as session:
        assert session.ms("select 1; select pg_sleep(0.02); select 2") >= 20


def test_targets_know_which_way_is_better() -> None:
    results = Results()

    def add(contender: str, size: int, ms: float) -> None:
        results.add(Key("pg18", refreshes.SCENARIO, refreshes.BATCH, size, contender), ms, ms)

    add(OURS, 2_008_800, 10.5)
    add(contenders.BARE, 2_008_800, 10)
    add(THREE_VIEWS, 2_008_800, 1050)
    views, bare = sorted(judge(results), key=lambda verdict: verdict.limit or 0, reverse=True)
    assert (bare.limit, bare.holds, bare.missed_by) == (1.5, True, None)
    assert bare.measured.value == pytest.approx(1.05)
    assert (views.limit, views.holds) == (300, False)
    assert views.missed_by == pytest.approx(3)


def test_reasons_stand_only_where_a_target_is_missed() -> None:
    results = Results(titles={"pg18": "a server"})
    keys = {
        who: Key("pg18", dashboards.SCENARIO, dashboards.MONTH_OF_ALL, 100, who)
        for who in (OURS, dashboards.ANSWER)
    }
    for who, ms in ((OURS, 1.1), (dashboards.ANSWER, 1.0)):
        results.add(keys[who], ms, ms)
    assert "None is, in this run." in page(results, {})
    results.series[keys[OURS]] = [1.3, 1.3]
    assert "None is, in this run." not in page(results, {})
    assert "- 6, *grown day by day*" in page(results, {})
    assert "- 4, " not in page(results, {})


def test_what_was_never_measured_has_no_page(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = str(tmp_path)
    assert main(["--again", "--folder", folder, "--page", f"{folder}/page.md"]) == 2
    assert "nothing was measured yet" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_clock_of_whole_milliseconds_is_averaged() -> None:
    assert typical([1, 1, 2]) == pytest.approx(4 / 3)
    assert typical([1.1, 1.2, 9.5]) == 1.2


def test_lines_go_through_what_was_measured() -> None:
    line = Line(fixed=5, per_ahu=0.1)
    assert line.at(1000) == pytest.approx(105)
    assert line.reaches(105) == pytest.approx(1000)


@pytest.mark.skipif(SERVER.one_session, reason="too slow for two plants")
def test_what_gives_first_comes_first(results: Results) -> None:
    reached = [quantity.ahus for quantity in quantities(results, SERVER.name)]
    assert reached
    assert reached == sorted(reached)


def test_an_estimate_tells_chance_from_difference() -> None:
    same = of_ratio([1.0, 1.1, 1.2, 0.9, 1.0], [1.0, 1.2, 1.1, 1.0, 0.9])
    assert same.low < same.value == 1.0 < same.high
    assert same.may_be(1.0)
    twice = of_ratio([2.0, 2.1, 1.9], [1.0, 1.0, 1.0]).then(lambda times: 100 * (times - 1))
    assert (twice.low, twice.value, twice.high) == pytest.approx((90, 100, 110))
    assert not twice.may_be(0)
    assert of_ratio([1.0], [0.0]).value == math.inf
