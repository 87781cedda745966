"""The end of a permutation, as the oracle sees it: what differs from raw is named by the log.

Nothing here asks the product whether it is right: what the views must hold is worked out by
oracle.py from raw, and from the readings that retention took, whose summaries stay.
"""

from __future__ import annotations

from typing import Any

import psycopg

import oracle
from in_force import ZONE, put_in_force
from isolation.site import Site
from isolation.spec import EITHER
from oracle import Key
from plant import RAW_TABLE
from refreshing import call

_COLUMNS = ", ".join(("timestamp", "ahu_id", *oracle.INPUTS))
_READINGS = (
    f"(select {_COLUMNS} from {RAW_TABLE} union all select {_COLUMNS} from isolation.taken) as r"
)


def assert_nothing_is_lost(site: Site, end: str, finally_: str) -> None:
    """It ended as the spec says, and one more refresh ends with views that equal raw.

    finally_: "fresh", or "quarantined" where keys must be by then.
    """
    if end == "uninstalled":
        assert not site.session.execute(_WHAT_IS_OURS).rowcount
        put_in_force(site.database)
    else:
        assert_end(site.session, end)
    call(site.session)
    assert_end(site.session, finally_)


def assert_end(session: psycopg.Connection[Any], end: str) -> None:
    """What differs from raw, what is pending and what is in quarantine go with this end."""
    stored, raw = oracle.stored_views(session), oracle.expected_views(session, ZONE, _READINGS)
    differing = _differing_days(stored, raw)
    pending = _keys(session, _PENDING, stored, raw)
    quarantined = _keys(session, _QUARANTINED, stored, raw)
    found = f"differ: {differing}; pending: {pending}; in quarantine: {quarantined}"
    if end == "stale":
        assert differing and not pending and not quarantined, found
        return
    assert differing <= pending | quarantined, f"lost: {differing - pending - quarantined}; {found}"
    assert bool(quarantined) == ("quarantined" in end), found
    match end:
        case "fresh" | "quarantined":
            assert not pending, found
        case "pending":
            assert pending and pending == differing, found
        case "pending more":
            assert pending > differing, found
        case "pending and quarantined":
            assert pending, found
        case _:
            assert end == EITHER


def _differing_days(stored: oracle.Views, raw: oracle.Views) -> set[Key]:
    """Keys of the daily views; a month may differ only where one of its days does."""
    days = _differing(stored.mv_daily_ahu_costs, raw.mv_daily_ahu_costs)
    days |= _differing(stored.mv_daily_ahu_kwh, raw.mv_daily_ahu_kwh)
    months = _differing(stored.mv_monthly_ahu_costs, raw.mv_monthly_ahu_costs)
    alone = months - {(day.replace(day=1), ahu) for day, ahu in days}
    assert not alone, f"months differ whose days do not: {alone}"
    return days


def _differing(stored: dict[Key, Any], raw: dict[Key, Any]) -> set[Key]:
    return {key for key in stored.keys() | raw.keys() if stored.get(key) != raw.get(key)}


def _keys(session: psycopg.Connection[Any], query: str, *known: oracle.Views) -> set[Key]:
    """The keys that rows of days and AHUs name; without AHUs: all that are known of the day."""
    keys = set[Key]()
    for day, ahus in session.execute(query):
        if ahus is None:
            keys |= {key for views in known for key in views.mv_daily_ahu_costs if key[0] == day}
        else:
            keys |= {(day, ahu) for ahu in ahus}
    return keys


# under the strategy native the log waits for the way back
_PENDING = """
    select p.day, p.ahu_ids
    from _ahu.pending_changes as p
    cross join _ahu.source as s
    where s.strategy = 'incremental'
"""
_QUARANTINED = "select q.day, array[q.ahu_id] from _ahu.quarantine as q"

_WHAT_IS_OURS = """
    select from pg_namespace where nspname in ('ahu', '_ahu')
    union all
    select from pg_trigger where tgname like '%ahu_note%'
"""
