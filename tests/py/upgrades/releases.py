"""The released versions of ahu-sql, as their users have them: wheels, which this folder keeps."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

RELEASED = Path(__file__).with_name("released")


@dataclass(frozen=True)
class Release:
    """One released version."""

    wheel: Path

    @property
    def version(self) -> str:
        """Such as 0.1.0."""
        return self.wheel.name.split("-")[1]

    def unpack(self, folder: Path) -> Program:
        """Its program, in a folder that is in no checkout."""
        with zipfile.ZipFile(self.wheel) as wheel:
            wheel.extractall(folder)
        return Program(folder)

    def sql(self) -> dict[str, bytes]:
        """Its files of SQL, by their path below `sql/`."""
        with zipfile.ZipFile(self.wheel) as wheel:
            return {
                name.removeprefix("ahu_sql/sql/"): wheel.read(name)
                for name in wheel.namelist()
                if name.startswith("ahu_sql/sql/")
            }


@dataclass(frozen=True)
class Program:
    """`ahu-sql` of a release, with the packages of today."""

    folder: Path

    def __call__(self, *arguments: str) -> str:
        """What it says on stdout; fails unless it worked."""
        done = subprocess.run(
            [sys.executable, "-m", "ahu_sql", *arguments],
            cwd=self.folder,
            env=os.environ | {"PYTHONPATH": str(self.folder)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


RELEASES = tuple(Release(wheel) for wheel in sorted(RELEASED.glob("ahu_sql-*.whl")))
"""All of them."""
