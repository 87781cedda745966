"""`ahu-sql doctor`: what the design asks of the raw table and the server, and the fix."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from ahu_sql.console import progress_on_terminal, say, show
from ahu_sql.database import Connection, connect
from ahu_sql.doctor.codes import CODES
from ahu_sql.doctor.examination import examine, look_at_raw_table
from ahu_sql.doctor.facts import Facts
from ahu_sql.doctor.findings import Finding
from ahu_sql.doctor.fix import Fix
from ahu_sql.doctor.report import as_json, as_text, faults_among, summary
from ahu_sql.doctor.rules import diagnose
from ahu_sql.doctor.rules.raw_table import run_by, site_needs
from ahu_sql.errors import AhuSqlError
from ahu_sql.linter.findings import explanation
from ahu_sql.options import (
    dsn_option,
    example,
    explain_option,
    json_option,
    patience_option,
    settings_from,
    settings_options,
)
from ahu_sql.settings import Settings


@click.command(
    short_help="Examine the raw table and the server, and build indexes.",
    epilog=example(
        "ahu-sql doctor --explain AHU601",
        "ahu-sql doctor --dsn 'host=localhost dbname=ahu_monitoring' --fix",
    ),
)
@dsn_option
@settings_options
@click.option(
    "--days",
    type=click.IntRange(min=1, max=36600),
    default=31,
    show_default=True,
    metavar="DAYS",
    help="How many of the newest days are looked through for readings that are there twice or "
    "have no AHU.",
)
@click.option(
    "--fix",
    "wants_fix",
    is_flag=True,
    help="Build the indexes that are missing, while everybody writes; what an interrupted build "
    "has left is dropped first. Nothing else is changed.",
)
@patience_option
@explain_option
@json_option
@click.pass_context
def doctor(
    context: click.Context,
    dsn: str | None,
    config: Path | None,
    assignments: tuple[str, ...],
    days: int,
    wants_fix: bool,
    patience: float,
    explain: str | None,
    wants_json: bool,
) -> None:
    """Examine the raw table and the server, before an install or after. Exit 1 on findings.

    Each finding has a code, its reason, and the statement that mends it. A note is advice that does
    not fail. Takes the locks of a query and changes nothing, on a standby too. What the connected
    role may not see is said in a line; a superuser sees all.

    \b
    --json prints one object:
      version   of ahu-sql
      database  its name
      table     the raw table
      findings  an object per finding that is left: code, is_note, object (what it is about),
                finding, reason, statements (to be pasted), run_by (who must run them; null: the
                connected role can), is_fixable (--fix does it)
      unseen    what could not be looked at, a sentence each
      fixed     null: no --fix; the statements that it carried out
    """
    if explain is not None:
        show(explanation(CODES, explain, "ahu-sql doctor"))
        return
    settings = settings_from(config, assignments)
    fixed: Sequence[str] | None = None
    with connect(dsn) as connection:
        facts, findings = _examine(connection, settings, days)
        if wants_fix:
            fixed = ()
            if any(finding.is_fixable for finding in findings):
                fixed = _fix(connection, dsn, facts, patience)
                facts, findings = _examine(connection, settings, days)
        database = connection.info.dbname
    table = facts.raw.root.name
    if wants_json:
        show(as_json(database, table, findings, facts.unseen, fixed))
    else:
        for finding in findings:
            show(as_text(finding))
        for unseen in facts.unseen:
            say(f"not looked at: {unseen}")
        say(summary(table, findings, facts.unseen))
    if faults_among(findings):
        context.exit(1)


def _examine(
    connection: Connection, settings: Settings, days: int
) -> tuple[Facts, tuple[Finding, ...]]:
    with progress_on_terminal("readings") as move:
        facts = examine(connection, settings, days=days, progress=move)
    return facts, diagnose(facts)


def _fix(connection: Connection, dsn: str | None, facts: Facts, patience: float) -> Sequence[str]:
    _require_a_way(connection, facts)
    fix = Fix(
        connection,
        dsn,
        lambda: look_at_raw_table(connection, facts),
        patience_s=patience,
        say=say,
    )
    fix.build(site_needs(facts))
    return fix.done


def _require_a_way(connection: Connection, facts: Facts) -> None:
    """Raises AhuSqlError where nothing can be built."""
    row = connection.execute("select pg_catalog.pg_is_in_recovery()").fetchone()
    if row and row[0]:
        raise AhuSqlError(
            "the server is a standby, where no index can be built",
            detail="It is in recovery and only replays what its primary writes.",
            hint="Connect to the primary for --fix, or leave --fix out to examine this one.",
            exit_code=1,
        )
    if others := run_by(facts.raw):
        raise AhuSqlError(
            f"role {connection.info.user} may not index {facts.raw.root.name}",
            detail=f"That is for {others}.",
            hint="Connect as such a role for --fix, or paste what ahu-sql doctor prints there.",
            exit_code=1,
        )
