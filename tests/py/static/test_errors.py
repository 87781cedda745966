"""Every error of ours says what was found and what to do, and some test raises it.

That a test names an error is what is looked at here; `make mutants` takes each RAISE away and sees
whether a test fails.
"""

from __future__ import annotations

import pytest

from ahu_sql.options import rendered_files
from ahu_sql.settings_reader import read_settings
from counts import count
from servers.places import CHECKOUT
from static.errors import OurError, literals, python_errors, sql_errors

SITES: tuple[tuple[str, ...], ...] = (
    (),
    ("refresh.tracking=lookback",),
    ("refresh.strategy=native",),
    ("source.layout=long",),
)


@pytest.fixture(scope="module")
def errors() -> list[OurError]:
    """Those of the SQL of every site, and of the Python."""
    by_site = (sql_errors(rendered_files(read_settings(None, {}, site))) for site in SITES)
    of_sql = dict.fromkeys(error for some in by_site for error in some)
    return [*of_sql, *python_errors(CHECKOUT / "installer")]


def test_every_error_has_a_detail_and_a_hint(errors: list[OurError]) -> None:
    # those without a message of their own pass on what another has said
    own = [error for error in errors if error.parts]
    assert not [str(error) for error in own if not (error.has_detail and error.has_hint)]


def test_every_error_is_raised_by_some_test(errors: list[OurError]) -> None:
    own = [error for error in errors if error.parts]
    text = literals(CHECKOUT / "tests")
    tested = [error for error in own if error.is_named_in(text)]
    count("errors that a test raises", len(tested))
    print(f"errors: {len(tested)} of {len(own)} raised by a test")
    assert not [str(error) for error in own if error not in tested]
