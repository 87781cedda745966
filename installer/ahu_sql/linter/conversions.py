"""What a conversion between dates, times and moments takes from the session's time zone."""

from __future__ import annotations

from typing import NamedTuple

from ahu_sql.linter.inference import LITERAL, has_fixed_offset, type_of
from ahu_sql.linter.scopes import Scope
from ahu_sql.linter.tree import Node, constant

AT_ZONE = "name the zone: (… at time zone 'Asia/Seoul')"
CALENDAR_TYPES = ("date", "timestamp")
_LOCAL_TYPES = ("date", "time", "timestamp", "timetz")
_SESSION_WORDS = frozenset(("now", "today", "tomorrow", "yesterday"))


class Issue(NamedTuple):
    """A finding before it has a place."""

    code: str
    message: str
    hint: str


def conversion(
    value: Node, target: str | None, scope: Scope, *, explicit: bool = False
) -> Issue | None:
    """What a cast or an assignment to a type would take from the session's zone."""
    source = type_of(value, scope)
    if target is None:
        return None
    if source == LITERAL:
        text = constant(value)
        return None if text is None else literal_issue(text, target)
    if source is not None:
        return between(source, target, explicit=explicit)
    if explicit and target in _LOCAL_TYPES:
        hint = f"{AT_ZONE}::{target}; for what is no timestamptz, cast where its type is known"
        message = f"an expression of a type the linter does not know is cast to {target}"
        return Issue("AHU402", message, hint)
    return None


def between(source: str, target: str, *, explicit: bool) -> Issue | None:
    """What a conversion between two known types would take from the session's zone."""
    start, end = source.removesuffix("[]"), target.removesuffix("[]")
    if start == "timestamptz" and (end in _LOCAL_TYPES or (explicit and end == "text")):
        hint = "write to_char(… at time zone 'Asia/Seoul', …)" if end == "text" else AT_ZONE
        return Issue("AHU402", f"timestamptz becomes {end} in the session's time zone", hint)
    if start in CALENDAR_TYPES and end == "timestamptz":
        hint = "write (…)::timestamp at time zone 'Asia/Seoul', with the site's zone"
        return Issue("AHU403", f"{start} becomes timestamptz in the session's time zone", hint)
    return None


def literal_issue(text: str, target: str) -> Issue | None:
    """Whether a quoted constant means something else in another session."""
    if target in (*_LOCAL_TYPES, "timestamptz") and text.strip().lower() in _SESSION_WORDS:
        hint = "write now(), and name the zone: (now() at time zone 'Asia/Seoul')::date"
        return Issue("AHU401", f"'{text}' is read in the session's time zone", hint)
    if target == "timestamptz" and not has_fixed_offset(text):
        hint = f"give the offset: timestamptz '{text}+00', or a time with +09"
        return Issue("AHU403", f"timestamptz '{text}' has no offset", hint)
    return None
