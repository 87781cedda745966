"""The wheel carries all SQL, and in a checkout no stale copy of it is ever used."""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from servers.catalogue import CHECKOUT

VIEW = "70_views/mv_daily_ahu_kwh.sql"


def run(*command: str | Path, folder: Path | None = None) -> str:
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@dataclass(frozen=True)
class Environment:
    """A virtual environment without ahu-sql that sees the packages of ours."""

    folder: Path

    def install(self, *what: str | Path) -> None:
        pip = (sys.executable, "-m", "pip", "--python", self.folder / "bin" / "python", "-q")
        offline = ("--no-deps", "--no-index", "--no-build-isolation")
        run(*pip, "install", *offline, "--disable-pip-version-check", *what)

    def render(self, folder: Path) -> str:
        return run(self.folder / "bin" / "ahu-sql", "render", VIEW, folder=folder)

    def pooler_ini(self, folder: Path) -> str:
        """What `ahu-sql pgbouncer render` makes of the template of pgbouncer.ini."""
        options = ("--out", folder / "pooler")
        run(self.folder / "bin" / "ahu-sql", "pgbouncer", "render", *options, folder=folder)
        return (folder / "pooler" / "pgbouncer.ini").read_text()


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    folder = tmp_path / "environment"
    run(sys.executable, "-m", "venv", "--without-pip", folder)
    (packages,) = folder.glob("lib/python*/site-packages")
    # behind its own packages, and .pth files in there (an editable ahu-sql) are not followed
    ours = {sysconfig.get_path(kind) for kind in ("purelib", "platlib")}
    (packages / "packages_of_the_tests.pth").write_text("\n".join(sorted(ours)))
    return Environment(folder)


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    (tmp_path / "elsewhere").mkdir()
    return tmp_path / "elsewhere"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy, so that nothing is left in the checkout."""
    copy = tmp_path_factory.mktemp("source")
    for name in ("installer", "sql", "pgbouncer"):
        shutil.copytree(CHECKOUT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE", ".gitignore"):
        shutil.copy(CHECKOUT / name, copy / name)
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", folder=copy)
    (built,) = (copy / "dist").glob("ahu_sql-*.whl")
    return built


def change(checkout: Path) -> None:
    view = checkout / "sql" / VIEW
    view.write_text(view.read_text() + "-- changed afterwards\n")
    template = checkout / "pgbouncer" / "pgbouncer.ini.j2"
    template.write_text(template.read_text() + "; changed afterwards\n")


class TestTheWheel:
    @pytest.mark.parametrize(
        ("folder", "inside"),
        [("sql", "sql"), ("pgbouncer", "pgbouncer"), ("installer/ahu_sql", "")],
    )
    def test_carries_every_file_with_its_content(
        self, wheel: Path, folder: str, inside: str
    ) -> None:
        source = CHECKOUT / folder
        expected = {
            "/".join(filter(None, ["ahu_sql", inside, path.relative_to(source).as_posix()])): path
            for path in source.rglob("*")
            if path.is_file() and "__pycache__" not in path.parts
        }
        with zipfile.ZipFile(wheel) as archive:
            packed = {name: archive.read(name) for name in archive.namelist()}
        assert {
            name: path.read_bytes() for name, path in expected.items()
        }.items() <= packed.items()

    def test_carries_the_demo_s_plant_and_the_licence(self, wheel: Path) -> None:
        names = zipfile.ZipFile(wheel).namelist()
        assert "ahu_sql/demo/plant.sql" in names
        assert any(name.endswith("/licenses/LICENSE") for name in names)

    def test_carries_nothing_else(self, wheel: Path) -> None:
        names = zipfile.ZipFile(wheel).namelist()
        tops = {name.split("/")[0].split("-")[0] for name in names}
        assert tops == {"ahu_sql"}
        assert not any("test" in name or name.endswith((".pyc", ".orig")) for name in names)
        kept = {*(CHECKOUT / "sql").rglob("*"), *(CHECKOUT / "pgbouncer").rglob("*")}
        data = [n for n in names if n.startswith(("ahu_sql/sql/", "ahu_sql/pgbouncer/"))]
        assert {CHECKOUT / name.removeprefix("ahu_sql/") for name in data} <= kept

    def test_works_outside_of_any_checkout(
        self, wheel: Path, environment: Environment, elsewhere: Path
    ) -> None:
        environment.install(wheel)
        text = (CHECKOUT / "sql" / VIEW).read_text()
        assert environment.render(elsewhere) == f"-- file: {VIEW}\n\n{text}\n"
        assert "auth_query = select" in environment.pooler_ini(elsewhere)
        package = run(
            environment.folder / "bin" / "python",
            "-c",
            "import ahu_sql; print(ahu_sql.__file__)",
            folder=elsewhere,
        )
        assert Path(package.strip()).is_relative_to(environment.folder)


class TestNoStaleCopy:
    def test_a_copy_installed_earlier_is_not_used_in_the_checkout(
        self, environment: Environment, checkout: Path, elsewhere: Path
    ) -> None:
        environment.install(checkout)
        change(checkout)
        assert "-- changed afterwards" in environment.render(checkout)
        assert "-- changed afterwards" in environment.render(checkout / "sql" / "70_views")
        assert "-- changed afterwards" not in environment.render(elsewhere)
        assert "; changed afterwards" in environment.pooler_ini(checkout)
        assert "; changed afterwards" not in environment.pooler_ini(elsewhere)

    def test_an_editable_install_uses_the_checkout_from_everywhere(
        self, environment: Environment, checkout: Path, elsewhere: Path
    ) -> None:
        environment.install("--editable", checkout)
        change(checkout)
        assert "-- changed afterwards" in environment.render(checkout)
        assert "-- changed afterwards" in environment.render(elsewhere)
        assert "; changed afterwards" in environment.pooler_ini(elsewhere)
