"""The three lines of an error, and the exit code that goes with it."""

from __future__ import annotations

import click
import psycopg
import pytest
from click.testing import CliRunner

from ahu_sql.cli import _Commands
from ahu_sql.database import translated_errors
from ahu_sql.errors import AhuSqlError


def test_message_detail_and_hint_are_three_lines() -> None:
    error = AhuSqlError("it is wrong", detail="Found x.", hint="Type y.")
    assert str(error) == "error: it is wrong\nDETAIL: Found x.\nHINT: Type y."


def test_what_is_not_there_has_no_line() -> None:
    assert str(AhuSqlError("it is wrong")) == "error: it is wrong"
    assert str(AhuSqlError("it is wrong", hint="Type y.")) == "error: it is wrong\nHINT: Type y."


def test_wrong_usage_is_the_usual_exit_code() -> None:
    assert AhuSqlError("x").exit_code == 2


@pytest.mark.parametrize("code", [1, 2])
def test_the_command_line_prints_them_on_stderr_and_leaves_with_the_code(code: int) -> None:
    @click.group(cls=_Commands)
    def main() -> None: ...

    @main.command()
    def fail() -> None:
        raise AhuSqlError("it is wrong", detail="Found x.", hint="Type y.", exit_code=code)

    done = CliRunner().invoke(main, ["fail"])
    assert done.exit_code == code
    assert done.stdout == ""
    assert done.stderr == "error: it is wrong\nDETAIL: Found x.\nHINT: Type y.\n"


def test_an_error_that_is_not_ours_is_not_hidden() -> None:
    @click.group(cls=_Commands)
    def main() -> None: ...

    @main.command()
    def fail() -> None:
        raise ZeroDivisionError

    assert isinstance(CliRunner().invoke(main, ["fail"]).exception, ZeroDivisionError)


def test_a_lost_connection_is_an_error_of_ours() -> None:
    with pytest.raises(AhuSqlError) as caught, translated_errors():
        raise psycopg.OperationalError("server closed the connection unexpectedly")
    assert caught.value.message == "the connection to the server was lost"
    assert "closed the connection" in str(caught.value.detail)
    assert caught.value.hint
