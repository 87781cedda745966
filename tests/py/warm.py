"""A process that has loaded `ahu-sql` and forks one for each call: Python starts but once.

Each call is a process of its own all the same, with its own arguments, environment, folder, streams
and end. Done once is what the interpreter and the imports do before `main`, and what once.py names.
Linux alone: elsewhere some libraries do not survive a fork.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import tempfile
from contextlib import suppress
from functools import cache
from pathlib import Path
from threading import Lock
from typing import IO, Any

LONGEST = 1 << 20
"""Of a request, in bytes: arguments and environment."""
STATUS = struct.Struct("i")
STREAMS = 3

Done = subprocess.CompletedProcess[str]


class Warm:
    """The process that forks. It ends with us, when nobody holds its socket."""

    def __init__(self) -> None:
        """Start it; it loads while the caller goes on."""
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        for end in (self._socket, theirs):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, LONGEST)
        self._process = subprocess.Popen([sys.executable, __file__], stdin=theirs)
        theirs.close()

    def run(
        self, arguments: list[str], folder: Path, environment: dict[str, str], timeout_s: float
    ) -> Done:
        """One call to its end; raises subprocess.TimeoutExpired when that does not come."""
        request = json.dumps([arguments, str(folder), environment]).encode()
        ours, theirs = socket.socketpair()
        with (
            ours,
            Path(os.devnull).open() as nothing,
            tempfile.TemporaryFile() as out,
            tempfile.TemporaryFile() as err,
        ):
            with theirs:
                fds = [nothing.fileno(), out.fileno(), err.fileno(), theirs.fileno()]
                socket.send_fds(self._socket, [request], fds)
            status = _waited(ours, arguments, timeout_s)
            return subprocess.CompletedProcess(arguments, status, _text(out), _text(err))


_starting = Lock()


def warm() -> Warm:
    """The one of this process."""
    with _starting:
        return _warm()


@cache
def _warm() -> Warm:
    return Warm()


def _waited(channel: socket.socket, arguments: list[str], timeout_s: float) -> int:
    """Its exit status, or minus the signal that ended it."""
    (pid,) = STATUS.unpack(channel.recv(STATUS.size))
    channel.settimeout(timeout_s)
    try:
        (status,) = STATUS.unpack(channel.recv(STATUS.size))
    except TimeoutError:
        os.kill(pid, signal.SIGKILL)
        raise subprocess.TimeoutExpired(arguments, timeout_s) from None
    return int(status)


def _text(stream: IO[bytes]) -> str:
    stream.seek(0)
    return stream.read().decode().replace("\r\n", "\n")


def _serve() -> None:
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
    _serve()
    main()
