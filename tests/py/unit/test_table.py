"""What the demo's tables promise to a reader."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from ahu_sql.table import MAX_WIDTH, format_table


def test_numbers_stand_at_the_right_with_thousands_and_all_their_digits() -> None:
    assert format_table(
        ["day", "ahu_id", "total_cost", "readings"],
        [
            (date(2025, 8, 31), "AHU01", Decimal("1234567.80"), 240),
            (date(2025, 8, 31), "AHU05H", Decimal("-0.00010"), 1000),
        ],
    ).splitlines() == [
        "day         ahu_id    total_cost  readings",
        "----------  ------  ------------  --------",
        "2025-08-31  AHU01   1,234,567.80       240",
        "2025-08-31  AHU05H      -0.00010     1,000",
    ]


def test_null_is_a_dash_and_leaves_a_column_of_numbers_at_the_right() -> None:
    assert format_table(["ahu_id", "kwh"], [("AHU01", None), (None, 1234)]).splitlines() == [
        "ahu_id    kwh",
        "------  -----",
        "AHU01       –",  # noqa: RUF001
        "–       1,234",  # noqa: RUF001
    ]


def test_no_rows_leave_heading_and_rule() -> None:
    assert format_table(["day", "ahu_id"], []) == "day  ahu_id\n---  ------"


def test_truth_is_a_word_and_not_a_number() -> None:
    assert format_table(["ok"], [(True,), (False,)]).splitlines()[2:] == ["yes", "no"]


def test_numbers_are_never_shown_with_an_exponent() -> None:
    assert format_table(["n"], [(Decimal("1E+6"),)]).splitlines()[-1] == "1,000,000"


def test_long_text_is_cut_so_that_the_line_fits_and_the_number_stays_whole() -> None:
    number = Decimal("123456789012.3456")
    lines = format_table(["what", "cost"], [("x" * 300, number), ("y", 1)]).splitlines()
    assert max(len(line) for line in lines) == MAX_WIDTH
    assert lines[2].endswith("…  123,456,789,012.3456")


def test_a_long_heading_is_cut_before_the_numbers_below_it() -> None:
    lines = format_table(["h" * 300, "n"], [(12345, 1)]).splitlines()
    assert len(lines[0]) == MAX_WIDTH
    assert lines[2].split() == ["12,345", "1"]


def test_numbers_that_cannot_fit_are_refused_and_not_cut() -> None:
    with pytest.raises(ValueError, match="do not fit into 100 characters"):
        format_table(["a", "b"], [(10**60, 10**60)])


def test_a_row_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="a row of 1 values does not fit 2 columns"):
        format_table(["a", "b"], [(1,)])


def test_a_value_stays_on_its_line_and_cannot_command_the_terminal() -> None:
    assert format_table(["q"], [("select 1\n\tfrom \x1b[31mx",)]).splitlines()[2:] == [
        "select 1 from ?[31mx"
    ]
