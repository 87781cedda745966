"""What the badge says of each state that ahu.freshness can be in."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from queries import Freshness

NOW = datetime(2025, 9, 1, 0, 30, tzinfo=UTC)


def fresh(**changes: Any) -> Freshness:
    """Nothing pending, and then these changes."""
    from queries import Freshness

    return replace(
        Freshness(
            asked_at=NOW,
            newest_day=date(2025, 8, 31),
            newest_reading=NOW - timedelta(minutes=30),
            pending_days=0,
            backfill_days=0,
            pending_since=None,
            quarantined_keys=0,
            is_stale=False,
            is_tracked=True,
            last_refresh=NOW - timedelta(minutes=4),
            version=(1, NOW),
        ),
        **changes,
    )


PENDING = {"pending_days": 2, "pending_since": NOW - timedelta(minutes=9)}
SINCE = "since 09:21"  # in Seoul

STATES: dict[str, tuple[dict[str, Any], list[tuple[str, str]]]] = {
    "fresh": ({}, [("green", "fresh")]),
    "pending": (PENDING, [("orange", f"changes pending {SINCE}")]),
    "backfill": (PENDING | {"backfill_days": 2}, [("orange", "backfill: 2 days left")]),
    "stale": (PENDING | {"is_stale": True}, [("red", f"stale {SINCE}")]),
    "not tracked by wish": ({"is_tracked": None}, [("blue", "as of 09:26")]),
    "not tracked by wish, stale": ({"is_tracked": None, "is_stale": True}, [("red", "stale")]),
    "not tracked by accident": ({"is_tracked": False}, [("red", "changes are not noticed")]),
    "native": ({"is_tracked": None, "pending_days": None}, [("blue", "as of 09:26")]),
    "since yesterday": (
        PENDING | {"pending_since": NOW - timedelta(hours=10)},
        [("orange", "changes pending since 31 Aug 2025, 23:30")],
    ),
    "quarantine": (
        {"quarantined_keys": 1},
        [("green", "fresh"), ("violet", "quarantine: 1 key")],
    ),
    "quarantine and stale": (
        PENDING | {"is_stale": True, "quarantined_keys": 1200},
        [("red", f"stale {SINCE}"), ("violet", "quarantine: 1,200 keys")],
    ),
}


@pytest.mark.parametrize("state", STATES)
def test_the_badge_says(state: str) -> None:
    from badge import badges
    from site_settings import Site

    changes, wanted = STATES[state]
    found = badges(fresh(**changes), Site("Asia/Seoul", ""))
    assert [(badge.colour, badge.label) for badge in found] == wanted
    assert all(badge.meaning for badge in found)
