"""What an install would do, as a pure function of files and ledger."""

from __future__ import annotations

from ahu_sql.planner import Action, Plan, make_plan
from ahu_sql.renderer import RenderedFile

CHECK = RenderedFile("00_preconditions/a.sql", "check")
TABLE = RenderedFile("30_tables/t.sql", "table")
MIGRATION = RenderedFile("40_migrations/1.sql", "migration")
LATER = RenderedFile("40_migrations/2.sql", "later")
VIEW = RenderedFile("70_views/v.sql", "view")
FINISH = RenderedFile("90_finish/f.sql", "finish")
FILES = (CHECK, TABLE, MIGRATION, VIEW, FINISH)
IN_FORCE = {file.path: file.checksum for file in (TABLE, MIGRATION, VIEW)}


def actions(plan: Plan) -> list[tuple[Action, str]]:
    return [(step.action, step.file.path) for step in plan.steps]


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


def test_a_migration_that_ran_is_not_run_again_though_its_text_changed() -> None:
    changed = RenderedFile(MIGRATION.path, "rewritten")
    assert actions(make_plan((TABLE, changed, VIEW), IN_FORCE)) == []


def test_checks_and_finish_are_in_every_plan_and_are_never_steps() -> None:
    for ledger in ({}, IN_FORCE):
        plan = make_plan(FILES, ledger)
        assert plan.checks == (CHECK,)
        assert plan.finish == (FINISH,)
        assert not {CHECK.path, FINISH.path} & {step.file.path for step in plan.steps}


def test_a_file_that_is_gone_from_the_tree_is_no_step() -> None:
    assert actions(make_plan((TABLE, MIGRATION), IN_FORCE)) == []


def test_planning_is_pure() -> None:
    ledger = dict(IN_FORCE)
    assert make_plan(FILES, ledger) == make_plan(FILES, ledger)
    assert ledger == IN_FORCE
