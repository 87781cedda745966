"""`ahu-sql render` and `ahu-sql lint`: the SQL of a site, for reading and checked."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from ahu_sql.cli import main
from ahu_sql.linter import CODES
from cli.refusal import assert_refused
from product import ahu_sql
from servers.catalogue import CHECKOUT

SQL = CHECKOUT / "sql"
# of the default strategy
FILES = [
    path.relative_to(SQL).as_posix() for path in SQL.rglob("*.sql*") if path.parent.name != "native"
]


def files_of(text: str) -> list[str]:
    return [
        line.removeprefix("-- file: ") for line in text.splitlines() if line.startswith("-- file: ")
    ]


class TestRender:
    def test_prints_every_file_in_the_order_of_an_install(self) -> None:
        done = ahu_sql("render")
        expected = sorted(path.removesuffix(".j2") for path in FILES)
        assert (done.returncode, done.stderr) == (0, "")
        assert sorted(files_of(done.stdout)) == expected
        rooms = [path.split("/")[0] for path in files_of(done.stdout)]
        assert rooms == sorted(rooms)
        assert "{{" not in done.stdout and "{%" not in done.stdout

    def test_prints_a_room(self) -> None:
        done = ahu_sql("render", "70_views")
        assert files_of(done.stdout) == [
            "70_views/incremental/daily_summary.sql",
            "70_views/incremental/monthly_summary.sql",
            "70_views/mv_daily_ahu_costs.sql",
            "70_views/mv_daily_ahu_kwh.sql",
            "70_views/mv_monthly_ahu_costs.sql",
        ]

    def test_prints_a_file_as_it_stands(self) -> None:
        done = ahu_sql("render", "70_views/mv_daily_ahu_kwh.sql")
        text = (CHECKOUT / "sql/70_views/mv_daily_ahu_kwh.sql").read_text()
        assert done.stdout == f"-- file: 70_views/mv_daily_ahu_kwh.sql\n\n{text}\n"

    def test_prints_a_template_by_the_name_of_the_file_it_becomes(self) -> None:
        done = ahu_sql("render", "50_source/local_day.sql", "--set", "source.time_zone=Etc/It's")
        assert "at time zone 'Etc/It''s'" in done.stdout

    @pytest.mark.parametrize("path", ["70_views/nothing.sql", "../sql"])
    def test_names_the_rooms_where_there_is_no_such_file(self, path: str) -> None:
        assert_refused(
            ahu_sql("render", "70_views", path),
            exit_code=2,
            message=f'there is no SQL "{path}"',
            detail=("00_preconditions", "70_views", "90_finish"),
            hint="ahu-sql render 60_refresh",
        )


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device that is always full: Linux")
def test_a_full_disk_is_told_in_three_lines() -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "ahu_sql", "render"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 2
    assert [line.split(":")[0] for line in done.stderr.splitlines()] == ["error", "DETAIL", "HINT"]


class TestLint:
    def test_finds_nothing_in_our_own_sql(self) -> None:
        done = ahu_sql("lint")
        assert (done.returncode, done.stdout) == (0, "")
        assert done.stderr == f"{len(FILES)} files, 0 findings\n"

    def test_an_unknown_code_is_answered_with_all_there_are(self) -> None:
        assert_refused(
            ahu_sql("lint", "--explain", "AHU999"),
            exit_code=2,
            message='there is no code "AHU999"',
            detail=tuple(sorted(CODES)),
            hint="ahu-sql lint --explain AHU001",
        )

    def test_a_code_may_be_typed_in_lower_case(self) -> None:
        assert ahu_sql("lint", "--explain", "ahu001").stdout.startswith("AHU001: ")


@pytest.mark.parametrize("code", CODES)
def test_every_code_is_explained_with_an_example_each_way(code: str) -> None:
    done = CliRunner().invoke(main, ["lint", "--explain", code])
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout.startswith(f"{code}: {CODES[code].title}\n")
    assert CODES[code].bad.rstrip() in done.stdout.split("\nBad:\n")[1].split("\nGood:\n")[0]
    assert CODES[code].good.rstrip() in done.stdout.split("\nGood:\n")[1]
