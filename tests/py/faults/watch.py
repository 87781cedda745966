"""The sessions of a command under test: they know where they are, and are struck at one place."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event, Thread
from typing import Any, cast

import psycopg
from psycopg.pq import TransactionStatus

from ahu_sql.demo.server import LocalServer
from faults.aims import AFTER_COMMIT, Aim, Fault
from faults.bystander import Bystander
from faults.sowing import sown
from sessions import wait_until

IN_COMMIT = "in commit"
PASSED, STANDS = "passed ", "stands at "


@dataclass
class Watch:
    """One run of a command. aim: None lets it pass; "*" has it tell which points it passes.

    meanwhile: what others do while the command stands at its point.
    names: of scripts, such as the file that one is. said: by the command line.
    sows_before: the beginning of the statement before which our tables get their points: an install
    makes them first, and takes away what it finds on them.
    """

    bystander: Bystander
    aim: Aim | str | None = None
    meanwhile: Callable[[], None] = lambda: None
    names: Mapping[str, str] = field(default_factory=dict)
    sows_before: str = "call"
    passed: list[str] = field(default_factory=list)
    struck: bool = False
    said: str = ""
    _failures: list[BaseException] = field(default_factory=list)
    _is_sown: bool = False
    _thread: Thread | None = None
    _is_over: Event = field(default_factory=Event)

    def connect(self, conninfo: str, **options: Any) -> Watched:
        """A session under watch; for psycopg.connect."""
        session = cast(Watched, Watched.connect(conninfo, **options))
        session.add_notice_handler(session.hear)
        self.follow(session)
        return session

    def follow(self, session: Watched) -> None:
        """From now on the session is this run's."""
        session.watch = self
        aim = self.aim
        at, nth, raises = ("", 0, False)
        if isinstance(aim, Aim):
            at, nth, raises = aim.point, aim.nth, aim.fault is Fault.ERROR
        elif aim:
            at = aim
        session.plain(
            "select set_config('ahu_test.at', %s, false), set_config('ahu_test.nth', %s, false), "
            "set_config('ahu_test.raises', %s, false)",
            [at, str(nth), str(raises)],
        )

    def is_next(self, point: str) -> bool:
        """Whether the point that is passed now, and of which no server tells, is the aim's."""
        if self.aim is None:
            return False
        self.passed.append(point)
        aim = self.aim
        return (
            isinstance(aim, Aim)
            and not self.struck
            and aim.point == point
            and self.passed.count(point) == aim.nth
        )

    def sow(self) -> None:
        """Puts points into the statements that write to our tables, if this is not a free run."""
        if self.aim is not None and not self._is_sown:
            self.bystander.sow_rows(True)
            self._is_sown = True

    def end(self) -> None:
        """Raises what went wrong out of the test's sight."""
        self._is_over.set()
        if self._thread is not None:
            self._thread.join()
        if self._failures:
            raise self._failures[0]

    def strike_in_commit(self, pid: int) -> None:
        """Beside the session, which is about to commit and then waits for a standby."""

        def work() -> None:
            with self.noted():
                wait_until(lambda: self.bystander.waits_for_standby(pid), "the commit waits", 10)
                self.strike(pid)
                # a session that goes on may commit once more before it hears of anything
                while self._is_cancelled and not self._is_over.wait(0.01):
                    if self.bystander.waits_for_standby(pid):
                        self.bystander.signal("pg_cancel_backend", pid)

        self._thread = Thread(target=work)
        self._thread.start()

    def hear(self, said: str, pid: int) -> None:
        """What a session with this process id is told by its points."""
        if said.startswith(PASSED):
            self.passed.append(said.removeprefix(PASSED))
        elif said.startswith(STANDS):
            with self.noted():
                self.strike(pid)

    def strike(self, pid: int) -> None:
        """What the aim says, once others have done something meanwhile."""
        assert isinstance(self.aim, Aim)
        self.struck = True
        try:
            self.meanwhile()
        except BaseException:
            self.bystander.signal("pg_terminate_backend", pid)  # else it would stand there for ever
            raise
        if self.aim.fault is Fault.ERROR:
            self.bystander.release(pid)
        elif self.aim.fault is Fault.CANCEL:
            self.bystander.signal("pg_cancel_backend", pid)
        elif self.aim.fault is Fault.TERMINATE:
            self.bystander.signal("pg_terminate_backend", pid)
        else:
            cast(LocalServer, self.bystander.database.server).kill()

    @property
    def _is_cancelled(self) -> bool:
        return isinstance(self.aim, Aim) and self.aim.fault is Fault.CANCEL

    @contextmanager
    def noted(self) -> Iterator[None]:
        """psycopg swallows what its handlers raise, and threads do."""
        try:
            yield
        except BaseException as error:
            self._failures.append(error)


class Watched(psycopg.Connection[Any]):
    """A connection whose every statement is a point, and whose scripts are sown with more."""

    watch: Watch

    def hear(self, diagnosis: psycopg.errors.Diagnostic) -> None:
        """Whatever the server remarks."""
        self.watch.hear(diagnosis.message_primary or "", self.info.backend_pid)

    def plain(self, query: str, params: Any = None) -> None:
        """A statement of the test's own."""
        super().execute(query, params)

    def execute(self, query: Any, params: Any = None, **options: Any) -> Any:
        """As ever, but past a point."""
        if not isinstance(query, str):
            return super().execute(query, params, **options)
        if query.startswith(self.watch.sows_before):
            self.watch.sow()
        name = self.watch.names.get(query) or " ".join(query.split())[:50]
        if self.watch.is_next(f"before {name}"):
            self._stand(f"before {name}")
        is_call = query.startswith("call") and self._is_idle
        if is_call:
            self._before_commit(f"{AFTER_COMMIT} of {name}")
        try:
            return super().execute(sown(query), params, **options)
        finally:
            if is_call:
                self._after_commit()

    @contextmanager
    def transaction(self, *arguments: Any, **options: Any) -> Iterator[psycopg.Transaction]:
        """As ever, but with points around the commit; a savepoint has none."""
        is_outer = self._is_idle
        with super().transaction(*arguments, **options) as transaction:
            yield transaction
            if not is_outer:
                return
            if self.watch.is_next("before commit"):
                self._stand("before commit")
            if self.watch.aim is not None:
                self.plain("insert into _test.commits default values")
            self._before_commit(AFTER_COMMIT)
        self._after_commit()

    def close(self) -> None:
        """As ever; no lock of the session's own must be left until now."""
        if not self.closed:
            with self.watch.noted():
                self.watch.bystander.assert_no_lock_of(self.info.backend_pid)
        super().close()

    def _stand(self, point: str) -> None:
        self.plain("select set_config('ahu_test.nth', '1', false)")
        self.plain("select _test.point(%s)", [point])

    @property
    def _is_idle(self) -> bool:
        return self.info.transaction_status == TransactionStatus.IDLE

    def _before_commit(self, point: str) -> None:
        if self.watch.is_next(point):
            self.plain("set synchronous_commit = on")
            self.watch.strike_in_commit(self.info.backend_pid)

    def _after_commit(self) -> None:
        if self.watch.struck and not self.closed and self._is_idle:
            self.plain("set synchronous_commit = local")
