"""The process of `ahu-sql` dies; the server finds out when its statement is through."""

from __future__ import annotations

import os
import signal

import pytest

from counts import count
from databases import Database
from faults.aims import Aim, Fault
from faults.bystander import Bystander
from faults.committed import Committed
from faults.matrix import assert_views_equal_raw
from faults.sites import ahu_sql as run_watched
from faults.sites import file_names, installed
from faults.test_backfill import not_filled
from faults.watch import IN_COMMIT, Watch
from in_force import ZONE


class Dying(Watch):
    """Its process is killed where it stands: not even a finally clause is run."""

    def strike(self, pid: int) -> None:
        os.kill(os.getpid(), signal.SIGKILL)


def die(database: Database, point: str, verb: str, *options: str) -> None:
    """Runs the command up to its point, where a SIGKILL ends it, and lets the server go on."""
    process = os.fork()
    if process == 0:
        try:
            watch = Dying(Bystander(database), Aim(point, 1, Fault.TERMINATE), names=file_names())
            run_watched(database, watch, verb, *options)
        finally:
            os._exit(1)
    _, status = os.waitpid(process, 0)
    assert os.WIFSIGNALED(status), f"{point} was not passed"

    bystander = Bystander(database)
    orphans = bystander.session.execute(
        "select pid from pg_stat_activity where application_name like 'ahu-sql%' "
        "and datname = current_database()"
    ).fetchall()
    assert len(orphans) == 1
    bystander.write()
    bystander.release(orphans[0][0])
    bystander.assert_nothing_is_open()
    bystander.close()
    count("kill cases")


@pytest.mark.parametrize(
    ("point", "is_installed"),
    [
        ("before 60_refresh/fold_days.sql", False),
        ("do track_changes:end", False),
        ("before commit", False),
        (IN_COMMIT, True),
        ("before call _ahu.mark_backfill()", True),
    ],
)
def test_an_install_whose_client_dies_is_done_by_the_next(
    site: Database, point: str, is_installed: bool
) -> None:
    with site.connect() as session:
        before = Committed.read(session)
        die(site, point, "install")
        if not is_installed:
            before.assert_same(Committed.read(session))
    assert bool(site.rows("select from pg_namespace where nspname = '_ahu'")) == is_installed
    again(site, "install")
    assert_views_equal_raw(site, ZONE)


@pytest.mark.parametrize("point", ["mark_backfill:end", "fold_days:end"])
def test_a_batch_whose_client_dies_is_committed_once(site: Database, point: str) -> None:
    """A CALL in autocommit does not need its client any more."""
    installed(site)
    site.execute("delete from _ahu.refresh_run")
    not_filled(site)
    die(site, point, "install", "--batch-days", "15")
    batches = site.rows("select days from ahu.refresh_runs")
    assert batches == ([(15,)] if point.startswith("fold") else [])
    again(site, "install", "--batch-days", "15")
    assert site.rows("select days from ahu.refresh_runs order by run_id") == [(15,), (15,), (10,)]
    assert_views_equal_raw(site, ZONE)


def test_an_uninstall_whose_client_dies_is_done_by_the_next(site: Database) -> None:
    installed(site)
    die(site, "do drop_objects:end", "uninstall", "--yes")
    assert_views_equal_raw(site, ZONE)
    again(site, "uninstall", "--yes")
    assert site.rows("select from pg_namespace where nspname in ('ahu', '_ahu')") == []


def again(database: Database, *arguments: str) -> None:
    """The same command, by a client that lives."""
    watch = Watch(Bystander(database))
    assert run_watched(database, watch, *arguments), watch.said
    watch.end()
