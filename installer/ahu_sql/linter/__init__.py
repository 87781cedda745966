"""Lints rendered SQL: syntax trees of every statement and every body, rules with stable codes."""

from __future__ import annotations

from collections.abc import Sequence

from ahu_sql.linter.catalog import read_catalog
from ahu_sql.linter.codes import CODES
from ahu_sql.linter.findings import Code, Finding
from ahu_sql.linter.rules import RULES
from ahu_sql.linter.scopes import add_views
from ahu_sql.linter.script import read_script
from ahu_sql.renderer import RenderedFile

__all__ = ["CODES", "Code", "Finding", "lint"]


def lint(files: Sequence[RenderedFile]) -> list[Finding]:
    """All findings of a set of files, sorted by path and line.

    The set matters: what one file creates, another may name.
    """
    scripts = [read_script(file) for file in files]
    catalog = read_catalog(scripts)
    add_views(scripts, catalog)
    found = {finding for script in scripts for finding in script.findings}
    for script in scripts:
        for rule in RULES:
            found.update(rule(script, catalog))
    return sorted(found, key=lambda f: (f.path, f.line, f.code, f.message))
