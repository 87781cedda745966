"""The points are where the statements are, and change nothing else."""

from __future__ import annotations

import re

import pytest

from ahu_sql.options import rendered_files
from ahu_sql.renderer import RenderedFile
from ahu_sql.settings import Settings
from faults.sowing import sown

POINT = re.compile(r"perform _test\.point\('[^']*'\); ")
FILES = rendered_files(Settings())


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.path)
def test_a_sown_file_is_the_file_and_its_points(file: RenderedFile) -> None:
    after = sown(file.sql)
    assert POINT.sub("", after) == file.sql
    assert bool(POINT.search(after)) == ("language plpgsql" in file.sql or "\ndo $" in file.sql)


def test_every_statement_has_a_point() -> None:
    """Of a body with all that PL/pgSQL nests."""
    body = """
        declare
            v_one integer := 1;
        begin
            v_one := 2;
            if v_one = 2 then
                perform 3;
            elsif v_one = 4 then
                raise notice 'four';
            else
                for v_one in 1 .. 5
                loop
                    continue when v_one = 2;
                    call _ahu.six(
                        v_one
                    );
                end loop;
            end if;

            begin
                delete from ahu.seven;
            exception
                when others then
                    raise;
            end;
        end
    """
    points = re.findall(r"'do many:(\w+)'\); (\w+)", sown(f"do $many${body}$many$"))
    assert points == [
        ("5", "v_one"),
        ("6", "if"),
        ("7", "perform"),
        ("9", "raise"),
        ("11", "for"),
        ("13", "continue"),
        ("14", "call"),
        ("20", "begin"),
        ("21", "delete"),
        ("24", "raise"),
        ("end", "end"),
    ]
