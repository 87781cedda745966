"""The SQL on disk: its order, and what does not belong to it."""

from __future__ import annotations

from pathlib import Path

import pytest

from ahu_sql.errors import AhuSqlError
from ahu_sql.locations import sql_folder
from ahu_sql.settings_checks import CHOICES
from ahu_sql.source_tree import read_source_tree


def write(root: Path, *paths: str) -> None:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(f"-- {path}\n", encoding="utf-8")


def test_rooms_come_by_number_and_files_by_name(tmp_path: Path) -> None:
    write(tmp_path, "90_z/a.sql", "10_a/c.sql", "10_a/b.sql.j2", "10_a/_a.sql")
    tree = read_source_tree(tmp_path)
    assert [file.path for file in tree] == [
        "10_a/_a.sql",
        "10_a/b.sql.j2",
        "10_a/c.sql",
        "90_z/a.sql",
    ]
    assert [file.room for file in tree] == ["10_a", "10_a", "10_a", "90_z"]
    assert [file.is_template for file in tree] == [False, True, False, False]
    assert tree[0].text == "-- 10_a/_a.sql\n"


def test_a_room_s_folders_are_strategies_and_come_before_its_own_files(tmp_path: Path) -> None:
    write(tmp_path, "70_v/a.sql", "70_v/native/z.sql.j2", "70_v/eager/b.sql", "70_v/native/c.sql")
    write(tmp_path, "60_r/z.sql", "75_m/a.sql", "70_v/native/README.md")
    assert [(file.path, file.room, file.strategy) for file in read_source_tree(tmp_path)] == [
        ("60_r/z.sql", "60_r", None),
        ("70_v/eager/b.sql", "70_v", "eager"),
        ("70_v/native/c.sql", "70_v", "native"),
        ("70_v/native/z.sql.j2", "70_v", "native"),
        ("70_v/a.sql", "70_v", None),
        ("75_m/a.sql", "75_m", None),
    ]


def test_what_is_no_sql_is_left_out(tmp_path: Path) -> None:
    write(tmp_path, "10_a/x.sql", "10_a/README.md", "10_a/x.sql.orig", "README.md", "loose.sql")
    assert [file.path for file in read_source_tree(tmp_path)] == ["10_a/x.sql"]


@pytest.mark.parametrize("folder", [".", "missing"])
def test_a_folder_without_sql_is_an_error_that_says_what_to_type(
    tmp_path: Path, folder: str
) -> None:
    with pytest.raises(AhuSqlError) as caught:
        read_source_tree(tmp_path / folder)
    assert "no SQL in" in caught.value.message
    assert "pip install" in str(caught.value.hint)


def test_text_is_read_as_utf_8_whatever_the_locale(tmp_path: Path) -> None:
    (tmp_path / "10_a").mkdir()
    (tmp_path / "10_a" / "x.sql").write_bytes("-- 측정\n".encode())
    assert read_source_tree(tmp_path)[0].text == "-- 측정\n"


def test_our_own_tree_has_all_rooms_that_an_install_needs() -> None:
    rooms = {file.room for file in read_source_tree(sql_folder())}
    assert rooms >= {
        "00_preconditions",
        "10_schemas",
        "20_roles",
        "30_tables",
        "50_source",
        "60_refresh",
        "70_views",
        "75_monitoring",
        "80_scheduler",
        "85_pooler",
        "90_finish",
    }


def test_our_own_tree_has_files_for_each_strategy_and_no_other_folders() -> None:
    assert {file.strategy for file in read_source_tree(sql_folder())} == {
        None,
        *CHOICES["refresh", "strategy"],
    }
