"""AHU521 to AHU529: waits that never end, and one limit that does more harm than good."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ahu_sql.linter.findings import Finding
from ahu_sql.pooler.checks.situation import Situation, finding


@dataclass(frozen=True)
class _Limit:
    """A setting in seconds that must be more than 0, and less than `below` where that is given.

    zero_is_off: whether 0 means that there is no limit. wanted: what runs well. without: what
    happens otherwise, as the end of a sentence.
    """

    code: str
    name: str
    wanted: str
    without: str
    below: float | None = None
    zero_is_off: bool = True


_LIMITS = (
    _Limit(
        "AHU521",
        "query_wait_timeout",
        "15",
        "a reader waits that long for a server connection before anything is said",
        below=120,
    ),
    _Limit(
        "AHU522",
        "server_connect_timeout",
        "5",
        "a server that does not answer holds clients up that long",
        below=15,
    ),
    _Limit(
        "AHU523",
        "server_login_retry",
        "1",
        "clients get errors that long after the server is back",
        below=5.000001,
        zero_is_off=False,
    ),
    _Limit(
        "AHU524",
        "idle_transaction_timeout",
        "600",
        "a client that begins and goes away keeps its server connection",
    ),
    _Limit(
        "AHU525",
        "client_idle_timeout",
        "3600",
        "clients that died without a word keep their places",
    ),
    _Limit(
        "AHU526",
        "server_idle_timeout",
        "300",
        "the server never gets back what the peak of the day opened",
    ),
    _Limit(
        "AHU527",
        "client_login_timeout",
        "15",
        "whoever connects and does not log in keeps a place",
    ),
)


def waits(situation: Situation) -> Iterator[Finding]:
    """AHU521 to AHU527: a timeout that is off, or as long as the default that nobody chose."""
    for limit in _LIMITS:
        seconds = situation.number(limit.name)
        is_off = seconds == 0 and limit.zero_is_off
        if is_off or (limit.below is not None and seconds >= limit.below):
            given = limit.name in situation.configuration.settings
            state = "off" if is_off else f"{seconds:g} s"
            chosen = "is" if given else "is not set and so is"
            yield finding(
                limit.code,
                situation.where(limit.name),
                f"{limit.name} {chosen} {state}: {limit.without}",
                f"{limit.name} = {limit.wanted}",
            )


def keepalive(situation: Situation) -> Iterator[Finding]:
    """AHU528: a peer that is gone without a word is noticed after hours or never."""
    if situation.number("tcp_keepalive") and situation.number("tcp_keepidle"):
        return
    is_off = not situation.number("tcp_keepalive")
    name = "tcp_keepalive" if is_off else "tcp_keepidle"
    state = "tcp_keepalive is off" if is_off else "tcp_keepidle is left to the system, 2 h on Linux"
    yield finding(
        "AHU528",
        situation.where(name),
        f"{state}: a machine that was switched off is noticed late or never",
        "tcp_keepalive = 1, tcp_keepidle = 60, tcp_keepintvl = 10, tcp_keepcnt = 3, a line each",
    )


def query_timeout(situation: Situation) -> Iterator[Finding]:
    """AHU529: a limit that cuts the client off and leaves the query running."""
    seconds = situation.number("query_timeout")
    hint = "query_timeout = 0, and on the server: alter role ahu_read set statement_timeout = '30s'"
    if seconds:
        message = f"query_timeout of {seconds:g} s cuts the client off and leaves its query running"
        yield finding("AHU529", situation.where("query_timeout"), message, hint)
    for user in situation.configuration.users.values():
        if user.number("query_timeout"):
            message = f'query_timeout of "{user.name}" cuts it off and leaves its query running'
            yield finding("AHU529", user.place, message, hint)


RULES = (waits, keepalive, query_timeout)
