"""The model says what the design says, and what it says is held against what was seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from fuzz.history import Event, Look, Row
from fuzz.judge import differences
from fuzz.summaries import MEASURES, Key, Summary, by_month, summed

DAY, NEXT = date(2024, 1, 9), date(2024, 1, 10)
KEY, OTHER = (DAY, "AHU01"), (NEXT, "AHU02")
WHOLE = 240
Counts = Mapping[Key, int]


def of(readings: int) -> Summary:
    """What so many readings that cost 2 each sum up to; nothing else is known."""
    sums = (Decimal(2 * readings), *[None] * (len(MEASURES) - 1))
    return Summary(readings, Decimal(readings), sums)


def look(
    raw: Counts,
    shown: Counts,
    seen: range,
    log: set[tuple[date, str | None]] | None = None,
    quarantine: dict[Key, tuple[int, int, int]] | None = None,
) -> Look:
    """What a transaction sees where every view follows from the days that are shown."""
    days = {key: of(readings) for key, readings in shown.items()}
    return Look(
        raw={key: of(readings) for key, readings in raw.items()},
        daily={key: Row(summary, summary.total_cost) for key, summary in days.items()},
        monthly={
            key: (*summary.sums[:3], summary.total_cost) for key, summary in by_month(days).items()
        },
        log=frozenset(log or ()),
        quarantine=quarantine or {},
        seen=frozenset(seen),
    )


def fold(number: int, saw: Look, max_days: int | None = None) -> Event:
    """A refresh that found something to do."""
    answer = {"outcome": "refreshed"}
    return Event(number, "fold", {"max_days": max_days}, answer, (), saw, saw.seen)


def change(number: int, key: Key, net: int) -> Event:
    """So many readings came or went."""
    return Event(number, "change", changed=((key, net),))


def said(number: int, kind: str, saw: Look | None = None, **more: Any) -> Event:
    """A word of the operator's about the day."""
    named = {"from": str(DAY), "until": str(DAY), "ahus": None} | more
    return Event(number, kind, named, {"keys": 1}, look=saw)


def wrong(*events: Event) -> list[str]:
    """What is not as it must be."""
    return list(differences(list(events), counted=True))


LOADED = change(1, KEY, WHOLE)
FOLDED = fold(2, look({KEY: WHOLE}, {KEY: WHOLE}, range(2)))
# retention has taken the day; a late reading comes into it
LATE = change(3, KEY, 1)
KEPT = look({KEY: 1}, {KEY: WHOLE}, range(4), quarantine={KEY: (WHOLE, 1, 1)})
QUARANTINED = (LOADED, FOLDED, LATE, fold(4, KEPT))


def test_what_is_loaded_is_shown_and_what_is_lost_is_noticed() -> None:
    assert wrong(LOADED, FOLDED) == []
    for saw in (
        look({KEY: WHOLE}, {}, range(2)),
        look({KEY: WHOLE}, {KEY: WHOLE - 1}, range(2)),
        look({KEY: WHOLE}, {KEY: WHOLE, OTHER: 1}, range(2)),
        look({KEY: WHOLE}, {KEY: WHOLE}, range(2), quarantine={KEY: (1, 0, 0)}),
        look({KEY: WHOLE}, {KEY: WHOLE}, range(2), log={KEY}),
    ):
        assert wrong(LOADED, fold(2, saw)), saw


def test_a_view_that_is_wrong_in_one_thing_is_noticed() -> None:
    saw = FOLDED.look
    assert saw is not None
    row = saw.daily[KEY]
    zero = (*row.summary.sums[:-1], Decimal(0))
    for other in (
        replace(row, total_cost=None),
        replace(row, summary=replace(row.summary, sums=zero)),
        replace(row, summary=replace(row.summary, newest=Decimal(1))),
        replace(row, summary=replace(row.summary, readings=1)),
    ):
        assert wrong(LOADED, fold(2, replace(saw, daily={KEY: other})))
        tracked = Event(1, "look", look=replace(saw, daily={KEY: other}))
        assert list(differences([tracked], counted=False))
    assert wrong(LOADED, fold(2, replace(saw, monthly={})))
    assert list(differences([Event(1, "look", look=saw)], counted=False)) == []


def test_a_day_of_240_never_becomes_a_day_of_one() -> None:
    assert wrong(*QUARANTINED) == []
    shrunk = look({KEY: 1}, {KEY: 1}, range(4))
    assert wrong(LOADED, FOLDED, LATE, fold(4, shrunk))
    unreported = replace(KEPT, quarantine={})
    assert wrong(LOADED, FOLDED, LATE, fold(4, unreported))


def test_as_many_readings_may_go_as_the_log_counts() -> None:
    for lost, left in ((WHOLE - 1, 1), (WHOLE, 0)):
        shown = {KEY: left} if left else {}
        events = LOADED, FOLDED, change(3, KEY, -lost)
        assert wrong(*events, fold(4, look(shown, shown, range(4)))) == []
    kept = look({KEY: 9}, {KEY: WHOLE}, range(4), quarantine={KEY: (WHOLE, 9, -230)})
    assert wrong(LOADED, FOLDED, change(3, KEY, -230), fold(4, kept)) == []
    # and what was counted in quarantine counts on
    more = look({KEY: 8}, {KEY: WHOLE}, range(6), quarantine={KEY: (WHOLE, 8, -231)})
    after = LOADED, FOLDED, change(3, KEY, -230), fold(4, kept), change(5, KEY, -1)
    assert wrong(*after, fold(6, more)) == []


def test_truncate_keeps_and_reports() -> None:
    truncated = Event(3, "truncate")
    kept = look({}, {KEY: WHOLE}, range(4), quarantine={KEY: (WHOLE, 0, 0)})
    assert wrong(LOADED, FOLDED, truncated, fold(4, kept)) == []
    assert wrong(LOADED, FOLDED, truncated, fold(4, look({}, {}, range(4))))
    pending = look({}, {KEY: WHOLE}, range(4), log={(DAY, None)})
    assert wrong(LOADED, FOLDED, truncated, Event(4, "look", look=pending)) == []
    assert wrong(
        LOADED, FOLDED, truncated, Event(4, "look", look=replace(pending, log=frozenset()))
    )


def test_the_operators_word_is_taken() -> None:
    trusted = said(5, "mark", trust=True)
    assert wrong(*QUARANTINED, trusted, fold(6, look({KEY: 1}, {KEY: 1}, range(6)))) == []
    assert wrong(*QUARANTINED, trusted, fold(6, replace(KEPT, seen=frozenset(range(6)))))
    for how, shown in (("replace", 1), ("add", WHOLE + 1), ("ignore", WHOLE)):
        saw = look({KEY: 1}, {KEY: shown}, range(5))
        saw.daily[KEY] = replace(saw.daily[KEY], summary=_newest(shown, how))
        assert wrong(*QUARANTINED, said(5, "resolve", saw, how=how)) == []
        other = look({KEY: 1}, {KEY: shown + 1}, range(5))
        assert wrong(*QUARANTINED, said(5, "resolve", other, how=how))


def _newest(shown: int, how: str) -> Summary:
    return replace(of(shown), newest=Decimal(WHOLE if how == "add" else shown))


def test_add_is_not_done_where_raw_has_readings_that_are_counted_already() -> None:
    kept = look({KEY: 9}, {KEY: WHOLE}, range(4), quarantine={KEY: (WHOLE, 9, 1)})
    events = LOADED, FOLDED, LATE, fold(4, kept)
    saw = look({KEY: 9}, {KEY: WHOLE + 9}, range(5))
    assert any(
        "counted already" in line for line in wrong(*events, said(5, "resolve", saw, how="add"))
    )


def test_a_pending_change_that_is_lost_is_noticed() -> None:
    saw = look({KEY: WHOLE}, {}, range(2), log={KEY})
    assert wrong(LOADED, Event(2, "look", look=saw)) == []
    assert wrong(LOADED, Event(2, "look", look=replace(saw, log=frozenset())))
    assert wrong(LOADED, Event(2, "look", look=replace(saw, log=frozenset({OTHER}))))


def test_a_refresh_of_one_day_leaves_the_other() -> None:
    events = LOADED, change(2, OTHER, 3)
    saw = look({KEY: WHOLE, OTHER: 3}, {KEY: WHOLE}, range(3), log={OTHER})
    assert wrong(*events, fold(3, saw, max_days=1)) == []
    assert wrong(*events, fold(3, saw))
    both = look({KEY: WHOLE, OTHER: 3}, {KEY: WHOLE, OTHER: 3}, range(3))
    assert wrong(*events, fold(3, both, max_days=1))


def test_what_comes_while_a_refresh_waits_may_be_left() -> None:
    events = LOADED, change(2, OTHER, 3)
    refresh = fold(3, look({KEY: WHOLE, OTHER: 3}, {KEY: WHOLE}, range(3), log={OTHER}))
    assert wrong(*events, replace(refresh, before=frozenset({1}))) == []
    assert wrong(*events, refresh)
    nothing = replace(refresh, answer={"outcome": "nothing pending"})
    assert wrong(*events, nothing)


def test_an_older_snapshot_sees_what_was_before() -> None:
    before = look({KEY: WHOLE}, {}, range(2), log={KEY})
    assert wrong(LOADED, FOLDED, Event(3, "look", look=before)) == []
    after = look({KEY: WHOLE}, {}, range(3), log={KEY})
    assert wrong(LOADED, FOLDED, Event(3, "look", look=after))


@pytest.mark.parametrize("reason", ["pending", "quarantined", "raw dropped", "tracking bypassed"])
def test_a_wrong_answer_of_verify_is_noticed(reason: str) -> None:
    verified = (("day", str(DAY), "AHU01", reason, WHOLE, 1, ["readings"]),)
    saw = replace(KEPT, verified=verified, span=(DAY, NEXT))
    found = wrong(LOADED, FOLDED, LATE, fold(4, saw))
    assert (found == []) == (reason == "quarantined")
    assert wrong(LOADED, FOLDED, LATE, fold(4, replace(saw, verified=())))


def test_lookback_sees_the_last_days_and_counts_nothing() -> None:
    saw = look({KEY: WHOLE}, {KEY: WHOLE}, range(3))
    switched = Event(3, "switch", {"mode": "lookback", "marked": []}, look=saw)
    gone = look({KEY: 9}, {KEY: WHOLE}, range(5), quarantine={KEY: (WHOLE, 9, 0)})
    deleted = change(4, KEY, 9 - WHOLE)
    assert wrong(LOADED, FOLDED, switched, deleted, fold(5, gone)) == []
    more = look({KEY: WHOLE + 1}, {KEY: WHOLE + 1}, range(4))
    assert wrong(LOADED, FOLDED, switched, fold(5, more)) == []


def test_native_shows_raw_and_gives_way_to_what_has_more_readings() -> None:
    raw = {KEY: 1, OTHER: 3}
    native = Event(3, "switch", {"mode": "native", "marked": []}, look=look(raw, raw, range(3)))
    assert wrong(LOADED, FOLDED, native) == []
    back = {"mode": "triggers", "marked": [str(DAY), str(NEXT)]}
    both = {KEY: WHOLE, OTHER: 3}
    saw = look(raw, both, range(4), quarantine={KEY: (WHOLE, 1, 0)})
    assert wrong(LOADED, FOLDED, native, Event(4, "switch", back, look=saw)) == []
    saw = look(raw, raw, range(4))
    assert wrong(LOADED, FOLDED, native, Event(4, "switch", back, look=saw))


def test_sums_are_exact_and_unknown_is_not_zero() -> None:
    inputs = [None] * 15
    readings = [
        ["1704765600", "AHU01", "0.1", *inputs[1:]],
        ["1704765600", "AHU01", "1e300", *inputs[1:]],
        ["1704765600", "AHU01", "-1e300", *inputs[1:]],
        ["Infinity", "AHU01", "5", *inputs[1:]],
        ["1704765600", None, "5", *inputs[1:]],
    ]
    (summary,) = summed("Asia/Seoul", readings).values()
    assert (summary.readings, summary.sums[0], summary.sums[1]) == (3, Decimal("0.1"), None)
    assert summary.total_cost == Decimal("0.1")
    assert list(summed("Pacific/Apia", readings)) == [(date(2024, 1, 9), "AHU01")]
    assert list(summed("America/New_York", readings)) == [(date(2024, 1, 8), "AHU01")]
