"""What an install would do: a pure function of the rendered files and the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum

from ahu_sql.drift import Drift, Survey
from ahu_sql.errors import AhuSqlError
from ahu_sql.ledger import Ledger
from ahu_sql.renderer import RenderedFile

CHECKS = "00_preconditions"
TABLES = "30_tables"
MIGRATIONS = "40_migrations"
FINISH = "90_finish"
FOUNDATIONS = frozenset({"10_schemas", "20_roles"})
"""Rooms whose files make one thing together: a role's file grants on the schemas."""
OWNED_ROOMS = frozenset(
    {
        "30_tables",
        "40_migrations",
        "50_source",
        "60_refresh",
        "70_views",
        "75_monitoring",
        "80_scheduler",
    }
)
"""Rooms whose files run as ahu_owner, so that it owns what they build."""
SUPERUSER_ROOMS = frozenset({"85_pooler"})
"""Rooms that only a superuser can build; everybody else leaves them out."""


class Action(Enum):
    """Why a file is applied."""

    CREATE = "create"
    REPLACE = "replace"
    REPAIR = "repair"
    """In force, but somebody changed or dropped what it built."""
    MIGRATE = "migrate"
    NOTE = "note"
    """A migration that a fresh install does not need: recorded, not run."""
    RETIRE = "retire"
    """No longer in force: forgotten. What it built is dropped by 90_finish."""


_NOTHING_DRIFTED = Survey()


@dataclass(frozen=True)
class Step:
    """One file of a plan, and why it is in it."""

    action: Action
    path: str
    file: RenderedFile | None
    """None: there is nothing to run."""


@dataclass(frozen=True)
class Plan:
    """What an install would do.

    checks and finish run at every install and change nothing where nothing is to change.
    repairs: what would be put right in an installed database. survey: what of it has drifted.
    left: paths that only a superuser could apply, where the installer is none.
    passwords: roles that get a password.
    """

    checks: tuple[RenderedFile, ...]
    steps: tuple[Step, ...]
    finish: tuple[RenderedFile, ...]
    repairs: tuple[str, ...]
    left: tuple[str, ...] = ()
    passwords: tuple[str, ...] = ()
    survey: Survey = _NOTHING_DRIFTED

    @property
    def is_pending(self) -> bool:
        """Whether an install would change anything."""
        return bool(self.steps or self.repairs or self.passwords)


def make_plan(
    files: Sequence[RenderedFile],
    ledger: Ledger,
    repairs: Sequence[str] = (),
    *,
    is_superuser: bool = True,
    is_fresh: bool = True,
    passwords: Sequence[str] = (),
    survey: Survey = _NOTHING_DRIFTED,
) -> Plan:
    """The plan that turns what the ledger says into what the files say, in the files' order.

    is_superuser: whether the installer is one. is_fresh: whether there is nothing yet where the
    ledger is empty. passwords: roles that are to get one. Raises AhuSqlError where a later version
    is in force, or a migration that was run has changed since.
    """
    built = [file for file in files if file.room not in (CHECKS, FINISH)]
    _require_same_history(built, ledger)
    mended = [
        drift
        for drift in survey.drift
        if drift.path in {file.path for file in built}
        and (is_superuser or drift.path.split("/", 1)[0] not in SUPERUSER_ROOMS)
    ]
    wanted = sorted(
        (
            Step(action, file.path, file)
            for file in built
            if (action := _action(file, ledger, survey, is_fresh=is_fresh)) is not None
        ),
        key=_turn,
    )
    steps = [step for step in wanted if is_superuser or _room(step) not in SUPERUSER_ROOMS]
    retired = sorted(set(ledger) - {file.path for file in built})
    return Plan(
        checks=tuple(file for file in files if file.room == CHECKS),
        steps=(*steps, *(Step(Action.RETIRE, path, None) for path in retired)),
        finish=tuple(file for file in files if file.room == FINISH),
        repairs=(*(str(drift) for drift in mended), *repairs),
        left=tuple(step.path for step in wanted if step not in steps),
        passwords=tuple(passwords),
        survey=replace(survey, drift=tuple(mended)),
    )


def _turn(step: Step) -> tuple[str, bool]:
    """By room; but a table that is there already takes its new shape from the migrations."""
    room = step.path.split("/", 1)[0]
    if room == TABLES and step.action is Action.REPLACE:
        return MIGRATIONS, True
    return room, False


def _require_same_history(files: Sequence[RenderedFile], ledger: Ledger) -> None:
    ran = {path: checksum for path, checksum in ledger.items() if path.startswith(f"{MIGRATIONS}/")}
    known = {file.path: file.checksum for file in files if file.room == MIGRATIONS}
    later = sorted(set(ran) - set(known))
    if later:
        raise AhuSqlError(
            "this database was installed by a later version of ahu-sql",
            detail=f"It has run {', '.join(later)}, which this version does not know.",
            hint="Take that version or a later one: pip install --upgrade ahu-sql",
        )
    for path in sorted(ran):
        if ran[path] != known[path]:
            raise AhuSqlError(
                f'"{path}" is not the migration that was run here',
                detail=f"Its checksum is {known[path]}; what was run had {ran[path]}.",
                hint="Install a released version, whose migrations never change: "
                "pip install --force-reinstall ahu-sql",
            )


def _room(step: Step) -> str | None:
    return step.file.room if step.file else None


def _action(file: RenderedFile, ledger: Ledger, survey: Survey, *, is_fresh: bool) -> Action | None:
    in_force = ledger.get(file.path)
    if file.room == MIGRATIONS:
        if in_force is not None:
            return None
        return Action.NOTE if is_fresh and not ledger else Action.MIGRATE
    if in_force is None:
        return Action.CREATE
    drifted = [drift for drift in survey.drift if _concerns(drift, file)]
    if in_force != file.checksum:
        is_gone = any(drift.is_dropped or drift.is_to_be_rebuilt for drift in drifted)
        return Action.REPAIR if is_gone else Action.REPLACE
    if drifted or file.path in survey.followers or not survey.is_complete:
        return Action.REPAIR
    return None


def _concerns(drift: Drift, file: RenderedFile) -> bool:
    room = drift.path.split("/", 1)[0]
    return drift.path == file.path or {room, file.room} <= FOUNDATIONS


def left_for_a_superuser(role: str) -> str:
    """The warning about what a role that is no superuser leaves out of an install."""
    return (
        "warning: nobody can log in through pgbouncer\n"
        "DETAIL: Its look-up of passwords, ahu.pgbouncer_login, must be a superuser's; "
        f'role "{role}" is none.\n'
        "HINT: Where pgbouncer is wanted, once as a superuser: ahu-sql install"
    )
