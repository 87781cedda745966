"""What a user sees: data on stdout, talk on stderr, progress as a bar on a terminal."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import click

from ahu_sql.clock import Clock

clock = Clock()
"""Runs during every command; what is written from here takes it away."""


def say(text: str) -> None:
    """A line of talk."""
    with clock.hidden():
        click.echo(text, err=True)


def counted(number: int, noun: str) -> str:
    """Such as `1 file` or `2,700 files`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def show(text: str) -> None:
    """Data."""
    with clock.hidden():
        click.echo(text)


def ask(question: str) -> bool:
    """What somebody at the terminal answers, yes or no. Raises click.Abort when he leaves."""
    with clock.hidden():
        return click.confirm(question, err=True)


def show_above_bar(text: str) -> None:
    """A line of data while a bar may be shown on the same terminal: the bar moves below it."""
    if sys.stdout and sys.stdout.isatty() and sys.stderr.isatty():
        click.echo("\r\N{ESCAPE}[K", err=True, nl=False)
    show(text)


def forget_output() -> None:
    """What stdout still holds goes nowhere: else Python tries it again at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextmanager
def progress(label: str) -> Iterator[Callable[[int, int], None]]:
    """Something to tell how many days are done, of how many.

    A bar on a terminal, a line per change elsewhere. Nothing is shown where there is nothing to do.
    """
    with ExitStack() as stack:
        yield _bar(label, stack) if sys.stderr.isatty() else _lines(label)


@contextmanager
def progress_on_terminal(label: str) -> Iterator[Callable[[int, int], None]]:
    """Like `progress` where somebody looks on, and nothing elsewhere: for what mostly takes a
    moment, or is not counted in days."""
    with ExitStack() as stack:
        yield _bar(label, stack) if sys.stderr.isatty() else _tell_nobody


def _tell_nobody(_done: int, _total: int) -> None:
    """There is no terminal to tell."""


def _bar(label: str, stack: ExitStack) -> Callable[[int, int], None]:
    bar: Any = None

    def move(done: int, total: int) -> None:
        nonlocal bar
        if bar is None and total:
            stack.enter_context(clock.hidden())
            bar = stack.enter_context(
                click.progressbar(length=total, label=label, show_pos=True, file=sys.stderr)
            )
        if bar is not None:
            bar.update(done - bar.pos)

    return move


def _lines(label: str) -> Callable[[int, int], None]:
    said = ""

    def move(done: int, total: int) -> None:
        nonlocal said
        line = f"{label}: {done} of {total} days"
        if total and line != said:
            said = line
            say(line)

    return move
