"""What an install would do, as a pure function of files and ledger."""

from __future__ import annotations

import pytest

from ahu_sql.drift import Change, Drift, Survey
from ahu_sql.errors import AhuSqlError
from ahu_sql.locations import sql_folder
from ahu_sql.planner import SUPERUSER_ROOMS, Action, Plan, left_for_a_superuser, make_plan
from ahu_sql.renderer import RenderedFile

CHECK = RenderedFile("00_preconditions/a.sql", "check")
TABLE = RenderedFile("30_tables/t.sql", "table")
POOLER = RenderedFile("85_pooler/p.sql", "pooler")
MIGRATION = RenderedFile("40_migrations/1.sql", "migration")
LATER = RenderedFile("40_migrations/2.sql", "later")
VIEW = RenderedFile("70_views/v.sql", "view")
FINISH = RenderedFile("90_finish/f.sql", "finish")
FILES = (CHECK, TABLE, MIGRATION, VIEW, FINISH)
IN_FORCE = {file.path: file.checksum for file in (TABLE, MIGRATION, VIEW)}


def actions(plan: Plan) -> list[tuple[Action, str]]:
    return [(step.action, step.path) for step in plan.steps]


def test_a_fresh_install_creates_everything_in_order_and_only_notes_migrations() -> None:
    plan = make_plan(FILES, {})
    assert actions(plan) == [
        (Action.CREATE, TABLE.path),
        (Action.NOTE, MIGRATION.path),
        (Action.CREATE, VIEW.path),
    ]
    assert plan.is_pending


def test_nothing_is_pending_where_all_is_in_force() -> None:
    plan = make_plan(FILES, IN_FORCE)
    assert plan.steps == ()
    assert not plan.is_pending


def test_only_the_file_that_changed_is_replaced() -> None:
    changed = RenderedFile(VIEW.path, "view, changed")
    plan = make_plan((CHECK, TABLE, MIGRATION, changed, FINISH), IN_FORCE)
    assert actions(plan) == [(Action.REPLACE, VIEW.path)]
    assert plan.steps[0].file is changed


def test_a_new_file_is_created_beside_those_in_force() -> None:
    new = RenderedFile("70_views/new.sql", "new")
    assert actions(make_plan((*FILES, new), IN_FORCE)) == [(Action.CREATE, new.path)]


def test_an_upgrade_runs_a_migration_once() -> None:
    files = (CHECK, TABLE, MIGRATION, LATER, VIEW, FINISH)
    assert actions(make_plan(files, IN_FORCE)) == [(Action.MIGRATE, LATER.path)]
    assert actions(make_plan(files, {**IN_FORCE, LATER.path: LATER.checksum})) == []


def test_a_migration_that_ran_and_was_rewritten_is_refused() -> None:
    changed = RenderedFile(MIGRATION.path, "rewritten")
    with pytest.raises(AhuSqlError) as raised:
        make_plan((TABLE, changed, VIEW), IN_FORCE)
    assert raised.value.message == f'"{MIGRATION.path}" is not the migration that was run here'
    assert raised.value.detail and MIGRATION.checksum in raised.value.detail
    assert raised.value.hint


def test_what_a_later_version_has_migrated_is_refused() -> None:
    with pytest.raises(AhuSqlError) as raised:
        make_plan(FILES, {**IN_FORCE, LATER.path: LATER.checksum})
    assert raised.value.message == "this database was installed by a later version of ahu-sql"
    assert raised.value.detail and LATER.path in raised.value.detail
    assert raised.value.hint


def test_a_table_that_is_there_changes_after_the_migrations_and_a_new_one_comes_before() -> None:
    changed, new = RenderedFile(TABLE.path, "changed"), RenderedFile("30_tables/u.sql", "new")
    plan = make_plan((CHECK, changed, new, MIGRATION, LATER, VIEW, FINISH), IN_FORCE)
    assert actions(plan) == [
        (Action.CREATE, new.path),
        (Action.MIGRATE, LATER.path),
        (Action.REPLACE, TABLE.path),
    ]


def test_checks_and_finish_are_in_every_plan_and_are_never_steps() -> None:
    for ledger in ({}, IN_FORCE):
        plan = make_plan(FILES, ledger)
        assert plan.checks == (CHECK,)
        assert plan.finish == (FINISH,)
        assert not {CHECK.path, FINISH.path} & {step.path for step in plan.steps}


def test_every_step_that_runs_something_names_its_file() -> None:
    assert all(step.file and step.file.path == step.path for step in make_plan(FILES, {}).steps)


def test_files_that_are_no_longer_in_force_are_retired_last_and_nothing_is_run() -> None:
    old = {"70_views/incremental/a.sql": "1", "70_views/a.sql": "2"}
    new = RenderedFile("70_views/native/a.sql", "new")
    plan = make_plan((CHECK, TABLE, MIGRATION, new, VIEW, FINISH), {**IN_FORCE, **old})
    assert actions(plan) == [
        (Action.CREATE, new.path),
        (Action.RETIRE, "70_views/a.sql"),
        (Action.RETIRE, "70_views/incremental/a.sql"),
    ]
    assert [step.file for step in plan.steps] == [new, None, None]


def test_what_is_only_to_be_retired_is_pending_until_it_is_forgotten() -> None:
    files = (CHECK, TABLE, MIGRATION, FINISH)
    plan = make_plan(files, IN_FORCE)
    assert actions(plan) == [(Action.RETIRE, VIEW.path)]
    assert plan.is_pending
    left = {path: checksum for path, checksum in IN_FORCE.items() if path != VIEW.path}
    assert not make_plan(files, left).is_pending


def test_a_fresh_install_retires_nothing() -> None:
    assert Action.RETIRE not in {action for action, _ in actions(make_plan(FILES, {}))}


class TestWhatOnlyASuperuserCanBuild:
    FILES = (CHECK, TABLE, MIGRATION, VIEW, POOLER, FINISH)

    def test_is_built_by_one_in_its_turn(self) -> None:
        plan = make_plan(self.FILES, IN_FORCE, is_superuser=True)
        assert actions(plan) == [(Action.CREATE, POOLER.path)]
        assert plan.left == ()

    def test_is_left_out_by_anybody_else_who_has_nothing_pending_then(self) -> None:
        fresh = make_plan(self.FILES, {}, is_superuser=False)
        assert POOLER.path not in {step.path for step in fresh.steps}
        assert {TABLE.path, VIEW.path} <= {step.path for step in fresh.steps}
        assert fresh.left == (POOLER.path,)
        again = make_plan(self.FILES, IN_FORCE, is_superuser=False)
        assert (again.steps, again.left) == ((), (POOLER.path,))
        assert not again.is_pending

    def test_is_not_left_where_it_is_in_force(self) -> None:
        in_force = {**IN_FORCE, POOLER.path: POOLER.checksum}
        plan = make_plan(self.FILES, in_force, is_superuser=False)
        assert (plan.steps, plan.left) == ((), ())

    def test_is_left_again_when_it_has_changed_and_never_retired(self) -> None:
        in_force = {**IN_FORCE, POOLER.path: "of an older version"}
        plan = make_plan(self.FILES, in_force, is_superuser=False)
        assert (plan.steps, plan.left) == ((), (POOLER.path,))
        by_superuser = make_plan(self.FILES, in_force, is_superuser=True)
        assert actions(by_superuser) == [(Action.REPLACE, POOLER.path)]

    def test_is_in_rooms_that_there_are(self) -> None:
        assert all((sql_folder() / room).is_dir() for room in SUPERUSER_ROOMS)

    def test_is_warned_of_with_what_to_type(self) -> None:
        warning, detail, hint = left_for_a_superuser("plant_dba").splitlines()
        assert warning == "warning: nobody can log in through pgbouncer"
        assert detail.startswith("DETAIL: ") and '"plant_dba"' in detail
        assert hint.startswith("HINT: ") and hint.endswith(": ahu-sql install")


class TestDrift:
    """Files in force whose objects somebody changed or dropped."""

    SCHEMA = RenderedFile("10_schemas/ahu.sql", "schema")
    ROLE = RenderedFile("20_roles/r.sql", "role")
    FILES = (CHECK, SCHEMA, ROLE, TABLE, MIGRATION, VIEW, POOLER, FINISH)
    IN_FORCE = {file.path: file.checksum for file in FILES[1:-1]}  # noqa: RUF012
    DROPPED = Drift(VIEW.path, "view", "ahu.v")
    OWNED = Drift(TABLE.path, "table", "_ahu.t", (Change("owner", "ahu_owner", "mallory"),))
    LOOK_UP = Drift(POOLER.path, "function", "ahu.p()")

    def plan(self, *drift: Drift, **more: object) -> Plan:
        survey = Survey(drift, **more)  # type: ignore[arg-type]
        return make_plan(self.FILES, self.IN_FORCE, ["more"], survey=survey)

    def test_has_its_file_applied_again_in_its_turn_and_says_why(self) -> None:
        plan = self.plan(self.DROPPED, self.OWNED)
        assert actions(plan) == [(Action.REPAIR, TABLE.path), (Action.REPAIR, VIEW.path)]
        assert plan.repairs == (
            "view ahu.v: it was dropped",
            "table _ahu.t: its owner was changed",
            "more",
        )

    def test_of_a_role_is_the_schemas_too_which_its_file_grants_on(self) -> None:
        role = Drift(self.ROLE.path, "role", "r")
        assert actions(self.plan(role)) == [
            (Action.REPAIR, self.SCHEMA.path),
            (Action.REPAIR, self.ROLE.path),
        ]

    def test_has_the_views_follow_that_read_it(self) -> None:
        plan = self.plan(self.OWNED, followers=frozenset({VIEW.path}))
        assert actions(plan) == [(Action.REPAIR, TABLE.path), (Action.REPAIR, VIEW.path)]

    def test_that_cannot_be_told_has_every_file_applied_again_but_no_migration(self) -> None:
        paths = [path for _, path in actions(self.plan(is_complete=False))]
        assert paths == [f.path for f in (self.SCHEMA, self.ROLE, TABLE, VIEW, POOLER)]

    def test_of_what_only_a_superuser_builds_is_left_by_anybody_else(self) -> None:
        survey = Survey((self.LOOK_UP,))
        plan = make_plan(self.FILES, self.IN_FORCE, survey=survey, is_superuser=False)
        assert (plan.steps, plan.repairs, plan.left) == ((), (), (POOLER.path,))
        assert make_plan(self.FILES, self.IN_FORCE, survey=survey).repairs

    def test_of_a_file_that_is_no_longer_there_is_nobody_s_concern(self) -> None:
        plan = self.plan(Drift("70_views/native/old.sql", "view", "_ahu.old"))
        assert (plan.steps, plan.repairs) == ((), ("more",))

    def test_of_a_table_that_has_to_be_made_anew_comes_before_the_migrations(self) -> None:
        changed = RenderedFile(TABLE.path, "changed")
        files = (CHECK, changed, MIGRATION, LATER, VIEW, FINISH)
        lost = Change("column day", "date", None)
        for drift, first in (
            (Drift(TABLE.path, "table", "_ahu.t"), (Action.REPAIR, TABLE.path)),
            (Drift(TABLE.path, "table", "_ahu.t", (lost,)), (Action.REPAIR, TABLE.path)),
            (self.OWNED, (Action.MIGRATE, LATER.path)),
        ):
            assert actions(make_plan(files, IN_FORCE, survey=Survey((drift,))))[0] == first

    def test_of_the_ledger_has_migrations_run_again(self) -> None:
        fresh = actions(make_plan(self.FILES, {}))
        assert (Action.NOTE, MIGRATION.path) in fresh
        lost = actions(make_plan(self.FILES, {}, is_fresh=False))
        assert (Action.MIGRATE, MIGRATION.path) in lost

    def test_tells_what_was_dropped_changed_and_added(self) -> None:
        parts = [("a", "1", None), ("b", "1", None), ("c", "1", "2"), ("column x", None, "text")]
        parts.append(("comment on column x", None, "mine"))
        drift = Drift("", "table", "_ahu.t", tuple(Change(*part) for part in parts))
        assert str(drift) == (
            "table _ahu.t: its a and b were dropped, its c was changed, its column x was added"
        )


def test_a_password_alone_is_pending() -> None:
    plan = make_plan(FILES, IN_FORCE, passwords=["ahu_read"])
    assert (plan.steps, plan.repairs, plan.passwords) == ((), (), ("ahu_read",))
    assert plan.is_pending


def test_planning_is_pure() -> None:
    ledger = dict(IN_FORCE)
    assert make_plan(FILES, ledger) == make_plan(FILES, ledger)
    assert ledger == IN_FORCE
