"""The operating system's side of a server of our own: programs, their children, a free port."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from ahu_sql.demo.account import Account
from ahu_sql.errors import AhuSqlError

LOOPBACK = "127.0.0.1"
KILL_SECONDS = 30.0

Process = subprocess.Popen[bytes]


def clean_environment() -> dict[str, str]:
    """Our environment without libpq's variables, which would steer the server's own programs."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_"))}
    return kept | {"LC_ALL": "C"}


def start(command: Sequence[str], account: Account | None, folder: Path, log: Path) -> Process:
    """Start a long-running program in a session of its own, so that Ctrl-C does not reach it."""
    with log.open("ab") as output:
        return subprocess.Popen(
            command,
            cwd=folder,
            env=clean_environment(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
        )


def run(
    command: Sequence[str], account: Account | None, folder: Path
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end; stdout holds both of its outputs."""
    return subprocess.run(
        command,
        cwd=folder,
        env=clean_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
    )


def descendants(pid: int) -> list[int]:
    """Every living process below `pid`; a zombie has nothing left to kill."""
    children: dict[int, list[int]] = {}
    for child, parent, state in _process_table():
        if not state.startswith("Z"):
            children.setdefault(parent, []).append(child)
    found = list(children.get(pid, []))
    for child in found:  # grows while we walk it
        found.extend(children.get(child, []))
    return found


def kill_with_children(process: Process) -> None:
    """SIGKILL to it and to everything below it; returns when all of them are gone."""
    process.send_signal(signal.SIGSTOP)  # so that it starts no further child meanwhile
    children = descendants(process.pid)
    for pid in children:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    process.kill()
    process.wait()
    deadline = time.monotonic() + KILL_SECONDS
    while left := alive().intersection(children):
        if time.monotonic() > deadline:
            raise AhuSqlError(
                f"processes {sorted(left)} outlive SIGKILL",
                detail=f"They were still there after {KILL_SECONDS:g} seconds.",
                hint="See what they wait for: ps -o pid,stat,wchan,args -p PID",
            )
        time.sleep(0.01)


def alive() -> set[int]:
    """The ids of all living processes; a zombie that nobody collects is none."""
    return {pid for pid, _, state in _process_table() if not state.startswith("Z")}


def _process_table() -> list[tuple[int, int, str]]:
    """(pid, parent's pid, state) of every process: from /proc on Linux, from `ps` elsewhere."""
    if not Path("/proc/self/stat").exists():
        listing = subprocess.run(
            [shutil.which("ps") or "/bin/ps", "-A", "-o", "pid=,ppid=,stat="],
            capture_output=True,
            text=True,
            check=True,
        )
        columns = [line.split() for line in listing.stdout.splitlines()]
        return [(int(pid), int(parent), state) for pid, parent, state, *_ in columns]
    table = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            # "pid (name) state ppid …", and a name may hold spaces and parentheses
            state, parent = stat.read_text(errors="replace").rpartition(")")[2].split()[:2]
        except OSError:  # gone while we looked
            continue
        table.append((int(stat.parent.name), int(parent), state))
    return table


def free_port() -> int:
    """A loopback port that nobody listens on right now; somebody may still take it before us."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])
