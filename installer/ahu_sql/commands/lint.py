"""`ahu-sql lint`: the rules that our SQL keeps, checked on its syntax trees."""

from __future__ import annotations

from pathlib import Path

import click

from ahu_sql.console import counted, say, show
from ahu_sql.linter import CODES
from ahu_sql.linter import lint as find_faults
from ahu_sql.linter.findings import as_text, explanation
from ahu_sql.options import (
    example,
    explain_option,
    rendered_files,
    settings_from,
    settings_options,
)


@click.command(epilog=example("ahu-sql lint", "ahu-sql lint --explain AHU001"))
@settings_options
@explain_option
@click.pass_context
def lint(
    context: click.Context,
    config: Path | None,
    assignments: tuple[str, ...],
    explain: str | None,
) -> None:
    """Check the SQL of this site by its syntax trees. Exit 1 when there are findings."""
    if explain is not None:
        show(explanation(CODES, explain, "ahu-sql lint"))
        return
    files = rendered_files(settings_from(config, assignments))
    findings = find_faults(files)
    for finding in findings:
        show(as_text(finding))
    say(f"{counted(len(files), 'file')}, {counted(len(findings), 'finding')}")
    if findings:
        context.exit(1)
