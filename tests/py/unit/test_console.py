"""Talk goes to stderr, data to stdout, and progress is a bar only where somebody looks."""

from __future__ import annotations

import io
import os
import pty
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest

from ahu_sql.console import ask, clock, progress, say, show
from sessions import wait_until

ERASED = "\r\N{ESCAPE}[K"


def test_data_is_on_stdout_and_talk_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    show("data")
    say("talk")
    assert capsys.readouterr() == ("data\n", "talk\n")


class TestWithoutATerminal:
    def test_each_step_is_a_plain_line(self, capsys: pytest.CaptureFixture[str]) -> None:
        with progress("backfill") as move:
            move(0, 60)
            move(31, 60)
            move(60, 60)
        assert capsys.readouterr() == (
            "",
            "backfill: 0 of 60 days\nbackfill: 31 of 60 days\nbackfill: 60 of 60 days\n",
        )

    def test_a_step_that_changes_nothing_says_nothing(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with progress("backfill") as move:
            move(5, 5)
            move(5, 5)
        assert capsys.readouterr().err == "backfill: 5 of 5 days\n"

    def test_nothing_to_do_says_nothing(self, capsys: pytest.CaptureFixture[str]) -> None:
        with progress("refresh") as move:
            move(0, 0)
        assert capsys.readouterr() == ("", "")


class TestOnATerminal:
    def test_it_is_a_bar_that_is_full_at_the_end(self, monkeypatch: pytest.MonkeyPatch) -> None:
        text = on_terminal(monkeypatch, [(0, 60), (31, 60), (60, 60)])
        assert "backfill" in text
        assert "0/60" in text and "31/60" in text and "60/60" in text
        assert "\r" in text
        assert "of 60 days" not in text
        assert text.endswith("\r\n"), "the next line of talk must not stand behind the bar"

    def test_nothing_to_do_shows_no_bar(self, monkeypatch: pytest.MonkeyPatch) -> None:
        assert on_terminal(monkeypatch, [(0, 0)]) == ""

    def test_an_error_ends_the_bar_s_line(self, monkeypatch: pytest.MonkeyPatch) -> None:
        assert on_terminal(monkeypatch, [(0, 60), (31, 60)], fails=True).endswith("\r\n")


def on_terminal(
    monkeypatch: pytest.MonkeyPatch, steps: list[tuple[int, int]], *, fails: bool = False
) -> str:
    """What a real terminal receives."""
    ours, theirs = pty.openpty()
    try:
        with io.open(theirs, "w", encoding="utf-8") as terminal:  # noqa: UP020
            monkeypatch.setattr(sys, "stderr", terminal)
            try:
                with progress("backfill") as move:
                    for done, total in steps:
                        move(done, total)
                    if fails:
                        raise KeyError
            except KeyError:
                assert fails
            terminal.write("\0")  # a mark that there is something to read
            terminal.flush()
            text = b""
            while not text.endswith(b"\0"):
                text += os.read(ours, 65536)
            monkeypatch.undo()
    finally:
        os.close(ours)
    return text.decode().removesuffix("\0")


@contextmanager
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], str]]:
    """stderr is a terminal with a clock at work; gives what has been written to it so far."""
    looks_on, shown = pty.openpty()
    written = bytearray()
    os.set_blocking(looks_on, False)

    def read() -> str:
        with suppress(OSError):  # nothing more now, or it is closed
            while more := os.read(looks_on, 4096):
                written.extend(more)
        return written.decode()

    with os.fdopen(shown, "w") as stderr:
        monkeypatch.setattr(sys, "stderr", stderr)
        with clock.running():
            yield read
        read()
    os.close(looks_on)


class TestTheClock:
    """Its seconds are shorter here: tests wait for what they see, not for a time."""

    @pytest.fixture(autouse=True)
    def impatience(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("ahu_sql.clock._SILENCE_S", 0.0)

    def test_a_silent_command_says_how_long_and_leaves_nothing(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with terminal(monkeypatch) as written:
            wait_until(lambda: "at work for 0 s" in written(), "the clock is seen")
        assert written().endswith(ERASED)

    def test_what_is_said_takes_it_away(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with terminal(monkeypatch) as written:
            wait_until(lambda: written().endswith(" s"), "the clock is seen")
            say("talk")
            assert f"{ERASED}talk\r\n" in written()

    def test_it_keeps_away_from_a_bar_and_from_a_question(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def stays_as_it_is(*_: object, **__: object) -> bool:
            before = written()
            time.sleep(0.6)
            return written() == before

        monkeypatch.setattr("click.confirm", stays_as_it_is)
        with terminal(monkeypatch) as written:
            assert ask("Drop all?")
            with progress("verify") as move:
                move(1, 3)
                assert stays_as_it_is()

    def test_without_a_terminal_there_is_none(self, capsys: pytest.CaptureFixture[str]) -> None:
        with clock.running():
            time.sleep(0.6)
        assert capsys.readouterr().err == ""
