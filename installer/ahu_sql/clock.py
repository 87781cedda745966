"""How long a command has been at work without a word: a line at the foot of the terminal."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

_SILENCE_S = 2.0
_ERASE = "\r\N{ESCAPE}[K"


class Clock:
    """Shows `at work for 3 s` after two seconds of silence; whoever speaks takes it away."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._ended = threading.Event()
        self._quiet_since = 0.0
        self._speakers = 0
        self._is_shown = False

    @contextmanager
    def running(self) -> Iterator[None]:
        """For as long as the block lasts, where somebody looks."""
        if sys.stderr is None or not sys.stderr.isatty():
            yield
            return
        self._ended.clear()
        self._quiet_since = time.monotonic()
        thread = threading.Thread(target=self._run, args=[time.monotonic()], daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._ended.set()
            thread.join()
            self._erase()

    @contextmanager
    def hidden(self) -> Iterator[None]:
        """While the block writes to the terminal, or reads from it."""
        with self._lock:
            self._speakers += 1
            self._erase()
        try:
            yield
        finally:
            with self._lock:
                self._speakers -= 1
                self._quiet_since = time.monotonic()

    def _run(self, begun: float) -> None:
        while not self._ended.wait(0.25):
            with self._lock:
                now = time.monotonic()
                if not self._speakers and now - self._quiet_since >= _SILENCE_S:
                    sys.stderr.write(f"{_ERASE}at work for {now - begun:.0f} s")
                    sys.stderr.flush()
                    self._is_shown = True

    def _erase(self) -> None:
        if self._is_shown:
            self._is_shown = False
            sys.stderr.write(_ERASE)
            sys.stderr.flush()
