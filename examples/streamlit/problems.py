"""What went wrong, in the database's own three parts: message, DETAIL and HINT. No tracebacks."""

from __future__ import annotations

import re

import psycopg
import streamlit as st
from sqlalchemy.exc import DBAPIError

MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|$~:&])")

# raised by ahu.readings: a time is missing, too far apart
ASKED_WRONGLY = ("AHU01", "AHU02")

NOT_INSTALLED = "Is ahu-sql installed in this database? ahu-sql status --dsn … says so."
HINTS = {
    "42P01": NOT_INSTALLED,
    "3F000": NOT_INSTALLED,
    "42501": "Connect as ahu_read, which may read the views.",
}
# why there is no connection: what PostgreSQL, pgbouncer and libpq say, without a SQLSTATE, and what
# it means
UNCONNECTED = (
    (
        "authentication failed|no authentication method|login rejected|no such user|no password",
        "the database does not know this user, password or database name",
        "They are what PGUSER, PGPASSWORD and PGDATABASE say, or [connections.ahu_read] in "
        "secrets.toml.",
    ),
    ("bouncer config error", "the pooler cannot look up passwords", NOT_INSTALLED),
    (
        "",
        "the database does not answer",
        "It, or the pooler before it, may be restarting: try again in a moment. If it stays away, "
        "tell whoever runs it what stands above.",
    ),
)


class ProblemError(Exception):
    """Whatever keeps a part of the page from being shown."""

    def __init__(self, message: str, *, detail: str, hint: str, sqlstate: str = "") -> None:
        """detail and hint may be empty. sqlstate: where a server said it."""
        super().__init__(message)
        self.message = message
        self.detail = detail
        self.hint = hint
        self.sqlstate = sqlstate

    @property
    def is_refusal(self) -> bool:
        """The guard's: another question helps, the same one never will."""
        return self.sqlstate in ASKED_WRONGLY


def problem_of(error: DBAPIError) -> ProblemError:
    """What the server said, or that there was nobody to say anything."""
    origin = error.orig
    said = origin.diag if isinstance(origin, psycopg.Error) else None
    if said is not None and said.message_primary:
        return ProblemError(
            said.message_primary,
            detail=said.message_detail or "",
            hint=said.message_hint or HINTS.get(said.sqlstate or "", ""),
            sqlstate=said.sqlstate or "",
        )
    words = str(origin).strip()
    message, hint = next(rest for pattern, *rest in UNCONNECTED if re.search(pattern, words))
    return ProblemError(message, detail=words, hint=hint)


def show_problem(problem: ProblemError) -> None:
    """In place of what could not be shown."""
    parts = [f"**{_plain(problem.message)}**", _plain(problem.detail)]
    if problem.hint:
        parts.append(f":material/lightbulb: {_plain(problem.hint)}")
    text = "\n\n".join(part for part in parts if part)
    if problem.is_refusal:
        st.warning(text, icon=":material/date_range:")
    else:
        st.error(text, icon=":material/error:")


def _plain(text: str) -> str:
    """Text that Markdown leaves alone; a line stays a line."""
    return MARKDOWN.sub(r"\\\1", text).replace("\n", "  \n")
