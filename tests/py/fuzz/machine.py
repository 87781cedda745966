"""The programs: what may come next, by what has been before."""

from __future__ import annotations

import sys
from datetime import timedelta
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from counts import count
from fuzz import statements as sql
from fuzz import words as w
from fuzz.judge import judge
from fuzz.player import Player
from fuzz.scripts import script
from fuzz.seats import Seat
from fuzz.settings import SETTINGS
from fuzz.sites import Site
from fuzz.statements import Statement
from fuzz.words import Words, text
from fuzz.zones import changes, local_day

SEATS = st.integers(0, 5)
ROWS = st.lists(st.integers(0, w.ROWS - 1), min_size=1, max_size=6)
DAYS = st.integers(0, w.TIMES * w.TIMES - 1)
CONDITION = st.integers(0, w.CONDITIONS - 1)
SMALL = st.integers(0, 63)
ISOLATION = ("read committed",) * 4 + ("repeatable read", "serializable")


class Programs(RuleBasedStateMachine):
    """Every statement is tracked: the views equal raw wherever nothing is pending."""

    site: ClassVar[Site]

    def __init__(self) -> None:
        """On the class's site, which the program before has left as it found it."""
        super().__init__()
        self.player = Player(self.site)
        self.words = Words(
            self.site.zone, changes(self.site.zone)[0], self.site.kind.is_nullable, False
        )

    @initialize(number=SMALL, rows=ROWS, seat=SEATS)
    def begin_near_a_change(self, number: int, rows: list[int], seat: int) -> None:
        kind, zone = self.site.kind, self.site.zone
        change = changes(zone)[number % len(changes(zone))]
        self.words = Words(zone, change, kind.is_nullable, not kind.is_hypertable)
        day = local_day(zone, change)
        self.player.verified = (f"{day - timedelta(days=4)}", f"{day + timedelta(days=4)}")
        self.run(seat, sql.insert(self.words, rows, 1))

    # writers

    @rule(seat=SEATS, rows=ROWS, way=SMALL)
    def insert(self, seat: int, rows: list[int], way: int) -> None:
        self.run(seat, sql.insert(self.words, rows, way))

    @rule(seat=SEATS, start=SMALL, number=st.integers(2, 30), step=SMALL, row=ROWS)
    def insert_many(self, seat: int, start: int, number: int, step: int, row: list[int]) -> None:
        self.run(seat, sql.insert_many(self.words, start, number, 7 * step + 1, row[0]))

    @rule(seat=SEATS, rows=ROWS)
    def copy(self, seat: int, rows: list[int]) -> None:
        self.run(seat, sql.copy(self.words, rows))

    @precondition(lambda self: self.site.kind.key)
    @rule(seat=SEATS, rows=ROWS, way=st.integers(0, 4 * sql.SHIFTED - 1))
    def upsert(self, seat: int, rows: list[int], way: int) -> None:
        self.run(seat, sql.upsert(self.words, rows, way))

    # TimescaleDB 2.19.3 crashes, without triggers too, where a MERGE meets another writer
    @precondition(lambda self: not self.site.kind.is_hypertable or self.player.is_at_rest)
    @rule(seat=SEATS, rows=ROWS, way=st.integers(0, sql.MERGES - 1))
    def merge(self, seat: int, rows: list[int], way: int) -> None:
        by_source = self.site.version >= 17 and not self.site.kind.is_hypertable
        self.run(seat, sql.merge(self.words, rows, way, by_source))

    @rule(seat=SEATS, condition=CONDITION, place=SMALL, value=SMALL)
    def revise(self, seat: int, condition: int, place: int, value: int) -> None:
        self.run(seat, sql.revise(self.words, condition, place, value))

    @rule(seat=SEATS, condition=CONDITION, way=st.integers(0, sql.MOVES - 1))
    def move(self, seat: int, condition: int, way: int) -> None:
        self.run(seat, sql.move(self.words, condition, way))

    @rule(seat=SEATS, condition=CONDITION)
    def delete(self, seat: int, condition: int) -> None:
        self.run(seat, sql.delete(self.words, condition))

    @rule(seat=SEATS, condition=CONDITION, shift=SMALL)
    def replace(self, seat: int, condition: int, shift: int) -> None:
        self.run(seat, sql.replace(self.words, condition, shift))

    @rule(seat=SEATS, condition=CONDITION, shift=SMALL)
    def insert_again(self, seat: int, condition: int, shift: int) -> None:
        self.run(seat, sql.insert_again(self.words, condition, shift))

    @rule(seat=SEATS, dice=st.integers(0, 3))
    def rewrite(self, seat: int, dice: int) -> None:
        """What an older snapshot does not see any more; it changes no reading."""
        if dice == 3:
            self.run(seat, sql.rewrite())

    # transactions and sessions

    @rule(seat=SEATS, isolation=st.sampled_from(ISOLATION))
    def begin(self, seat: int, isolation: str) -> None:
        here = self.seat(seat)
        if not here.is_open:
            self.player.control(here, f"begin isolation level {isolation}")

    @rule(seat=SEATS)
    def savepoint(self, seat: int) -> None:
        self.player.savepoint(self.seat(seat))

    @precondition(lambda self: any(seat.savepoints for seat in self.site.seats))
    @rule(number=SMALL)
    def back_to_savepoint(self, number: int) -> None:
        some = [seat for seat in self.site.seats if seat.savepoints]
        self.player.back_to_savepoint(some[number % len(some)], number)

    @precondition(lambda self: not self.player.is_at_rest)
    @rule(number=SMALL, how=st.sampled_from(("commit", "commit", "rollback")))
    def end(self, number: int, how: str) -> None:
        some = [seat for seat in self.site.seats if seat.is_open]
        self.player.end(some[number % len(some)], how)

    @rule(seat=SEATS, setting=st.sampled_from(SETTINGS))
    def set(self, seat: int, setting: str) -> None:
        here = self.seat(seat)
        if setting.split()[0] in self.site.unknown_settings:
            return
        here.is_changed = True
        self.run(seat, Statement(f"set {setting}"))

    # readers and refreshers

    @rule(seat=SEATS)
    def refresh(self, seat: int) -> None:
        self.refresh_some(seat, "")

    @rule(seat=SEATS)
    def refresh_again(self, seat: int) -> None:
        self.refresh_some(seat, "")

    @rule(seat=SEATS, arguments=st.sampled_from(("max_days => 1", "'0'", "'0', 2", "'1 minute'")))
    def refresh_some(self, seat: int, arguments: str) -> None:
        said = {"max_days": int(arguments[-1]) if arguments[-1:].isdigit() else None}
        call = f"call ahu.refresh_dashboard_views({arguments})"
        self.player.call(self.seat(seat), "fold", said, call)

    @rule(seat=SEATS)
    def look(self, seat: int) -> None:
        self.player.look(self.seat(seat))

    # the end

    def teardown(self) -> None:
        """Everything is committed, looked at, refreshed, looked at again, and judged."""
        error = sys.exception()
        try:
            if error is None:
                self.check()
                count("fuzz programs")
        except AssertionError as found:
            error = found
            raise
        finally:
            if isinstance(error, AssertionError):
                error.add_note(script(self.site, self.player.script))
            self.clean()

    def check(self) -> None:
        first = self.site.seats[0]
        self.player.finish()
        self.player.look(first, verify=True)
        call = "call ahu.refresh_dashboard_views()"
        outcome = self.player.call(first, "fold", {"max_days": None}, call, verify=True)
        assert outcome and outcome.is_good, "the last refresh fails"
        judge(self.site)

    def clean(self) -> None:
        """The next program finds nothing of this one."""
        for seat in self.site.seats:
            seat.abandon()
        self.site.wipe()

    def seat(self, number: int) -> Seat:
        """Most of the time the first."""
        return self.site.seats[max(0, number - 2) // 2 if number < 5 else 2]

    def run(self, number: int, statement: Statement) -> None:
        self.player.run(self.seat(number), statement)


class RetainedPrograms(Programs):
    """Partitions and chunks go and come too, and an operator has his say: then evidence decides."""

    def __init__(self) -> None:
        """Under tracking by triggers."""
        super().__init__()
        self.is_switched = False

    @precondition(lambda self: self.site.kind.parts or self.site.kind.is_hypertable)
    @rule(seat=SEATS, number=SMALL, way=st.sampled_from(("drop", "detach", "attach")))
    def drop(self, seat: int, number: int, way: str) -> None:
        """Retention on partitions and chunks."""
        self.run(seat, sql.drop(self.words, self.site.kind, number, way))
        self.site.is_damaged = bool(self.site.kind.parts)

    # it costs what ten other statements cost
    @rule(seat=SEATS, dice=st.integers(0, 1))
    def truncate(self, seat: int, dice: int) -> None:
        if dice == 1:
            self.run(seat, sql.truncate())

    # what an operator says

    @rule(seat=SEATS, span=DAYS, ahu=SMALL, trust=st.sampled_from((False, False, True)))
    def mark(self, seat: int, span: int, ahu: int, trust: bool) -> None:
        said = self.words.keys(span, ahu) | {"trust": trust}
        call = f"call ahu.mark_changed({_arguments(said)}, {str(trust).lower()})"
        self.player.call(self.seat(seat), "mark", said, call)

    @rule(seat=SEATS, span=DAYS, ahu=SMALL, how=st.sampled_from(("add", "replace", "ignore")))
    def resolve(self, seat: int, span: int, ahu: int, how: str) -> None:
        self.resolve_keys(seat, self.words.keys(span, ahu) | {"how": how})

    @rule(seat=SEATS, how=st.sampled_from(("add", "replace", "ignore")))
    def resolve_all(self, seat: int, how: str) -> None:
        self.resolve_keys(seat, self.words.keys(0, 0) | {"how": how})

    def resolve_keys(self, seat: int, said: dict[str, Any]) -> None:
        """One CALL."""
        call = f"call ahu.resolve_quarantine({_arguments(said)}, '{said['how']}')"
        self.player.call(self.seat(seat), "resolve", said, call)

    # another way of keeping up to date; it costs so much that most programs do without
    @precondition(lambda self: self.player.is_at_rest and not self.is_switched)
    @rule(mode=st.sampled_from(("lookback", "native")), dice=st.integers(0, 9))
    def switch(self, mode: str, dice: int) -> None:
        """Often there and straight back: what was stored before must then be there again."""
        if dice >= 8:
            self.player.switch(mode)
            self.is_switched = True
        if dice == 9:
            self.player.switch("triggers")

    @precondition(lambda self: self.player.is_at_rest and self.is_switched)
    @rule(mode=st.sampled_from(("triggers", "lookback", "native")))
    def switch_again(self, mode: str) -> None:
        if mode != self.site.mode:
            self.player.switch(mode)


class SilentPrograms(RetainedPrograms):
    """Single readings go, come and change silently as well, on a site that adds nothing unseen."""

    @rule(seat=SEATS, condition=CONDITION)
    def retain(self, seat: int, condition: int) -> None:
        """Retention on any table: readings go."""
        self.run(seat, self.silent(seat, sql.delete(self.words, condition)))

    # what retention is feared for: half of some stored readings go, and something happens to those
    # that stay; these come more often than chance would have it
    @rule(seat=SEATS, condition=CONDITION)
    def come_late(self, seat: int, condition: int) -> None:
        self.refresh_some(seat, "")
        self.run(seat, self.silent(seat, sql.delete(self.words, condition, half=True)))
        self.run(seat, sql.insert_again(self.words, condition, sql.SHORTLY))
        self.refresh_some(seat, "")

    @rule(seat=SEATS, condition=CONDITION)
    def revise_late(self, seat: int, condition: int) -> None:
        self.refresh_some(seat, "")
        self.run(seat, self.silent(seat, sql.delete(self.words, condition, half=True)))
        self.run(seat, sql.revise(self.words, condition, 0, 0))
        self.refresh_some(seat, "")

    @rule(seat=SEATS, rows=ROWS)
    def restore(self, seat: int, rows: list[int]) -> None:
        self.run(seat, self.silent(seat, sql.insert(self.words, rows, 1)))

    @rule(seat=SEATS, condition=CONDITION, way=st.integers(0, sql.MOVES - 1))
    def move_silently(self, seat: int, condition: int, way: int) -> None:
        self.run(seat, self.silent(seat, sql.move(self.words, condition, way)))

    def silent(self, seat: int, statement: Statement) -> Statement:
        """The same where no trigger fires."""
        role = "set local session_replication_role ="
        quiet = f"{role} replica;\n{statement.sql};\n"
        is_open = self.seat(seat).is_open
        return Statement(quiet + f"{role} origin" if is_open else f"begin;\n{quiet}commit")


def _arguments(said: dict[str, Any]) -> str:
    ahus = "null"
    if said["ahus"]:
        ahus = f"array[{', '.join(map(text, said['ahus']))}]"
    return f"'{said['from']}', '{said['until']}', {ahus}"
