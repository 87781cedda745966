"""What must be stored when readings may go silently: the rules of shrinking, in plain Python.

Raw is read from the looks, evidence from triggers of our own. A key may lose as many readings as
the log has counted; if raw has fewer, its summary stays and it is in quarantine, until its readings
are back, or the operator has said what is to become of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date

from fuzz.history import Event, Look, Named
from fuzz.summaries import Key, Summary

LOOKBACK_DAYS = 7


@dataclass(frozen=True)
class Entry:
    """What the log must say of a key, or of every AHU of a day. number: of its event."""

    number: int
    day: date
    ahu: str | None
    net: int = 0
    trust: bool = False

    @property
    def named(self) -> Named:
        """The key."""
        return self.day, self.ahu


@dataclass(frozen=True)
class Doubt:
    """A key in quarantine: readings stored and in raw, and what the log counts."""

    stored: int
    raw: int
    net: int


@dataclass
class State:
    """What is stored after one refresh. marks: days that are to be folded whole.

    taken: which events have been folded, for which day. native: the views of that strategy.
    """

    mode: str = "triggers"
    stored: dict[Key, Summary] = field(default_factory=dict)
    quarantine: dict[Key, Doubt] = field(default_factory=dict)
    retained: dict[Key, Summary] = field(default_factory=dict)
    native: dict[Key, Summary] = field(default_factory=dict)
    marks: set[date] = field(default_factory=set)
    taken: set[tuple[int, date]] = field(default_factory=set)

    @property
    def shown(self) -> dict[Key, Summary]:
        """What the daily views must show."""
        return self.native if self.mode == "native" else self.stored

    def is_due(self, day: date) -> bool:
        """Whether the next refresh folds the day whatever the log says."""
        if self.mode == "lookback":
            newest = max((day for day, _ in self.stored), default=date.min)
            return day.toordinal() > newest.toordinal() - LOOKBACK_DAYS
        return self.mode == "native"

    def copy(self) -> State:
        """One to change."""
        return State(
            self.mode,
            dict(self.stored),
            dict(self.quarantine),
            dict(self.retained),
            dict(self.native),
            set(self.marks),
            set(self.taken),
        )


class Model:
    """Follows a history; afterwards `states` has the state that each event must have left or seen.

    wrong: what a refresh did that it may not do, whatever is stored.
    """

    def __init__(self, events: Iterable[Event]) -> None:
        """Follows it."""
        self.states: dict[int, State] = {}
        self.wrong: list[str] = []
        self._entries: dict[int, list[Entry]] = {}
        self._folds: dict[int, State] = {0: State()}
        for event in events:
            self._follow(event)

    @property
    def _latest(self) -> State:
        return self._folds[max(self._folds)]

    def pending(self, state: State, look: Look) -> list[Entry]:
        """What the log must hold that is seen here."""
        marks = [Entry(0, day, None) for day in sorted(state.marks)]
        return marks + [
            entry
            for number in sorted(look.seen & self._entries.keys())
            for entry in self._entries[number]
            if (number, entry.day) not in state.taken
        ]

    def _follow(self, event: Event) -> None:
        if event.look is None:
            self._entries[event.number] = list(self._logged(event))
            return
        last = max(number for number in self._folds if number in event.look.seen or number == 0)
        before = self._folds[last]
        after = self._after(event, event.look, before)
        self.states[event.number] = after
        if after is not before:
            if before is not self._latest:
                self.wrong.append(f"event {event.number} folded on an older state than the latest")
            self._folds[event.number] = after

    def _logged(self, event: Event) -> Iterator[Entry]:
        """What the event must leave in the log."""
        mode = self._latest.mode
        if event.kind == "mark" and mode != "native":
            first, last = (date.fromisoformat(event.said[name]) for name in ("from", "until"))
            for days in range((last - first).days + 1):
                for ahu in event.said["ahus"] or [None]:
                    day = date.fromordinal(first.toordinal() + days)
                    yield Entry(event.number, day, ahu, trust=event.said["trust"])
        elif event.kind == "truncate" and mode == "triggers":
            for day in sorted({day for day, _ in self._latest.stored}):
                yield Entry(event.number, day, None)
        elif event.kind == "change" and mode == "triggers":
            for (day, ahu), net in event.changed:
                yield Entry(event.number, day, ahu, net)

    def _after(self, event: Event, look: Look, before: State) -> State:
        if event.kind == "switch":
            return self._switched(event, look, before)
        if event.kind == "resolve":
            return self._resolved(event, look, before)
        if event.kind == "fold" and event.answer["outcome"] == "refreshed":
            return self._refreshed(event, look, before)
        if event.kind == "fold" and event.answer["outcome"] == "nothing pending":
            self._require_all(event, look, before)
        return before

    def _require_all(self, event: Event, look: Look, after: State) -> None:
        """Nothing is pending any more that was when the refresh was called."""
        left = {
            entry.day
            for entry in self.pending(after, look)
            if entry.number in event.before or not entry.number
        }
        if left:
            self.wrong.append(f"event {event.number}: a full refresh leaves {sorted(left)}")

    def _refreshed(self, event: Event, look: Look, before: State) -> State:
        after = before.copy()
        if before.mode == "native":
            after.native = dict(look.raw)
            return after
        folded = self._fold_all(after, look)
        most = event.said["max_days"]
        if most is None:
            self._require_all(event, look, after)
        elif len(folded) > most:
            self.wrong.append(f"event {event.number}: {len(folded)} days, at most {most}")
        return after

    def _switched(self, event: Event, look: Look, before: State) -> State:
        after = before.copy()
        after.mode = event.said["mode"]
        if after.mode == "native":
            after.native = dict(look.raw)
            return after
        if before.mode == "native":
            for key, summary in before.native.items():
                if key not in after.stored or after.stored[key].readings <= summary.readings:
                    after.stored[key] = summary
        after.marks |= set(map(date.fromisoformat, event.said["marked"]))
        if event.said["marked"]:
            self._fold_all(after, look)
        return after

    def _resolved(self, event: Event, look: Look, before: State) -> State:
        after = before.copy()
        said = event.said
        first, last = (date.fromisoformat(said[name]) for name in ("from", "until"))

        def keys() -> list[Key]:
            return [
                (day, ahu)
                for day, ahu in after.quarantine
                if first <= day <= last and (said["ahus"] is None or ahu in said["ahus"])
            ]

        days = {day for day, _ in keys()}
        self._fold(after, look, days, self.pending(after, look))
        verdict = [key for key in keys() if key[0] in days]
        if len(verdict) != event.answer["keys"]:
            self.wrong.append(f"event {event.number}: resolved {event.answer['keys']} keys")
        for key in verdict:
            doubt = after.quarantine[key]
            if said["how"] == "ignore":
                del after.quarantine[key]
                continue
            if said["how"] == "add":
                retained = after.retained.get(key)
                in_raw = doubt.raw - (retained.readings if retained else 0)
                if in_raw != doubt.net and after.mode == "triggers":
                    self.wrong.append(f"event {event.number}: {key} is added, and counted already")
                after.retained[key] = after.stored[key]
            trust = said["how"] == "replace"
            self._fold(after, look, {key[0]}, [Entry(event.number, *key, trust=trust)])
        return after

    # the fold

    def _fold_all(self, state: State, look: Look) -> set[date]:
        """What is pending and is not in the log any more; the days."""
        if state.mode == "lookback":
            state.marks |= _looked_back(state, look)
        left = {day for day, _ in look.log}
        entries = self.pending(state, look)
        days = {entry.day for entry in entries} - left
        self._fold(state, look, days, entries)
        return days

    def _fold(self, state: State, look: Look, days: set[date], entries: list[Entry]) -> None:
        there = look.raw.keys() | state.stored.keys() | state.retained.keys()
        for day in days:
            some = [entry for entry in entries if entry.day == day]
            named = {entry.ahu for entry in some}
            if None in named:
                named = named | {ahu for other, ahu in there if other == day}
            for ahu in named:
                if ahu is not None:
                    _judge(state, look.raw.get((day, ahu)), (day, ahu), some)
            state.taken |= {(entry.number, day) for entry in some if entry.number}
            state.marks.discard(day)


def _judge(state: State, raw: Summary | None, key: Key, entries: list[Entry]) -> None:
    """Whether what raw has is taken for all there is of a key, and what follows from it."""
    ours = [entry for entry in entries if entry.ahu in (None, key[1])]
    trust = any(entry.trust for entry in ours)
    net = sum(entry.net for entry in ours)
    stored, doubt = state.stored.get(key), state.quarantine.get(key)
    net += doubt.net if doubt else 0
    retained = None if trust else state.retained.get(key)
    fresh = raw.plus(retained) if raw else retained
    had, has = (summary.readings if summary else 0 for summary in (stored, fresh))
    if not had and not has:
        return
    is_explained = has >= had + min(net, 0)
    counts_twice = retained is not None and has >= 2 * retained.readings
    if not trust and (counts_twice or not is_explained):
        state.quarantine[key] = Doubt(had, has, net)
        return
    state.quarantine.pop(key, None)
    if fresh:
        state.stored[key] = fresh
    else:
        state.stored.pop(key, None)
    if trust:
        state.retained.pop(key, None)


def _looked_back(state: State, look: Look) -> set[date]:
    """The days that a refresh folds again under lookback."""
    return {day for day, _ in look.raw.keys() | state.stored.keys() if state.is_due(day)}
