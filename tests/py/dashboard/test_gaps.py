"""What is unknown leaves a gap in every chart, and is nowhere taken for zero."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

COSTS = {"steam_cost": "Steam", "electricity_cost": "Electricity"}
FROM, UNTIL = date(2025, 8, 1), date(2025, 8, 3)


def rows() -> pd.DataFrame:
    """Two AHUs, one without steam; nothing at all on the second day; steam unknown on the third."""
    return pd.DataFrame(
        [
            (pd.Timestamp(2025, 8, 1), "A", 0.0, 5.0),
            (pd.Timestamp(2025, 8, 1), "B", None, 7.0),
            (pd.Timestamp(2025, 8, 3), "A", None, 1.0),
            (pd.Timestamp(2025, 8, 3), "B", None, 2.0),
        ],
        columns=["day", "ahu_id", *COSTS],
    )


def by_day() -> pd.DataFrame:
    """As the charts of days have it."""
    from shaping import days_between, known_sums

    return known_sums(rows(), "day", COSTS, days_between(FROM, UNTIL))


def known(frame: pd.DataFrame) -> dict[tuple[str, str], float | None]:
    """Values by day and label."""
    return {
        (f"{row.day:%d}", row.label): None if pd.isna(row.value) else row.value
        for row in frame.itertuples()
    }


def test_a_day_without_rows_and_a_sum_of_nulls_are_unknown_and_a_measured_zero_is_zero() -> None:
    assert known(by_day()) == {
        ("01", "Steam"): 0.0,
        ("02", "Steam"): None,
        ("03", "Steam"): None,
        ("01", "Electricity"): 12.0,
        ("02", "Electricity"): None,
        ("03", "Electricity"): 3.0,
    }
    counts = {(f"{row.day:%d}", row.label): row.known for row in by_day().itertuples()}
    assert counts["01", "Steam"] == 1 and counts["01", "Electricity"] == 2


def test_bars_draw_a_band_where_a_day_has_an_unknown_medium() -> None:
    from charts import bars_by_day

    bands, bars = (layer.data for layer in bars_by_day(by_day(), COSTS, "Cost").layer)
    assert dict(zip(bands["day"].dt.day, bands["label"], strict=True)) == {
        2: "Steam, Electricity",
        3: "Steam",
    }
    assert not bars["value"].isna().any() and len(bars) == 3


def test_a_medium_that_an_ahu_does_not_have_draws_no_bands() -> None:
    from charts import bars_by_day
    from shaping import days_between, known_sums

    only_b = rows().query("ahu_id == 'B'")
    shaped = known_sums(only_b, "day", COSTS, days_between(FROM, UNTIL))
    bands = bars_by_day(shaped, COSTS, "Cost").layer[0].data
    assert dict(zip(bands["day"].dt.day, bands["label"], strict=True)) == {2: "Electricity"}


def test_lines_break_at_unknown_days() -> None:
    from charts import lines_by_day

    line = lines_by_day(by_day(), COSTS, "Cost").layer[0]
    steam = line.data[line.data["label"] == "Steam"]["value"]
    assert steam.isna().tolist() == [False, True, True]
    assert line.to_dict()["mark"]["invalid"].startswith("break-paths")


def test_the_heat_map_leaves_unknown_cells_empty() -> None:
    from charts import heat_map
    from shaping import days_between, grid

    cells = grid(rows(), "steam_cost", days_between(FROM, UNTIL), ["A", "B", "C"])
    filled, crosses = (layer.data for layer in heat_map(cells, "Steam", "Cost").layer)
    assert filled[["ahu_id", "name", "value"]].values.tolist() == [["A", "2025-08-01", 0.0]]
    assert sorted(crosses["ahu_id"]) == ["A", "A", "B", "B", "B", "C", "C", "C"]


def test_an_ahu_without_a_known_value_says_so_instead_of_zero() -> None:
    from charts import bars_by_ahu
    from shaping import known_sums

    shaped = known_sums(rows(), "ahu_id", {"steam_cost": "Steam"}, ["A", "B", "C"])
    bars, words = (layer.data for layer in bars_by_ahu(shaped, COSTS, "Cost").layer)
    assert bars["ahu_id"].tolist() == ["A"]
    assert sorted(words["ahu_id"]) == ["B", "C"]


def test_lines_of_readings_break_where_readings_are_missing() -> None:
    from shaping import with_gaps

    minutes = [0, 6, 12, 18, 60, 66]
    frame = pd.DataFrame(
        {
            "at": pd.Timestamp(2025, 8, 1) + pd.to_timedelta(minutes, unit="min"),
            "ahu": "A",
            "kwh": 1.0,
        }
    )
    found = with_gaps(frame, "at", "ahu", "kwh")
    gaps = found[found["kwh"].isna()]["at"]
    assert gaps.tolist() == [pd.Timestamp(2025, 8, 1, 0, 54)]


def test_what_is_not_over_yet_is_told_apart() -> None:
    from shaping import not_over

    assert not_over(by_day(), "day", UNTIL)["part"].tolist() == [False, False, True] * 2
    months = pd.DataFrame({"month": pd.to_datetime(["2025-07-01", "2025-08-01"])})
    assert not_over(months, "month", date(2025, 8, 31))["part"].tolist() == [False, True]
    assert not_over(months, "month", date(2025, 9, 1))["part"].tolist() == [False, False]


@pytest.mark.parametrize(
    ("until", "labels"), [(3, [1, 2, 3]), (25, [1, 4, 7, 10, 13, 16, 19, 22, 25])]
)
def test_labels_name_days_that_are_shown_and_stand_below_their_middle(
    until: int, labels: list[int]
) -> None:
    from charts import bars_by_day
    from shaping import days_between, known_sums

    shaped = known_sums(rows(), "day", COSTS, days_between(FROM, date(2025, 8, until)))
    axis = bars_by_day(shaped, COSTS, "Cost").to_dict()["layer"][-1]["encoding"]["x"]["axis"]
    assert [(value["date"], value["hours"]) for value in axis["values"]] == [
        (d, 12) for d in labels
    ]
