"""One command of ours, struck at every point it passes, in every way."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import cast

import psycopg
from pytest import Subtests

import oracle
from ahu_sql.demo.server import LocalServer
from counts import count
from databases import Database
from faults.aims import Aim, Fault
from faults.bystander import Bystander, Log
from faults.committed import Committed
from faults.watch import Watch


def _nothing() -> None:
    return


@dataclass
class Matrix:
    """A command on a site, and what surrounds it.

    command: runs it once under a watch; says whether it ended well.
    prepare: before each case gives the command something to do.
    lives_on: fails unless the site is as good as before, after a fault that undid all.
    is_done: fails unless the command has done its work; it may go on with the site.
    names, sows_before: see Watch.
    """

    database: Database
    command: Callable[[Watch], bool]
    is_done: Callable[[], None]
    prepare: Callable[[], None] = _nothing
    lives_on: Callable[[], None] = _nothing
    names: Mapping[str, str] = field(default_factory=dict)
    sows_before: str = "call"
    bystander: Bystander = field(kw_only=True)

    def points(self) -> Sequence[str]:
        """What the command passes when nothing happens to it, in this order."""
        self.prepare()
        watch = self._watch("*")
        assert self.command(watch), watch.said
        watch.end()
        self.bystander.sow_rows(False)
        self.is_done()
        return watch.passed

    def strike(self, aim: Aim) -> None:
        """One case: nothing is lost, nothing is locked, and the same command finishes the job."""
        self.prepare()
        before = _Seen(self.bystander)
        watch = self._watch(aim, before.again)
        try:
            ended_well = self.command(watch)
            watch.end()
        finally:
            self._revive()
        assert watch.struck, "the point was not passed"
        # a commit that is cancelled when it is done is done
        assert not ended_well or (aim.is_after_commit and aim.fault is Fault.CANCEL)
        self.bystander.assert_nothing_is_open()
        self.bystander.sow_rows(False)
        if aim.is_after_commit:
            # a mark that is there already is not made again
            if "mark_backfill" not in aim.point:
                before.assert_gone()
        else:
            before.assert_still()
            self.lives_on()

        self.bystander.write()
        watch = self._watch(None)
        assert self.command(watch), f"the same command again: {watch.said}"
        watch.end()
        self.bystander.write()
        self.is_done()

    def _watch(self, aim: Aim | str | None, meanwhile: Callable[[], None] = _nothing) -> Watch:
        return Watch(self.bystander, aim, meanwhile, self.names, self.sows_before)

    def _revive(self) -> None:
        server = cast(LocalServer, self.database.server)
        if server.pid is None:
            self.bystander.close()
            server.start_again()


def strike_all(subtests: Subtests, *turns: tuple[Matrix, Sequence[Aim]]) -> None:
    """Every case, each reported by itself; those of several commands in turn."""
    for cases in zip_longest(*([(matrix, aim) for aim in aims] for matrix, aims in turns)):
        for matrix, aim in filter(None, cases):
            with subtests.test(str(aim)):
                matrix.strike(aim)
                count("kill cases")
    for matrix, aims in turns:
        count("kill points", len({aim.point for aim in aims}))
        matrix.bystander.close()


class _Seen:
    """What others saw: before the command, and once more where it stood."""

    def __init__(self, bystander: Bystander) -> None:
        """Before the command."""
        self._bystander = bystander
        self._log: Log = bystander.log()
        self._committed = Committed.read(bystander.session)
        self._is_first = True

    def again(self) -> None:
        """The command stands at its point, and has perhaps committed a part of its work."""
        added = self._bystander.write()
        try:
            committed = Committed.read(self._bystander.session)
            log = self._bystander.log()
        except psycopg.errors.LockNotAvailable:
            # It has locked something away, as only a first transaction does.
            self._log += added
            return
        self._committed, self._log = committed, log

    def assert_still(self) -> None:
        """What was committed then is there, and nothing else."""
        assert self._bystander.log() == self._log
        self._committed.assert_same(Committed.read(self._bystander.session))

    def assert_gone(self) -> None:
        """What was not committed then is committed now."""
        assert Committed.read(self._bystander.session) != self._committed


def assert_views_equal_raw(database: Database, zone: str) -> None:
    """Once what is pending is folded."""
    with database.connect() as session:
        session.execute("call ahu.refresh_dashboard_views()")
        pending = session.execute(
            "select count(*) from _ahu.pending_changes cross join _ahu.source as s "
            "where s.strategy = 'incremental'"
        ).fetchone()
        assert pending == (0,)
        oracle.assert_views_equal_raw(session, zone)
