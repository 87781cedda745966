"""Raw readings: by the guard alone, when somebody asks, and what it says when it refuses."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pandas as pd
import psycopg
import pytest

from dashboard.page import OpenPage, go_to, texts
from dashboard.site import DashboardSite

if TYPE_CHECKING:
    from streamlit.testing.v1 import AppTest

FIRST, LAST = date(2025, 7, 3), date(2025, 8, 31)


def ask(page: AppTest, ahu_ids: list[str], from_day: date, until_day: date) -> None:
    """Fill in the form, and press its button."""
    (ahus,) = page.main.multiselect
    (days,) = page.main.date_input
    ahus.set_value(ahu_ids)
    days.set_value((from_day, until_day))
    (read,) = [button for button in page.button if button.label == "Read"]
    read.click().run()
    assert not page.exception, page.exception


def raw_readings(site: DashboardSite, ahu_id: str, day: date) -> int:
    """How many there are."""
    return int(
        site.database.scalar(
            "select count(*) from ahu_data.energy_readings where ahu_id = %s "
            "and (timestamp at time zone 'Asia/Seoul')::date = %s",
            [ahu_id, day],
        )
    )


def test_raw_is_read_only_when_somebody_asks(site: DashboardSite, open_page: OpenPage) -> None:
    page = open_page()
    site.forget_questions()
    go_to(page, "Readings")
    assert "only on demand" in texts(page)
    ask(page, ["AHU02"], LAST, LAST)
    page.run()
    go_to(page, "Costs")
    go_to(page, "Readings")
    assert site.questions() == {"freshness": 5, "readings": 1}
    assert f"**{raw_readings(site, 'AHU02', LAST)} readings**" in texts(page)


def test_a_day_begins_at_the_sites_midnight(site: DashboardSite, open_page: OpenPage) -> None:
    page = open_page()
    go_to(page, "Readings")
    ask(page, ["AHU07", "AHU02"], date(2025, 8, 29), date(2025, 8, 30))
    (table,) = page.dataframe
    times = table.value["timestamp"]
    assert (times.min(), times.max()) == (
        pd.Timestamp("2025-08-29 00:00"),
        pd.Timestamp("2025-08-30 23:54"),
    )
    assert set(table.value["ahu_id"]) == {"AHU02", "AHU07"}


def test_the_guards_refusal_is_shown_in_its_own_words(
    site: DashboardSite, open_page: OpenPage
) -> None:
    with site.pooler.connect("ahu_read") as session:
        session.execute("set timezone to 'Asia/Seoul'")
        with pytest.raises(psycopg.Error) as refused:
            session.execute(
                "select * from ahu.readings('2025-07-03', '2025-09-01', array['AHU01'])"
            )
    words, page = refused.value.diag, open_page()
    assert words.message_primary and words.message_detail and words.message_hint
    go_to(page, "Readings")
    refusals = site.server.log.read_text().count(words.message_primary)
    ask(page, ["AHU01"], FIRST, LAST)
    (refusal,) = page.warning
    said = refusal.value.replace("\\", "")
    assert f"**{words.message_primary}**" in said
    assert words.message_detail in said
    assert words.message_hint in said
    assert not page.error
    assert site.server.log.read_text().count(words.message_primary) == refusals + 1  # asked once

    ask(page, ["AHU01"], LAST, LAST)
    assert not page.warning
    assert len(page.dataframe) == 1


def test_days_without_readings_say_so(site: DashboardSite, open_page: OpenPage) -> None:
    page = open_page()
    go_to(page, "Readings")
    ask(page, ["AHU01"], date(2025, 7, 1), date(2025, 7, 1))
    assert "There are no such readings" in texts(page)


def test_the_form_says_what_is_missing(site: DashboardSite, open_page: OpenPage) -> None:
    page = open_page()
    go_to(page, "Readings")
    ask(page, [], LAST, LAST)
    assert "Choose an AHU" in texts(page)


@pytest.mark.parametrize("layout", ["wide", "long"])
def test_columns_are_told_by_what_is_in_them(layout: str) -> None:
    from drill_down import columns_of

    frame = pd.DataFrame(
        {
            "unit_name": ["A", "B", "A"],
            "read_at": pd.to_datetime(["2025-08-01"] * 3, utc=True),
            "kwh": [1.0, None, 2.0],
        }
    )
    if layout == "long":
        frame["metric"] = ["kwh", "krw", "kwh"]
    columns = columns_of(frame, ("A", "B"))
    assert (columns.time, columns.ahu, columns.numbers) == ("read_at", "unit_name", ("kwh",))
    assert columns.kinds == (("metric",) if layout == "long" else ())
