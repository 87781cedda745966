"""A process that has loaded `ahu-sql` and forks one for each call: Python starts but once.

Each call is a process of its own all the same, with its own arguments, environment, folder, streams
and end. Done once is what the interpreter and the imports do before `main`, and what once.py names.
Linux alone: elsewhere some libraries do not survive a fork.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from threading import Lock
from typing import IO, Any, Self

LONGEST = 1 << 20
"""Of a request, in bytes: arguments and environment."""
STATUS = struct.Struct("i")
STREAMS = 3

Done = subprocess.CompletedProcess[str]


class Warm:
    """The process that forks. It ends with us, when nobody holds its socket."""

    def __init__(
        self,
        program: Sequence[str | Path] = (sys.executable, __file__),
        environment: Mapping[str, str] = os.environ,
    ) -> None:
        """Start it; it loads while the caller goes on.

        program: another than `ahu-sql`, which calls `serve` when it has loaded.
        """
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        for end in (self._socket, theirs):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, LONGEST)
        self._process = subprocess.Popen(program, stdin=theirs, env=environment)
        theirs.close()

    def run(
        self, arguments: list[str], folder: Path, environment: dict[str, str], timeout_s: float
    ) -> Done:
        """One call to its end; raises subprocess.TimeoutExpired when that does not come."""
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            with self.start(arguments, folder, environment, out.fileno(), err.fileno()) as call:
                try:
                    status = call.wait(timeout_s)
                except subprocess.TimeoutExpired:
                    call.kill()
                    raise
            return subprocess.CompletedProcess(arguments, status, _text(out), _text(err))

    def start(
        self, arguments: list[str], folder: Path, environment: dict[str, str], out: int, err: int
    ) -> Call:
        """A call that goes on by itself. out, err: where it writes; the caller may close them."""
        request = json.dumps([arguments, str(folder), environment]).encode()
        ours, theirs = socket.socketpair()
        with theirs, Path(os.devnull).open() as nothing:
            fds = [nothing.fileno(), out, err, theirs.fileno()]
            socket.send_fds(self._socket, [request], fds)
        return Call(arguments, ours)


class Call:
    """One that is under way, much as subprocess.Popen has it; to be closed by a `with` block."""

    def __init__(self, arguments: list[str], channel: socket.socket) -> None:
        """Not for callers: see `Warm.start`."""
        self._arguments, self._channel = arguments, channel
        self._status: int | None = None
        (self.pid,) = STATUS.unpack(channel.recv(STATUS.size))

    def wait(self, timeout: float | None = None) -> int:
        """Its exit status, or minus the signal that ended it."""
        if self._status is None:
            self._channel.settimeout(timeout)
            try:
                (status,) = STATUS.unpack(self._channel.recv(STATUS.size))
            except (BlockingIOError, TimeoutError):
                raise subprocess.TimeoutExpired(self._arguments, timeout or 0) from None
            self._status = int(status)
        return self._status

    def poll(self) -> int | None:
        """The same, or None as long as it runs."""
        try:
            return self.wait(0)
        except subprocess.TimeoutExpired:
            return None

    def send_signal(self, number: int) -> None:
        """Where it has not ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """Ends it where it has not ended."""
        self.send_signal(signal.SIGKILL)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._channel.close()


_starting = Lock()


def warm() -> Warm:
    """The one of this process."""
    with _starting:
        return _warm()


@cache
def _warm() -> Warm:
    return Warm()


def _text(stream: IO[bytes]) -> str:
    stream.seek(0)
    return stream.read().decode().replace("\r\n", "\n")


def serve() -> None:
    """Forks at each request; returns in the child, when that is ready for its `main`."""
    requests = socket.socket(fileno=os.dup(0))
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those who wait
    while True:
        request, fds, *_ = socket.recv_fds(requests, LONGEST, STREAMS + 1)
        if not request:
            os._exit(0)
        if os.fork() == 0:
            break
        for fd in fds:
            os.close(fd)
    requests.close()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    with socket.socket(fileno=fds.pop()) as caller:
        child = os.fork()
        if child:
            caller.send(STATUS.pack(child))
            _, status = os.waitpid(child, 0)
            with suppress(BrokenPipeError):  # it has lost its patience
                caller.send(STATUS.pack(os.waitstatus_to_exitcode(status)))
            os._exit(0)
    for fd, stream in zip(fds, range(STREAMS), strict=True):
        os.dup2(fd, stream)
        os.close(fd)
    sys.argv[1:], folder, environment = json.loads(request)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)


def _end_at_once(end: SystemExit) -> None:
    """Without taking apart all that was loaded, which takes three times as long as a short call.

    Returns where that is not all that an end is about.
    """
    if threading.active_count() > 1 or not isinstance(end.code, int | None):
        return
    atexit._run_exitfuncs()
    with suppress(OSError, ValueError):  # nobody listens: the interpreter knows what to say
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(end.code or 0)


def _load() -> Any:
    """The command line, with what it works out of the settings that most tests have."""
    from ahu_sql.cli import main
    from ahu_sql.commands import install
    from ahu_sql.options import rendered_files
    from ahu_sql.settings_reader import read_settings
    from once import work_out_once

    work_out_once(setattr)
    for assignments in ((), ("refresh.strategy=native",), ("roles.large_objects=open",)):
        install.lint(rendered_files(read_settings(None, {}, assignments)))
    return main


if __name__ == "__main__":
    sys.argv[0] = "ahu-sql"
    main = _load()
    gc.freeze()  # else each child looks through all of it when it ends
    serve()
    try:
        main()
    except SystemExit as end:
        _end_at_once(end)
        raise
