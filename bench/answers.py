"""Whether the contenders computed the same: else comparing them is worth nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bench.clock import Session
from bench.contenders import Contender
from bench.sql import VIEWS, hashed


class DisagreementError(Exception):
    """Two contenders have different rows."""


def assert_same_rows(queries: Mapping[str, tuple[Session, str]]) -> int:
    """Every contender's query has the rows of the first; returns how many."""
    found = {name: session.rows(hashed(query))[0] for name, (session, query) in queries.items()}
    first, *others = found
    for other in others:
        if found[other] != found[first]:
            raise DisagreementError(
                f"{other} has other rows than {first}: {found[other][0]:,}, {found[first][0]:,}"
            )
    count = int(found[first][0])
    if not count:
        raise DisagreementError(f"{', '.join(found)}: no rows at all")
    return count


def assert_same_answers(contenders: Sequence[Contender]) -> int:
    """All three of them; returns how many rows they have."""
    return sum(
        assert_same_rows({one.name: (one.session, one.answers[view]) for one in contenders})
        for view in VIEWS
    )
