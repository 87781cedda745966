"""Carries out a plan: one transaction, or nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from types import MappingProxyType

from psycopg import sql

from ahu_sql import drift, mending, rows
from ahu_sql.database import Connection, run
from ahu_sql.drift import Survey, read_survey
from ahu_sql.inspection import has_login_function, inspect, is_installed
from ahu_sql.ledger import Ledger, forget, read_ledger, record
from ahu_sql.noting import note
from ahu_sql.passwords import read_new_passwords, set_passwords
from ahu_sql.planner import (
    CHECKS,
    FINISH,
    FOUNDATIONS,
    MIGRATIONS,
    OWNED_ROOMS,
    SUPERUSER_ROOMS,
    Action,
    Plan,
    Step,
    make_plan,
)
from ahu_sql.renderer import RenderedFile
from ahu_sql.repairs import read_repairs
from ahu_sql.requirements import require
from ahu_sql.settings import Settings, split_table_name
from ahu_sql.transaction import attempt_until

LOG_PATH = "30_tables/pending_changes.sql"
LOGIN_PATH = "85_pooler/pgbouncer_login.sql"
GRANTS_PATH = "90_finish/grants.sql"
TRACKING_PATH = "90_finish/track_changes.sql"
DRILLDOWN_PATH = "50_source/readings.sql"
"""Returns the raw table's rows: only who may use that table's schema can make it."""

NO_PASSWORDS: Mapping[str, str] = MappingProxyType({})


def read_plan(
    connection: Connection,
    files: Sequence[RenderedFile],
    settings: Settings,
    *,
    publish: bool = False,
    passwords: Mapping[str, str] = NO_PASSWORDS,
) -> Plan:
    """The plan for a database that meets the requirements. Reads only, and locks nothing."""
    _check(connection, files)
    return _read_plan(
        connection,
        files,
        settings,
        read_survey(connection),
        publish=publish,
        passwords=passwords,
    )


def install(
    connection: Connection,
    files: Sequence[RenderedFile],
    settings: Settings,
    *,
    publish: bool = False,
    passwords: Mapping[str, str] = NO_PASSWORDS,
    patience_s: float,
    say: Callable[[str], None],
) -> Plan:
    """Brings the database to what the files say, and returns the plan that was carried out."""

    def work() -> Plan:
        _check(connection, files)
        survey = _mend_tools(connection, files, read_survey(connection))
        plan = _read_plan(connection, files, settings, survey, publish=publish, passwords=passwords)
        _hold_writers(connection, settings, plan)
        _apply(connection, files, plan, passwords)
        return plan

    return attempt_until(connection, work, patience_s=patience_s, say=say)


def _check(connection: Connection, files: Sequence[RenderedFile]) -> None:
    for file in files:
        if file.room == CHECKS:
            run(connection, file.sql)


def _read_plan(
    connection: Connection,
    files: Sequence[RenderedFile],
    settings: Settings,
    survey: Survey,
    *,
    publish: bool,
    passwords: Mapping[str, str],
) -> Plan:
    facts = inspect(connection, settings)
    require(facts, settings, publish=publish)
    return make_plan(
        files,
        _read_ledger(connection, survey),
        read_repairs(connection),
        is_superuser=facts.is_superuser,
        is_fresh=not is_installed(connection),
        passwords=read_new_passwords(connection, passwords),
        survey=survey,
    )


def _read_ledger(connection: Connection, survey: Survey) -> Ledger:
    """The ledger, less what is in force no longer because somebody undid it."""
    ledger = dict(read_ledger(connection))
    is_named = LOGIN_PATH in {found.path for found in survey.drift}
    if LOGIN_PATH in ledger and not is_named and not has_login_function(connection):
        del ledger[LOGIN_PATH]
    return ledger


def _mend_tools(connection: Connection, files: Sequence[RenderedFile], survey: Survey) -> Survey:
    """Puts right what tells drift, where that has drifted, and looks again: there may be more.

    Tools of another version would compare with what the old ones noted, and are left to the plan.
    """
    tools = [file for file in files if file.path in drift.TOOL_PATHS]
    broken = tuple(found for found in survey.drift if found.path in drift.TOOL_PATHS)
    ledger = read_ledger(connection)
    if not broken or any(ledger.get(file.path) != file.checksum for file in tools):
        return survey
    first = replace(survey, drift=broken, followers=frozenset(), also_rebuilt=frozenset())
    _rebuild(connection, [Step(Action.REPAIR, file.path, file) for file in tools], first)
    again = read_survey(connection)
    more = tuple(found for found in again.drift if found.path not in drift.TOOL_PATHS)
    return replace(again, drift=(*broken, *more))


def _hold_writers(connection: Connection, settings: Settings, plan: Plan) -> None:
    """Locks the raw table before the log changes its shape, as writers come to the two.

    Else one that has the raw table waits for us at the log, we for it at the table's triggers, and
    the server may end either of us.
    """
    changes_log = any(
        step.path == LOG_PATH or step.path.startswith(f"{MIGRATIONS}/") for step in plan.steps
    )
    if changes_log and is_installed(connection):
        table = sql.Identifier(*split_table_name(settings.source.table))
        connection.execute(sql.SQL("lock table only {} in share row exclusive mode").format(table))


def _apply(
    connection: Connection, files: Sequence[RenderedFile], plan: Plan, passwords: Mapping[str, str]
) -> None:
    late = [step for step in plan.steps if step.path == DRILLDOWN_PATH]
    _rebuild(connection, [step for step in plan.steps if step not in late], plan.survey)
    if plan.steps:
        record(connection, [step.file for step in plan.steps if step.file is not None])
        forget(connection, [step.path for step in plan.steps if step.action is Action.RETIRE])
    set_passwords(connection, passwords, plan.passwords)
    for file in plan.finish:
        if file.path == TRACKING_PATH:
            rows.recall(connection, plan.survey)
            if plan.steps or plan.survey.drift or plan.survey.is_outdated:
                _note(connection, files, plan)
        # The last, and nothing but the commit after it: it locks the raw table.
        run(connection, file.sql)
        if file.path == GRANTS_PATH:
            _run_steps(connection, late)


def _rebuild(connection: Connection, steps: Sequence[Step], survey: Survey) -> None:
    """Applies files, and does around them what they do not do themselves."""
    if not survey.drift:
        _run_steps(connection, steps)
        return
    foundations = [step for step in steps if step.path.split("/", 1)[0] in FOUNDATIONS]
    mending.prepare_foundations(connection, survey)
    _run_steps(connection, foundations)
    asides = mending.prepare(connection, survey)
    _run_steps(connection, [step for step in steps if step not in foundations])
    mending.conclude(connection, survey, asides)


def _run_steps(connection: Connection, steps: Sequence[Step]) -> None:
    files = [step.file for step in steps if step.file and step.action is not Action.NOTE]
    # The role once for all files that follow each other, not for each.
    for is_owned, together in groupby(files, key=lambda file: file.room in OWNED_ROOMS):
        if is_owned:
            connection.execute("set local role ahu_owner")
        for file in together:
            run(connection, file.sql)
        if is_owned:
            connection.execute("reset role")


def _note(connection: Connection, files: Sequence[RenderedFile], plan: Plan) -> None:
    left = [file.path for file in files if file.room in SUPERUSER_ROOMS and file.path in plan.left]
    built = [
        file
        for file in files
        if file.room not in (CHECKS, MIGRATIONS, FINISH) and file.path not in left
    ]
    note(connection, built, left=left)
