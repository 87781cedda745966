"""Runs a program's steps over the sessions of a site, and writes down what was run.

Everything has come to rest before the next step: a statement is over, or waits for another session.
One session may wait; a second one would be a deadlock or a queue whose order nobody can foresee, so
its statement is cancelled.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from fuzz.seats import Outcome, Seat
from fuzz.sites import Site
from fuzz.statements import Statement
from fuzz.words import text

MOMENT_S = 0.004
"""Most statements take less; after it somebody looks whether a session waits."""
LONG_S = 60.0

# what writers may be told: each is PostgreSQL's or TimescaleDB's own refusal of what was asked
REFUSALS = {
    "21000": "two rows of an upsert or MERGE meet",
    "22008": "a time out of range",
    "23502": "no time, where there must be one",
    "23505": "the key is taken",
    "23514": "TimescaleDB lets no UPDATE move a reading to another chunk",
    "25P02": "the transaction has failed before",
    "40001": "somebody else has changed it since the snapshot",
    "57014": "cancelled by us",
}
# and those who call our procedures
CALL_REFUSALS = {
    "25P02": REFUSALS["25P02"],
    "40001": "somebody else has refreshed since the snapshot",
    "55000 nothing can be in quarantine": "the strategy is native",
    "55000 raw may still have readings": "add would count readings twice",
    "57014": REFUSALS["57014"],
}
CHUNK_GONE = "XX000 could not open relation with OID"
"""TimescaleDB, without triggers too: told who has waited for a TRUNCATE or drop_chunks."""
_NOTE = "select fuzz.note("


@dataclass
class Entry:
    """One statement of the program as it was run. note: how it ended, if not well and at once."""

    seat: int
    sql: str
    note: str = ""


class Player:
    """One program on a site."""

    def __init__(self, site: Site) -> None:
        """With all sessions at rest."""
        self.site = site
        self.script: list[Entry] = []
        self.verified: tuple[str, str] | None = None
        """From and until before which days ahu.verify_dashboard_views is asked at each look."""

    # statements

    def run(self, seat: Seat, statement: Statement, shown: str = "") -> Outcome | None:
        """Runs a statement; shown: as the script has it. None: it waits, or had no chance."""
        if seat.is_waiting:
            return None
        self._recover(seat)
        entry = Entry(seat.number, shown or _shown(statement))
        self.script.append(entry)
        seat.send(statement)
        outcome = self._rest(seat, entry)
        self._settle()
        return outcome

    def control(self, seat: Seat, sql: str) -> Outcome | None:
        """BEGIN, COMMIT and what lies between: no recovery from a failed transaction before it."""
        if seat.is_waiting:
            return None
        entry = Entry(seat.number, sql)
        self.script.append(entry)
        seat.send(Statement(sql))
        outcome = self._rest(seat, entry)
        self._settle()
        return outcome

    def call(
        self, seat: Seat, kind: str, said: dict[str, Any], statement: str, *, verify: bool = False
    ) -> Outcome | None:
        """A CALL, and a look at all there is in the same transaction."""
        return self.run(seat, Statement(self._noted(kind, said, statement, verify)), statement)

    def look(self, seat: Seat, *, verify: bool = False) -> Outcome | None:
        """A look at all there is, as this session sees it."""
        return self.run(seat, Statement(self._noted("look", {}, None, verify)), "-- looks")

    def switch(self, mode: str) -> None:
        """To another way of keeping up to date; no session may have a transaction open."""
        marked = self.site.switch(mode)
        setting = {"native": "strategy=native", "lookback": "tracking=lookback"}.get(
            mode, "tracking=triggers"
        )
        self.script.append(Entry(0, f"refresh.{setting}"))
        said = {"mode": mode, "marked": marked}
        self.site.session.execute(self._noted("switch", said, None, False).encode())

    # transactions

    def savepoint(self, seat: Seat) -> None:
        """One more."""
        if seat.is_waiting:
            return
        self._recover(seat)
        if not seat.is_open:
            self.control(seat, "begin")
        seat.savepoints += 1
        self.control(seat, f"savepoint s{seat.savepoints}")

    def back_to_savepoint(self, seat: Seat, number: int) -> None:
        """Undoes what came after one of them."""
        if seat.savepoints and not seat.is_waiting:
            seat.savepoints = number % seat.savepoints + 1
            self.control(seat, f"rollback to savepoint s{seat.savepoints}")

    def end(self, seat: Seat, how: str) -> None:
        """COMMIT or ROLLBACK, if there is what to end."""
        if seat.is_open and not seat.is_waiting:
            seat.savepoints = 0
            self.control(seat, how)

    def finish(self) -> None:
        """Every session ends its transaction, those that wait after those that they wait for."""
        for _ in self.site.seats:
            for seat in self.site.seats:
                self.end(seat, "commit")
        assert not any(seat.is_open for seat in self.site.seats), "a session does not come to rest"

    @property
    def is_at_rest(self) -> bool:
        """Whether no session has a transaction open."""
        return not any(seat.is_open for seat in self.site.seats)

    # inside

    def _recover(self, seat: Seat) -> None:
        if seat.is_aborted:
            if seat.savepoints:
                self.control(seat, f"rollback to savepoint s{seat.savepoints}")
            else:
                self.end(seat, "rollback")

    def _rest(self, seat: Seat, entry: Entry) -> Outcome | None:
        """Returns when the statement is over, or waits."""
        alone = not any(other.is_open for other in self.site.seats if other is not seat)
        while (outcome := seat.outcome(LONG_S if alone else MOMENT_S)) is None:
            assert not alone, f"session {seat.number} does not come back"
            if not self.site.is_blocked(seat):
                continue
            if any(other.is_waiting for other in self.site.seats if other is not seat):
                seat.cancel()
                continue
            if not seat.is_waiting:
                seat.is_waiting, entry.note = True, "waits"
            return None
        seat.is_waiting = False
        if not outcome.is_good:
            entry.note = f"error {outcome.code}: {outcome.message}"
            is_allowed = outcome.is_one_of(self._refusals(seat.statement))
            assert is_allowed, f"session {seat.number}: {entry.note}\n{entry.sql}"
        if not seat.is_open:
            seat.savepoints = 0
        return outcome

    def _refusals(self, statement: Statement) -> Iterable[str]:
        if statement.sql.startswith(_NOTE):
            return CALL_REFUSALS
        more = {CHUNK_GONE} if self.site.kind.is_hypertable else set()
        return {*REFUSALS, *statement.may, *more}

    def _settle(self) -> None:
        for seat in self.site.seats:
            if seat.is_waiting:
                entry = next(e for e in reversed(self.script) if e.seat == seat.number)
                self._rest(seat, entry)

    def _noted(self, kind: str, said: dict[str, Any], statement: str | None, verify: bool) -> str:
        call = text(statement) if statement else "null"
        days = "null"
        if verify and self.verified:
            days = f"daterange('{self.verified[0]}', '{self.verified[1]}')"
        return f"{_NOTE}'{kind}', {text(json.dumps(said))}, {call}, {days})"


def _shown(statement: Statement) -> str:
    if statement.copied is None:
        return statement.sql
    return "\n".join((statement.sql + ";", *statement.copied, "\\."))
