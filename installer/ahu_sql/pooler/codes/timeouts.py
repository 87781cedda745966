"""AHU521 to AHU529: waits that never end, and one limit that does more harm than good."""

from __future__ import annotations

from ahu_sql.linter.findings import Code


def _of(code: str, title: str, explanation: str, name: str, bad: str, good: str) -> Code:
    """A rule about one setting."""
    return Code(
        code=code,
        title=title,
        explanation=explanation,
        path="pgbouncer.ini",
        bad=f"[pgbouncer]\n{name} = {bad}\n",
        good=f"[pgbouncer]\n{name} = {good}\n",
    )


CODES = (
    _of(
        "AHU521",
        "a client may wait for a server connection for minutes",
        "When all connections of a pool are in use, a query waits for query_wait_timeout and then "
        "ends with an error that names it. 0 is for ever, and the default of 120 s is a page that "
        "seems frozen; a reader presses reload long before, which adds one more to the queue. More "
        "than 60 s is found, for which no dashboard waits. 15 s was run with 200 readers on 20 "
        "connections, none of whom reached it.",
        "query_wait_timeout",
        "120",
        "15",
    ),
    _of(
        "AHU522",
        "a server that does not answer holds clients up",
        "A healthy server answers in milliseconds. One whose machine hangs or is cut off does not "
        "answer at all, and every new connection then stands for server_connect_timeout, 15 s by "
        "default.",
        "server_connect_timeout",
        "15",
        "5",
    ),
    _of(
        "AHU523",
        "errors go on after the server is back",
        "After one failed login pgbouncer does not try again for server_login_retry, and answers "
        "every client with an error meanwhile. With the default of 15 s the gap of a restart of "
        "PostgreSQL is 15 s, however short the restart was; with 1 it is a second or the downtime.",
        "server_login_retry",
        "15",
        "1",
    ),
    _of(
        "AHU524",
        "an idle transaction keeps its server connection",
        "In transaction pooling a client that begins and goes away, or waits for its user, keeps "
        "one of few server connections, with its locks. The role's "
        "idle_in_transaction_session_timeout is the tight limit. This one catches aliases and "
        "roles that have none; more than an hour catches nobody.",
        "idle_transaction_timeout",
        "0",
        "600",
    ),
    _of(
        "AHU525",
        "clients that are gone keep their places",
        "A client that died without a word, a closed laptop, counts against max_client_conn until "
        "somebody ends it. An hour is longer than any dashboard rests. Clients with a pool of "
        "their own check a connection before they use it (pool_pre_ping). More than a day is "
        "found.",
        "client_idle_timeout",
        "0",
        "3600",
    ),
    _of(
        "AHU526",
        "the server never gets its connections back",
        "What the peak of the day opened stays open, with the memory of each backend. After "
        "server_idle_timeout of rest a connection is closed, and opened again in milliseconds when "
        "it is needed. More than an hour is found.",
        "server_idle_timeout",
        "0",
        "300",
    ),
    _of(
        "AHU527",
        "a client that does not log in keeps a place",
        "Whoever opens a connection and says nothing holds one of max_client_conn places for "
        "client_login_timeout, 60 s by default, and with 0 for ever. A few lines of script would "
        "keep everybody out, without a password. More than 15 s is found; a login needs "
        "milliseconds.",
        "client_login_timeout",
        "60",
        "5",
    ),
    _of(
        "AHU528",
        "a peer that vanished is not noticed",
        "A machine that is switched off, or a firewall that forgets, closes no connection. Only "
        "keepalive packets tell, and without tcp_keepidle Linux sends the first after two hours. "
        "60, 10 and 3 notice it within 90 s; more than 600 is found.",
        "tcp_keepidle",
        "0",
        "60",
    ),
    _of(
        "AHU529",
        "a query is cut off and goes on running",
        "query_timeout closes the connection of the client, and leaves the query running on the "
        "server: the next reader presses reload, and a second one runs. A statement_timeout of the "
        "role ends the query itself, with a clear error.",
        "query_timeout",
        "30",
        "0",
    ),
)
