"""Talk goes to stderr, data to stdout, and progress is a bar only where somebody looks."""

from __future__ import annotations

import io
import os
import pty
import sys

import pytest

from ahu_sql.console import progress, say, show


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
