"""AHU521 to AHU529: waits that never end, and one limit that does more harm than good."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ahu_sql.linter.findings import Finding
from ahu_sql.pooler.checks.situation import Situation, finding


@dataclass(frozen=True)
class _Limit:
    """A setting in seconds that must be more than 0, and at most `most`.

    zero_is_off: whether 0 means that there is no limit. wanted: what runs well. without: what
    happens otherwise, as the end of a sentence.
    """

    code: str
    name: str
    wanted: str
    without: str
    most: float
    zero_is_off: bool = True


_LONGEST_QUEUE_S = 60
"""What stands before dashboards (Grafana, nginx) gives up after 30 or 60 s: nobody waits longer."""
_LONGEST_CONNECT_S = 10
"""A healthy server answers in milliseconds; a lost packet or two are sent again within 7 s."""
_LONGEST_GAP_S = 5
"""Five times what runs well: the gap after a restart that a reader takes for a hiccup."""
_LONGEST_IDLE_TRANSACTION_S = 3600
"""Longer than a load of the ETL ever rests between statements, and than a person keeps a lock."""
_LONGEST_IDLE_CLIENT_S = 24 * 3600
"""A dashboard on a wall asks at least once a day; what rests longer is gone."""
_LONGEST_IDLE_SERVER_S = 3600
"""As long as pgbouncer keeps any connection by its default of server_lifetime."""
_LONGEST_LOGIN_S = 15
"""A login needs milliseconds, its look-up included; places are held for as long as this."""
_LATEST_KEEPALIVE_S = 600
"""Firewalls forget an idle connection after some minutes, the strictest usual ones after 15."""


_LIMITS = (
    _Limit(
        "AHU521",
        "query_wait_timeout",
        "15",
        "a reader waits that long for a server connection before anything is said",
        _LONGEST_QUEUE_S,
    ),
    _Limit(
        "AHU522",
        "server_connect_timeout",
        "5",
        "a server that does not answer holds clients up that long",
        _LONGEST_CONNECT_S,
    ),
    _Limit(
        "AHU523",
        "server_login_retry",
        "1",
        "clients get errors that long after the server is back",
        _LONGEST_GAP_S,
        zero_is_off=False,
    ),
    _Limit(
        "AHU524",
        "idle_transaction_timeout",
        "600",
        "a client that begins and goes away keeps its server connection",
        _LONGEST_IDLE_TRANSACTION_S,
    ),
    _Limit(
        "AHU525",
        "client_idle_timeout",
        "3600",
        "clients that died without a word keep their places",
        _LONGEST_IDLE_CLIENT_S,
    ),
    _Limit(
        "AHU526",
        "server_idle_timeout",
        "300",
        "the server gets back late or never what the peak of the day opened",
        _LONGEST_IDLE_SERVER_S,
    ),
    _Limit(
        "AHU527",
        "client_login_timeout",
        "5",
        "whoever connects and does not log in keeps a place",
        _LONGEST_LOGIN_S,
    ),
)


def waits(situation: Situation) -> Iterator[Finding]:
    """AHU521 to AHU527: a timeout that is off, or too long, be it by default."""
    for limit in _LIMITS:
        seconds = situation.number(limit.name)
        is_off = seconds == 0 and limit.zero_is_off
        if is_off or seconds > limit.most:
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
    idle = situation.number("tcp_keepidle")
    if situation.number("tcp_keepalive") and 0 < idle <= _LATEST_KEEPALIVE_S:
        return
    is_off = not situation.number("tcp_keepalive")
    name = "tcp_keepalive" if is_off else "tcp_keepidle"
    state = "tcp_keepidle is left to the system, 2 h on Linux"
    if is_off:
        state = "tcp_keepalive is off"
    elif idle:
        state = f"tcp_keepidle is {idle:g} s"
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
