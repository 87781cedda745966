"""How a range of days is cut into months, and how what differs is printed."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date

import pytest

from ahu_sql.backfill import Totals
from ahu_sql.verification import BYPASSED, PENDING, RAW_DROPPED, Difference, Repair, Span, spans
from ahu_sql.verification_report import Json, Lines, Report, repair_summary, summary

JANUARY = Span(date(2025, 1, 30), date(2025, 1, 31))
FEBRUARY = Span(date(2025, 2, 1), date(2025, 2, 3))
KEY = Difference("day", date(2025, 1, 31), "AHU01", BYPASSED, 240, 1241, ["readings", "hcv_kwh"])
MONTH = Difference("month", date(2025, 1, 1), 'say "ü"\n', RAW_DROPPED, 7440, 0, ["readings"])


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        ((2025, 1, 30), (2025, 2, 3), [JANUARY, FEBRUARY]),
        ((2025, 1, 31), (2025, 1, 31), [Span(date(2025, 1, 31), date(2025, 1, 31))]),
        ((2024, 2, 1), (2024, 2, 29), [Span(date(2024, 2, 1), date(2024, 2, 29))]),
        ((9999, 12, 30), (9999, 12, 31), [Span(date(9999, 12, 30), date(9999, 12, 31))]),
        ((2025, 2, 3), (2025, 1, 30), []),
    ],
)
def test_days_are_cut_where_months_end(
    first: tuple[int, int, int], last: tuple[int, int, int], expected: list[Span]
) -> None:
    assert list(spans(date(*first), date(*last))) == expected


def test_each_day_is_in_one_span_and_each_span_in_one_month() -> None:
    cut = spans(date(2023, 11, 17), date(2025, 3, 2))
    assert sum(span.days for span in cut) == (date(2025, 3, 2) - date(2023, 11, 16)).days
    assert len(cut) == 17
    assert all(span.first_day.month == span.last_day.month for span in cut)


def repaired() -> Repair:
    return Repair(None, trust_raw=False, keys=2, months=1, totals=Totals(3, 4, 500, 0))  # type: ignore[arg-type]


def told(report: Report, lines: list[str], *, with_repair: bool) -> str:
    report.begin("plant", [JANUARY, FEBRUARY])
    report.tell([KEY])
    report.tell([])
    report.tell([MONTH])
    if with_repair:
        report.tell_repair(repaired())
        report.tell([MONTH])
    report.end()
    return "\n".join(lines)


def test_json_is_one_object_with_all_that_differs() -> None:
    lines: list[str] = []
    found = json.loads(told(Json(lines.append), lines, with_repair=False))
    assert (found["from_day"], found["until_day"]) == ("2025-01-30", "2025-02-03")
    assert found["differences"] == [
        {
            "unit": "day",
            "day": "2025-01-31",
            "ahu_id": "AHU01",
            "reason": "tracking bypassed",
            "stored_readings": 240,
            "raw_readings": 1241,
            "measures": ["readings", "hcv_kwh"],
        },
        {
            "unit": "month",
            "day": "2025-01-01",
            "ahu_id": 'say "ü"\n',
            "reason": "raw dropped",
            "stored_readings": 7440,
            "raw_readings": 0,
            "measures": ["readings"],
        },
    ]
    assert (found["repair"], found["remaining"]) == (None, None)
    assert found["counts"] == {
        "pending": 0,
        "quarantined": 0,
        "raw dropped": 1,
        "tracking bypassed": 1,
    }


def test_json_tells_the_repair_and_counts_what_is_left_after_it() -> None:
    lines: list[str] = []
    found = json.loads(told(Json(lines.append), lines, with_repair=True))
    assert len(found["differences"]) == 2
    assert [one["unit"] for one in found["remaining"]] == ["month"]
    assert found["repair"] == {
        "keys": 2,
        "months": 1,
        "refresh": {"days": 3, "keys": 4, "readings": 500, "quarantined": 0, "skipped": False},
    }
    assert sum(found["counts"].values()) == 1


def test_json_of_nothing_is_an_object_too() -> None:
    lines: list[str] = []
    report = Json(lines.append)
    report.begin("plant", [])
    report.end()
    found = json.loads("\n".join(lines))
    assert (found["from_day"], found["differences"]) == (None, [])


def test_lines_stand_in_columns_and_hold_nothing_that_a_terminal_obeys() -> None:
    lines: list[str] = []
    assert told(Lines(lines.append), lines, with_repair=False).splitlines() == [
        "unit   day         ahu_id       stored        raw  reason             differs",
        "day    2025-01-31  AHU01           240      1,241  tracking bypassed  readings, hcv_kwh",
        'month  2025-01-01  say "ü"       7,440          0  raw dropped        readings',
    ]


def test_lines_have_a_heading_of_their_own_after_the_repair() -> None:
    lines: list[str] = []
    told(Lines(lines.append), lines, with_repair=True)
    assert lines[3:5] == ["", lines[0]]
    assert lines[5:] == [lines[2]]


class TestSummary:
    def test_says_that_all_is_right(self) -> None:
        assert summary([JANUARY, FEBRUARY], Counter(), ()) == (
            "verified 5 days, 2025-01-30 to 2025-02-03: the views equal raw"
        )

    def test_says_that_there_is_nothing(self) -> None:
        assert summary([], Counter(), ()).startswith("nothing to verify")

    def test_names_each_reason_with_what_to_do(self) -> None:
        said = summary([JANUARY], Counter({PENDING: 1200, BYPASSED: 1}), (PENDING,)).splitlines()
        assert said[0] == "verified 2 days, 2025-01-30 to 2025-01-31: 1,201 differences"
        assert said[1].startswith("pending: 1,200 (allowed); ") and "ahu-sql refresh" in said[1]
        assert said[2].startswith("tracking bypassed: 1; ") and "--repair" in said[2]
        assert len(said) == 3

    def test_of_a_repair(self) -> None:
        assert repair_summary(repaired()) == (
            "marked 2 keys, summed up 1 month again, refreshed 3 days and 4 keys"
        )


@pytest.mark.parametrize(
    ("counts", "allowed", "is_exit_1"),
    [
        ({}, (), False),
        ({PENDING: 0}, (), False),
        ({PENDING: 1}, (), True),
        ({PENDING: 1}, (PENDING,), False),
        ({PENDING: 1, BYPASSED: 1}, (PENDING,), True),
        ({PENDING: 1, BYPASSED: 1}, (PENDING, BYPASSED), False),
    ],
)
def test_the_exit_code_is_that_of_what_is_not_allowed(
    counts: dict[str, int], allowed: tuple[str, ...], is_exit_1: bool
) -> None:
    report = Lines(print)
    report.counts.update(counts)
    assert report.is_exit_1(allowed) is is_exit_1
