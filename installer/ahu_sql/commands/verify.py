"""`ahu-sql verify`: whether the views equal raw, and the repair where they do not."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import click

from ahu_sql.console import progress, say, show_above_bar
from ahu_sql.database import connect, pass_on_notices
from ahu_sql.inspection import require_installed
from ahu_sql.options import dsn_option, example, json_option
from ahu_sql.verification import (
    REASONS,
    Repair,
    chosen_spans,
    require_primary,
    require_verification,
    verified,
)
from ahu_sql.verification_report import Json, Lines, repair_summary, summary


class _Day(click.DateTime):
    """A date; what it says of another is about dates, not about formats."""

    def __init__(self) -> None:
        super().__init__(["%Y-%m-%d"])

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter:
            self.fail(f"{value!r} is no date; a date is written 2025-08-31.", param, ctx)


_DAY = _Day()


def _as_date(_: click.Context, __: click.Parameter, value: datetime | None) -> date | None:
    return value and value.date()


@click.command(
    short_help="Compare the views with the raw table, and repair.",
    epilog=example(
        "ahu-sql verify --dsn 'host=localhost dbname=ahu_monitoring'",
        "ahu-sql verify --dsn 'host=localhost dbname=ahu_monitoring' --repair",
    ),
)
@dsn_option
@click.option(
    "--from",
    "from_day",
    type=_DAY,
    callback=_as_date,
    metavar="DAY",
    help="The first day, as 2025-01-31.  [default: the first that raw or the rollups have]",
)
@click.option(
    "--until",
    "until_day",
    type=_DAY,
    callback=_as_date,
    metavar="DAY",
    help="The last day.  [default: the last that raw or the rollups have]",
)
@click.option(
    "--repair",
    "wants_repair",
    is_flag=True,
    help="Mark the keys that were changed past the triggers, sum up months that are wrong by "
    "themselves, refresh, and verify these again.",
)
@click.option(
    "--trust-raw",
    is_flag=True,
    help="With --repair: raw is right even where it has fewer readings than the summary (raw "
    "dropped, quarantined). What only the summary still knew, of readings that retention took, is "
    "then lost for good.",
)
@click.option(
    "--allow",
    "allowed",
    type=click.Choice(REASONS),
    multiple=True,
    metavar="REASON",
    help="Exit 0 whatever differs for this reason: pending, quarantined, 'raw dropped' or "
    "'tracking bypassed'. Repeatable.",
)
@json_option
@click.pass_context
def verify(
    context: click.Context,
    dsn: str | None,
    from_day: date | None,
    until_day: date | None,
    wants_repair: bool,
    trust_raw: bool,
    allowed: tuple[str, ...],
    wants_json: bool,
) -> None:
    """Compare every day and month of the views with the raw table, while everybody works.

    Prints a line per key (day and AHU), and per AHU and month, that differs: what is stored, what
    raw has (of a month: what its days add up to), and why. Exit 1 when something differs; where
    the ETL runs, say --allow pending: what waits for the next refresh is no fault. Goes month by
    month, each in a transaction of its own; takes the locks of a query and no other. Works on a
    standby too, but for --repair.

    \b
    The reasons, the first that fits:
      pending            the next refresh folds it
      quarantined        its summary is kept; see ahu.resolve_quarantine
      raw dropped        raw has fewer readings than the summary: retention took them, or somebody
                         deleted them past the triggers
      tracking bypassed  anything else: readings were changed past the triggers, or the rollups
                         were changed by hand

    \b
    --json prints one object as it is found; what ends before its last brace is incomplete:
      version      of ahu-sql
      database     its name
      from_day     the first day that was verified, ISO 8601; null: there was nothing to verify
      until_day    the last
      differences  an object per difference, with the columns of ahu.verify_dashboard_views:
                   unit (day or month), day (of a month its first), ahu_id, reason,
                   stored_readings, raw_readings, measures
      repair       null: none was asked for, or needed; keys that were marked, months that were
                   summed up again, and what the refresh did
      remaining    null: as "repair"; what differs after it, as in "differences"
      counts       by reason, how many differ in the end
    """
    if trust_raw and not wants_repair:
        raise click.UsageError("--trust-raw says how to repair: name --repair too.", context)
    report = (Json if wants_json else Lines)(show_above_bar)
    with connect(dsn) as connection:
        require_installed(connection)
        require_verification(connection)
        if wants_repair:
            require_primary(connection)
            pass_on_notices(connection, say)
        wanted = chosen_spans(connection, from_day, until_day)
        report.begin(connection.info.dbname, wanted)
        repair = Repair(connection, trust_raw)
        with progress("verify") as move:
            for span, differences in verified(connection, wanted, move):
                report.tell(differences)
                if wants_repair:
                    repair.take(span, differences)
        if repair.is_due:
            with progress("refresh") as move:
                repair.refresh(move)
        if repair.is_due or repair.months:
            report.tell_repair(repair)
            say(repair_summary(repair))
            with progress("verify again") as move:
                for _, differences in verified(connection, repair.spans, move):
                    report.tell(differences)
    report.end()
    say(summary(wanted, report.counts, allowed))
    if report.is_exit_1(allowed):
        context.exit(1)
