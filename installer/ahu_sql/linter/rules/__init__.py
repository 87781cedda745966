"""The rules, one module per family; each looks at one file and knows what all files create."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ahu_sql.linter.catalog import Catalog
from ahu_sql.linter.findings import Finding
from ahu_sql.linter.rules import (
    bodies,
    objects,
    references,
    repeatable,
    routines,
    time_zone,
    transactions,
)
from ahu_sql.linter.script import Script

Rule = Callable[[Script, Catalog], Iterator[Finding]]

RULES: tuple[Rule, ...] = (
    repeatable.check,
    routines.check,
    references.check,
    bodies.check,
    objects.check,
    transactions.check,
    time_zone.check,
)
