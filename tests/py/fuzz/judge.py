"""Judges a program that has ended by what it has left in the database."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from fuzz.evidence import TABLE
from fuzz.history import Event, Look, Row, read
from fuzz.model import Model, State
from fuzz.sites import Site
from fuzz.summaries import MEASURES, Key, Summary, by_month, is_same

SHOWN = 12


def judge(site: Site) -> None:
    """Fails with what differs from what must be."""
    rows = site.session.execute(f"select id, kind, detail from {TABLE} order by id").fetchall()
    events = read(site.zone, rows)
    wrong = list(differences(events, counted=site.is_counted))
    wrong += list(_leftovers(site, events))
    if wrong:
        more = len(wrong) - SHOWN
        lines = wrong[:SHOWN] + ([f"and {more} more"] if more > 0 else [])
        raise AssertionError("\n".join(["not as it must be:", *lines]))


def differences(events: list[Event], *, counted: bool) -> Iterator[str]:
    """What the looks of a history saw that they may not see.

    counted: evidence was, for readings may have gone silently; else every statement is tracked.
    """
    model = Model(events) if counted else None
    if model:
        yield from model.wrong
    for event in events:
        if event.look is None:
            continue
        where = f"event {event.number} ({event.kind})"
        state = model.states[event.number] if model else None
        found = [*_of_days(event.look, state), *_of_months(event.look)]
        if model and state:
            found += [*_of_quarantine(event.look, state), *_of_log(event.look, state, model)]
        elif event.look.quarantine:
            found += [f"in quarantine: {sorted(event.look.quarantine)}"]
        found += _of_verify(event.look, state)
        yield from (f"{where}: {line}" for line in found)


def _of_days(look: Look, state: State | None) -> Iterator[str]:
    """Every key holds what it must; where all is tracked, what is pending may be older."""
    named, days = look.log, {day for day, ahu in look.log if ahu is None}
    expected = state.shown if state else look.raw
    for key in sorted(look.daily.keys() | expected.keys()):
        if state is None and (key in named or key[0] in days):
            continue
        yield from _of_key(key, look.daily.get(key), expected.get(key))


def _of_key(key: Key, row: Row | None, expected: Summary | None) -> Iterator[str]:
    place = f"({key[0]}, {key[1]!r})"
    if row is None or expected is None:
        if row or expected:
            yield f"{place}: shown {row and row.summary}, must be {expected}"
        return
    ours = dict(zip(MEASURES, row.summary.sums, strict=True)) | {"total_cost": row.total_cost}
    theirs = dict(zip(MEASURES, expected.sums, strict=True)) | {"total_cost": expected.total_cost}
    for measure, our in ours.items():
        if not is_same(our, theirs[measure]):
            yield f"{place} {measure}: shown {our}, must be {theirs[measure]}"
    if row.summary.readings != expected.readings or row.summary.newest != expected.newest:
        yield (
            f"{place}: {row.summary.readings} readings until {row.summary.newest}, "
            f"must be {expected.readings} until {expected.newest}"
        )


def _of_months(look: Look) -> Iterator[str]:
    """Each month is the sum of the days that are shown."""
    costs = {
        key: (*summary.sums[:3], summary.total_cost)
        for key, summary in by_month({key: row.summary for key, row in look.daily.items()}).items()
    }
    for key in sorted(costs.keys() | look.monthly.keys()):
        ours, theirs = look.monthly.get(key), costs.get(key)
        if ours is None or theirs is None or not all(map(is_same, ours, theirs)):
            yield f"month ({key[0]}, {key[1]!r}): shown {ours}, its days are {theirs}"


def _of_quarantine(look: Look, state: State) -> Iterator[str]:
    expected = {key: (d.stored, d.raw, d.net) for key, d in state.quarantine.items()}
    if look.quarantine != expected:
        yield f"in quarantine {look.quarantine}, must be {expected}"


def _of_log(look: Look, state: State, model: Model) -> Iterator[str]:
    """No pending change is lost; under lookback there may be marks of days without readings."""
    if state.mode == "native":
        return
    expected = {entry.named for entry in model.pending(state, look)}
    if lost := expected - look.log:
        yield f"not in the log any more: {sorted(lost, key=str)}"
    if state.mode == "triggers" and (more := look.log - expected):
        yield f"in the log without reason: {sorted(more, key=str)}"


def _of_verify(look: Look, state: State | None) -> Iterator[str]:
    """ahu.verify_dashboard_views names the keys that differ from raw, and why."""
    if look.verified is None:
        return
    said = {(row[1], row[2]): row[3] for row in look.verified if row[0] == "day"}
    if others := [row for row in look.verified if row[0] != "day"]:
        yield f"verify: {others}"
    expected = {
        (str(key[0]), key[1]): _reason(key, look, state)
        for key in look.daily.keys() | look.raw.keys()
        if look.span[0] <= key[0] < look.span[1] and _differs(look.daily, look.raw, key)
    }
    if said != expected:
        yield f"verify says {said}, must be {expected}"


def _differs(shown: Mapping[Key, Row], raw: Mapping[Key, Summary], key: Key) -> bool:
    row, summary = shown.get(key), raw.get(key)
    if row is None or summary is None:
        return bool(row or summary)
    return any(_of_key(key, row, summary))


def _reason(key: Key, look: Look, state: State | None) -> str:
    if key in look.log or (key[0], None) in look.log or (state and state.is_due(key[0])):
        return "pending"
    if key in look.quarantine:
        return "quarantined"
    stored = look.daily[key].summary if key in look.daily else None
    retained = state.retained.get(key) if state else None
    raw = look.raw.get(key)
    kept = raw.plus(retained) if raw else retained
    if stored and (kept is None or kept.readings < stored.readings or _is_equal(kept, stored)):
        return "raw dropped"
    return "tracking bypassed"


def _is_equal(one: Summary, other: Summary) -> bool:
    return (one.readings, one.newest) == (other.readings, other.newest) and all(
        map(is_same, one.sums, other.sums)
    )


def _leftovers(site: Site, events: list[Event]) -> Iterator[str]:
    """No lock is left, and ahu.freshness says what is true."""
    row = site.session.execute(
        """
        select f.newest_day, f.pending_days, f.pending_since, f.backfill_days, f.quarantined_keys,
            f.is_stale, f.is_tracked, (
                select count(*) from pg_locks as l
                join pg_database as d on d.oid = l.database and d.datname = current_database()
                where l.locktype = 'advisory'
            )
        from ahu.freshness as f
        where f.view_name = 'mv_daily_ahu_kwh'
        """
    ).fetchone()
    assert row is not None
    look = events[-1].look
    assert look is not None
    is_native = site.mode == "native"
    expected = (
        max((day for day, _ in look.daily), default=None),
        None if is_native else 0,
        None,
        0,
        0 if is_native else len(look.quarantine),
        False,
        True if site.mode == "triggers" else None,
        0,
    )
    if row != expected:
        yield f"freshness and locks say {row}, must be {expected}"
