"""`ahu-sql init`: a settings file proposed from what the database holds."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from ahu_sql.console import counted, say, show
from ahu_sql.database import connect
from ahu_sql.init.new_file import require_new, write_new
from ahu_sql.init.proposal import Proposal
from ahu_sql.init.proposal_file import describe_table, format_proposal
from ahu_sql.init.surveyor import survey
from ahu_sql.options import dsn_option, example
from ahu_sql.settings_reader import DEFAULT_FILE

_STDOUT = "-"


@click.command(epilog=example("ahu-sql init --dsn 'host=localhost dbname=ahu_monitoring'"))
@dsn_option
@click.option(
    "--table",
    metavar="SCHEMA.TABLE",
    help="The raw table, quoted as in SQL.  [default: ahu_data.energy_readings, else the only "
    "table that looks like readings]",
)
@click.option(
    "--out",
    metavar="FILE",
    default=str(DEFAULT_FILE),
    show_default=True,
    help="The file to write, which must not exist; - prints it.",
)
@click.option("--stdout", is_flag=True, help="Print the file: the same as --out -")
def init(dsn: str | None, table: str | None, out: str, stdout: bool) -> None:
    """Propose a settings file from what the database holds.

    Looks at one table of readings, with a column or with a row for each measured value, and changes
    nothing in the database. An existing file is left as it is.
    """
    path = None if stdout or out == _STDOUT else Path(out)
    if path is not None:
        require_new(path)
    with connect(dsn) as connection:
        proposal, refusal = survey(connection, table, dsn)
    text = format_proposal(proposal)
    if path is None:
        show(text.removesuffix("\n"))
    else:
        write_new(path, text)
    _say_what_was_found(proposal)
    if refusal is not None:
        say(f"as it is, ahu-sql plan will refuse it: {refusal.message}")
    if path is not None:
        plan = "ahu-sql plan"
        if path != DEFAULT_FILE:
            plan += f" --config {shlex.quote(str(path))}"
        say(f"{path} is written. Check it, then: {plan}")


def _say_what_was_found(proposal: Proposal) -> None:
    source, measures = proposal.settings.source, proposal.settings.measures
    say(f"{source.table}: {describe_table(proposal.table)}")
    say(f"{source.layout} layout, time {source.time_column}, AHU {source.ahu_column}")
    found = f"{len(measures) - len(proposal.empty_measures)} of {len(measures)} measures found"
    if proposal.empty_measures:
        found += f", none for {', '.join(proposal.empty_measures)}"
    say(found)
    left_out = len(proposal.doubtful) + len(proposal.refused)
    if left_out:
        noun = "metric" if source.is_long else "column"
        say(f"{counted(left_out, noun)} to look at: the file says why")
    where = f"set for {proposal.zone.origin}" if proposal.zone else "the default"
    say(f"time zone {source.time_zone} ({where}): check it")
