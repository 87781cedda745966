"""Which SQL is used: a checkout's own before a copy that was installed earlier."""

from __future__ import annotations

from pathlib import Path

import pytest

from ahu_sql import locations
from ahu_sql.locations import find_checkout, sql_folder


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    return make_checkout(tmp_path / "checkout")


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    (tmp_path / "elsewhere").mkdir()
    return tmp_path / "elsewhere"


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """The package as pip installs it, with the SQL inside."""
    package = tmp_path / "lib" / "site-packages" / "ahu_sql"
    (package / "sql" / "10_schemas").mkdir(parents=True)
    return package


def make_checkout(folder: Path, project: str = '[project]\nname = "ahu-sql"\n') -> Path:
    (folder / "sql" / "10_schemas").mkdir(parents=True)
    (folder / "installer" / "ahu_sql").mkdir(parents=True)
    (folder / "pyproject.toml").write_text(project)
    return folder


def test_a_package_that_runs_from_a_checkout_uses_it_from_anywhere(
    checkout: Path, elsewhere: Path
) -> None:
    package = checkout / "installer" / "ahu_sql"
    assert find_checkout(package, elsewhere) == checkout
    assert find_checkout(package, checkout) == checkout


def test_it_uses_its_own_checkout_even_inside_another(checkout: Path, tmp_path: Path) -> None:
    other = make_checkout(tmp_path / "other")
    assert find_checkout(checkout / "installer" / "ahu_sql", other) == checkout


def test_an_installed_copy_gives_way_to_the_checkout_it_is_called_in(
    checkout: Path, installed: Path
) -> None:
    assert find_checkout(installed, checkout) == checkout
    assert find_checkout(installed, checkout / "sql" / "10_schemas") == checkout


def test_an_installed_copy_called_anywhere_else_is_used(installed: Path, elsewhere: Path) -> None:
    assert find_checkout(installed, elsewhere) is None


@pytest.mark.parametrize(
    "project",
    [
        '[project]\nname = "other"\n',
        "[tool.x]\n",
        "not toml [",
        '\ufeff[project]\nname = "ahu-sql"',
    ],
)
def test_a_folder_of_another_project_is_no_checkout(
    tmp_path: Path, installed: Path, project: str
) -> None:
    other = make_checkout(tmp_path / "other", project)
    assert find_checkout(installed, other) is None


def test_a_project_file_that_is_not_text_is_no_checkout(checkout: Path, installed: Path) -> None:
    (checkout / "pyproject.toml").write_bytes(b"\xff\xfe\x00")
    assert find_checkout(installed, checkout) is None


def test_a_checkout_without_sql_is_none(checkout: Path, installed: Path) -> None:
    (checkout / "sql" / "10_schemas").rmdir()
    assert find_checkout(installed, checkout) is None


def test_the_sql_is_the_checkout_s_or_else_the_package_s(
    checkout: Path, installed: Path, elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locations, "find_checkout", lambda: checkout)
    assert sql_folder() == checkout / "sql"
    monkeypatch.setattr(locations, "find_checkout", lambda: None)
    monkeypatch.setattr(locations, "PACKAGE_FOLDER", installed)
    assert sql_folder() == installed / "sql"
