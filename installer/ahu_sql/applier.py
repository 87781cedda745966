"""Carries out a plan: one transaction, or nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from ahu_sql.database import Connection, run
from ahu_sql.health import read_repairs
from ahu_sql.inspection import has_login_function, inspect
from ahu_sql.ledger import Ledger, forget, read_ledger, record
from ahu_sql.passwords import read_new_passwords, set_passwords
from ahu_sql.planner import OWNED_ROOMS, Action, Plan, make_plan
from ahu_sql.renderer import RenderedFile
from ahu_sql.requirements import require
from ahu_sql.settings import Settings
from ahu_sql.transaction import attempt_until

LOGIN_PATH = "85_pooler/pgbouncer_login.sql"

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
    plan = make_plan(files, {})
    for check in plan.checks:
        run(connection, check.sql)
    facts = inspect(connection, settings)
    require(facts, settings, publish=publish)
    return make_plan(
        files,
        _read_ledger(connection),
        read_repairs(connection),
        is_superuser=facts.is_superuser,
        passwords=read_new_passwords(connection, passwords),
    )


def _read_ledger(connection: Connection) -> Ledger:
    """The ledger, less what is in force no longer because somebody undid it."""
    ledger = dict(read_ledger(connection))
    if LOGIN_PATH in ledger and not has_login_function(connection):
        del ledger[LOGIN_PATH]
    return ledger


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
        plan = read_plan(connection, files, settings, publish=publish, passwords=passwords)
        _apply(connection, plan, passwords)
        return plan

    return attempt_until(connection, work, patience_s=patience_s, say=say)


def _apply(connection: Connection, plan: Plan, passwords: Mapping[str, str]) -> None:
    for step in plan.steps:
        if step.file is None or step.action is Action.NOTE:
            continue
        if step.file.room in OWNED_ROOMS:
            connection.execute("set local role ahu_owner")
        run(connection, step.file.sql)
        connection.execute("reset role")
    if plan.steps:
        record(connection, [step.file for step in plan.steps if step.file is not None])
        forget(connection, [step.path for step in plan.steps if step.action is Action.RETIRE])
    set_passwords(connection, passwords, plan.passwords)
    # Last, and nothing but the commit after it: it locks the raw table.
    for file in plan.finish:
        run(connection, file.sql)
