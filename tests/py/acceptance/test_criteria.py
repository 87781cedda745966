"""What holds and what does not, by given numbers."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace

import pytest

from acceptance import criteria
from acceptance.criteria import ALL_ROLES, Criterion, Evidence, Limits, judge
from acceptance.measuring import Measured
from acceptance.questions import CHARTS, DRILL_DOWN, HEAT_MAP
from acceptance.report import report
from crowd import Outcome, percentile

ASKED = (*CHARTS, DRILL_DOWN)
LIMITS = Limits(responsive_s=1, chart_s=3)


def outcome(**waits: list[float]) -> Outcome:
    """A hundred answers of 10 ms to each question, but for those named."""
    quick = {name: [0.01] * 100 for name in ASKED}
    return Outcome(quick | waits, served=Counter({0: 500}), seconds=60)


def evidence(rest: Outcome | None = None, loaded: Outcome | None = None) -> Evidence:
    return Evidence(
        asked=ASKED,
        rest=rest or outcome(),
        loaded=loaded or outcome(),
        promised={"ahu_read": 25, "ahu_write": 10},
        open_to_all=97,
        watched=True,
        differing=0,
    )


def failing(given: Evidence) -> set[str]:
    return {one.design for one in judge(given, LIMITS) if one.holds is False}


def unknown(given: Evidence) -> set[str]:
    return {one.design for one in judge(given, LIMITS) if one.holds is None}


def test_all_criteria_hold_where_nothing_is_amiss() -> None:
    assert all(one.holds for one in judge(evidence(), LIMITS))


def test_one_answer_in_twenty_may_be_slow_and_no_more() -> None:
    some, more = ({DRILL_DOWN: [0.01] * (100 - n) + [1.1] * n} for n in (5, 6))
    assert not failing(evidence(loaded=outcome(**some)))
    assert failing(evidence(loaded=outcome(**more))) == {criteria.RESPONSIVE}


def test_a_slow_answer_without_an_etl_says_nothing_about_etl_runs() -> None:
    assert not failing(evidence(rest=outcome(**{DRILL_DOWN: [1.1] * 100})))


@pytest.mark.parametrize("phase", ["rest", "loaded"])
def test_one_chart_in_a_hundred_may_be_slow_and_no_more(phase: str) -> None:
    some, more = ({HEAT_MAP: [0.01] * (100 - n) + [3.1] * n} for n in (1, 2))
    assert not failing(evidence(**{phase: outcome(**some)}))
    assert failing(evidence(**{phase: outcome(**more)})) == {criteria.SECONDS}


def test_a_question_without_any_answer_fails() -> None:
    given = evidence(loaded=outcome(**{HEAT_MAP: []}))
    assert failing(given) == {criteria.RESPONSIVE, criteria.SECONDS}
    assert "no answer" in table(given)


@pytest.mark.parametrize(("role", "most"), [("ahu_read", 25), ("ahu_write", 10), (ALL_ROLES, 97)])
def test_a_connection_more_than_the_pool_has_fails(role: str, most: int) -> None:
    loaded = outcome()
    loaded.peaks[role] = most
    assert not failing(evidence(loaded=loaded))
    loaded.peaks[role] = most + 1
    assert failing(evidence(loaded=loaded)) == {criteria.SPIKES}


@pytest.mark.parametrize("phase", ["rest", "loaded"])
def test_a_single_error_and_a_question_that_is_given_up_fail(phase: str) -> None:
    refused, given_up = outcome(), outcome()
    refused.errors["query_wait_timeout"] += 1
    given_up.given_up = 1
    for one in (refused, given_up):
        assert failing(evidence(**{phase: one})) == {criteria.TIMEOUTS}


def test_a_day_that_differs_from_raw_fails() -> None:
    assert failing(replace(evidence(), differing=1)) == {criteria.FRESH}


def test_what_was_not_measured_neither_holds_nor_fails() -> None:
    given = replace(evidence(), loaded=None, watched=False, differing=None)
    assert not failing(given)
    assert unknown(given) == {criteria.RESPONSIVE, criteria.SPIKES, criteria.FRESH}
    assert table(given).count("not measured") == 5


def test_a_load_that_is_both_at_rest_and_beside_the_etl_counts_once() -> None:
    both = outcome()
    both.errors["refused"] += 1
    (failed,) = (
        one for one in judge(evidence(both, both), LIMITS) if one.design == criteria.TIMEOUTS
    )
    assert failed == Criterion(criteria.TIMEOUTS, "failed, of 501", 0, 1)


def test_the_table_says_what_failed() -> None:
    lines = table(evidence(loaded=outcome(**{HEAT_MAP: [4.0] * 100}))).splitlines()
    assert [line.split()[-1] for line in lines[-7:]] == ["NO", *["yes"] * 4, "NO", "yes"]


@pytest.mark.parametrize(("percent", "wait"), [(50, 10), (95, 19), (99, 20), (100, 20), (1, 1)])
def test_a_percentile_is_a_wait_that_was_seen(percent: int, wait: float) -> None:
    assert percentile([float(n) for n in range(20, 0, -1)], percent) == wait
    assert percentile([], percent) == math.inf


def table(given: Evidence) -> str:
    alone = dict.fromkeys(ASKED, 0.01)
    return report(Measured(given, {}, alone), judge(given, LIMITS), clients=200)
