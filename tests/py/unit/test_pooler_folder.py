"""Into a folder, and never over a file that ahu-sql did not write or that was edited since."""

from __future__ import annotations

import dataclasses
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from ahu_sql.errors import AhuSqlError
from ahu_sql.locations import pgbouncer_folder
from ahu_sql.pooler import folder as folder_module
from ahu_sql.pooler.files import PoolerFile, render_files
from ahu_sql.pooler.folder import NAMES, write_files
from ahu_sql.settings import Pgbouncer

BY_SOCKET = Pgbouncer()
BY_TCP = Pgbouncer(server_host="db.plant")


def files_of(pooler: Pgbouncer, password: str = "geheim") -> tuple[PoolerFile, ...]:
    return render_files(pgbouncer_folder(), pooler, password)


FILES = files_of(BY_TCP)
SOCKET_FILES = files_of(BY_SOCKET)


def actions(folder: Path, files: tuple[PoolerFile, ...] = FILES) -> dict[str, str]:
    changes = write_files(folder, files)
    assert all(change.path.parent == folder for change in changes)
    return {change.path.name: change.action for change in changes}


def contents(folder: Path) -> dict[str, object]:
    """All that is in a folder: texts, where links lead, folders, modes, and when it was written."""
    found: dict[str, object] = {}
    for path in folder.iterdir():
        status = path.lstat()
        what: object = path.is_dir() or status.st_ino
        if path.is_symlink():
            what = path.readlink()
        elif path.is_file():
            what = path.read_bytes()
        found[path.name] = (what, status.st_mode, status.st_mtime_ns, status.st_ino)
    return found


def refusal(folder: Path, files: tuple[PoolerFile, ...] = FILES) -> AhuSqlError:
    """The error; and nothing at all was written."""
    before = contents(folder)
    with pytest.raises(AhuSqlError) as caught:
        write_files(folder, files)
    assert contents(folder) == before
    assert caught.value.detail and caught.value.hint
    return caught.value


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


class TestWritten:
    def test_all_of_them_into_a_folder_that_is_made(self, tmp_path: Path) -> None:
        folder = tmp_path / "deep" / "down"
        assert actions(folder) == {file.name: "written" for file in FILES}
        assert {path.name: path.read_text("utf-8") for path in folder.iterdir()} == {
            file.name: file.text for file in FILES
        }

    def test_in_the_order_in_which_they_are_known(self, tmp_path: Path) -> None:
        names = list(actions(tmp_path))
        assert names == [name for name in NAMES if name in names]

    def test_into_a_folder_where_others_have_files_of_other_names(self, tmp_path: Path) -> None:
        for name in ("pgbouncer.ini.bak", "notes.txt", "pgbouncer.log", ".pgbouncer.ini.swp"):
            (tmp_path / name).write_text("mine")
        actions(tmp_path)
        assert (tmp_path / "pgbouncer.ini.bak").read_text() == "mine"
        assert len(list(tmp_path.iterdir())) == 4 + len(FILES)

    def test_the_one_with_a_password_for_its_owner_alone(self, tmp_path: Path) -> None:
        previous = os.umask(0)
        try:
            actions(tmp_path)
        finally:
            os.umask(previous)
        assert {file.name: mode(tmp_path / file.name) for file in FILES} == {
            file.name: 0o600 if file.name == "userlist.txt" else 0o644 for file in FILES
        }

    def test_no_secret_is_ever_in_a_file_that_others_may_read(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        modes: list[int] = []
        replace = Path.replace

        def watched(path: Path, target: Path) -> Path:
            if target.name == "userlist.txt":
                modes.append(mode(path))
            return replace(path, target)

        made = folder_module.tempfile.mkstemp

        def watch_made(**options: object) -> tuple[int, str]:
            descriptor, name = made(**options)
            modes.append(mode(Path(name)))
            return descriptor, name

        monkeypatch.setattr(Path, "replace", watched)
        monkeypatch.setattr(folder_module.tempfile, "mkstemp", watch_made)
        actions(tmp_path)
        assert len(modes) == len(FILES) + 1 and set(modes) == {0o600}

    def test_without_a_password_the_userlist_is_as_the_others(self, tmp_path: Path) -> None:
        actions(tmp_path, SOCKET_FILES)
        assert {mode(path) for path in tmp_path.iterdir()} == {0o644}

    def test_whole_or_not_at_all(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        actions(tmp_path)
        before = contents(tmp_path)

        def fail(path: Path, target: Path) -> Path:
            raise OSError(28, os.strerror(28), str(target))

        monkeypatch.setattr(Path, "replace", fail)
        changed = dataclasses.replace(BY_TCP, listen_port=7000)
        with pytest.raises(AhuSqlError) as caught:
            write_files(tmp_path, files_of(changed))
        assert "No space left on device" in str(caught.value.detail)
        assert contents(tmp_path) == before  # nor is a half of one left


class TestAgain:
    def test_it_says_unchanged_and_touches_nothing(self, tmp_path: Path) -> None:
        actions(tmp_path)
        before = contents(tmp_path)
        assert actions(tmp_path) == {file.name: "unchanged" for file in FILES}
        assert contents(tmp_path) == before

    def test_only_what_is_another_is_written(self, tmp_path: Path) -> None:
        actions(tmp_path)
        changed = dataclasses.replace(BY_TCP, max_client_conn=300)
        assert [n for n, a in actions(tmp_path, files_of(changed)).items() if a == "written"] == [
            "pgbouncer.ini"
        ]
        assert "max_client_conn = 300" in (tmp_path / "pgbouncer.ini").read_text()

    def test_a_new_password_changes_the_userlist_alone(self, tmp_path: Path) -> None:
        actions(tmp_path)
        again = actions(tmp_path, files_of(BY_TCP, "another"))
        assert [name for name, action in again.items() if action == "written"] == ["userlist.txt"]
        assert mode(tmp_path / "userlist.txt") == 0o600

    def test_one_that_is_gone_is_written_again(self, tmp_path: Path) -> None:
        actions(tmp_path)
        (tmp_path / "pgbouncer_hba.conf").unlink()
        again = actions(tmp_path)
        assert [n for n, a in again.items() if a == "written"] == ["pgbouncer_hba.conf"]

    def test_what_others_came_to_read_is_closed_to_them_again(self, tmp_path: Path) -> None:
        actions(tmp_path)
        (tmp_path / "userlist.txt").chmod(0o666)
        assert actions(tmp_path)["userlist.txt"] == "unchanged"
        assert mode(tmp_path / "userlist.txt") == 0o600

    def test_its_owner_stays_who_it_was(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The pooler's user, who could not read the password of root's otherwise."""
        given: list[tuple[int, int]] = []
        actions(tmp_path)
        monkeypatch.setattr(os, "chown", lambda path, user, group: given.append((user, group)))
        actions(tmp_path, files_of(BY_TCP, "another"))
        status = (tmp_path / "userlist.txt").stat()
        assert given == [(status.st_uid, status.st_gid)]

        def refuse(*arguments: object) -> None:
            raise PermissionError(1, os.strerror(1))

        monkeypatch.setattr(os, "chown", refuse)
        assert actions(tmp_path, files_of(BY_TCP, "a third"))["userlist.txt"] == "written"


class TestStaleOnes:
    def test_of_ours_are_removed(self, tmp_path: Path) -> None:
        actions(tmp_path, FILES)
        again = actions(tmp_path, SOCKET_FILES)
        assert {name for name, action in again.items() if action == "removed"} == {
            "docker-compose.yml",
            ".gitignore",
        }
        assert {path.name for path in tmp_path.iterdir()} == {file.name for file in SOCKET_FILES}
        assert "geheim" not in (tmp_path / "userlist.txt").read_text()

    def test_that_were_edited_stay(self, tmp_path: Path) -> None:
        actions(tmp_path, FILES)
        path = tmp_path / "docker-compose.yml"
        path.write_text(path.read_text() + "# ours now\n")
        assert "docker-compose.yml" not in actions(tmp_path, SOCKET_FILES)
        assert path.read_text().endswith("# ours now\n")

    @pytest.mark.parametrize("kind", ["file", "folder", "link", "dangling link"])
    def test_that_never_were_ours_stay(self, tmp_path: Path, kind: str) -> None:
        path = tmp_path / "docker-compose.yml"
        put(path, kind)
        before = contents(tmp_path)[path.name]
        assert path.name not in actions(tmp_path, SOCKET_FILES)
        assert contents(tmp_path)[path.name] == before


def put(path: Path, kind: str) -> None:
    """Something that is in the way."""
    if kind == "file":
        path.write_text("mine")
    elif kind == "empty file":
        path.touch()
    elif kind == "file of other bytes":
        path.write_bytes(b"\xff\xfe\x00")
    elif kind == "folder":
        path.mkdir()
    elif kind == "link":
        target = path.parent / "target"
        target.write_text(next(file.text for file in FILES if file.name == path.name))
        path.symlink_to(target)
    elif kind == "dangling link":
        path.symlink_to(path.parent / "nowhere")
    elif kind == "pipe":
        os.mkfifo(path)


KINDS = (*("file", "empty file", "file of other bytes", "folder", "link", "dangling link", "pipe"),)


class TestInTheWay:
    @pytest.mark.parametrize("kind", KINDS)
    def test_what_ahu_sql_did_not_write_stays_and_nothing_else_is_written(
        self, tmp_path: Path, kind: str
    ) -> None:
        """A link as well, though it leads to one of ours: what it leads to is somebody's place."""
        put(tmp_path / "docker-compose.yml", kind)
        error = refusal(tmp_path)
        path = tmp_path / "docker-compose.yml"
        assert error.message == f"{path} is not a file that ahu-sql wrote, nothing was written"
        assert error.detail == f"{path}: written by somebody else, or edited since."
        assert "--out" in str(error.hint) and "ahu-sql.toml" in str(error.hint)

    @pytest.mark.parametrize("name", [file.name for file in FILES])
    def test_each_of_ours_is_as_safe_when_it_was_edited(self, tmp_path: Path, name: str) -> None:
        actions(tmp_path)
        path = tmp_path / name
        path.write_text(path.read_text("utf-8") + "# by hand\n", encoding="utf-8")
        error = refusal(tmp_path, files_of(dataclasses.replace(BY_TCP, listen_port=7000)))
        assert str(path) in error.message

    def test_even_where_it_would_not_change(self, tmp_path: Path) -> None:
        actions(tmp_path)
        path = tmp_path / "pgbouncer.ini"
        path.write_text(path.read_text().replace("max_client_conn = 200", "max_client_conn = 500"))
        refusal(tmp_path)

    def test_all_that_are_in_the_way_are_named_at_once(self, tmp_path: Path) -> None:
        for name in ("pgbouncer.ini", "userlist.txt"):
            (tmp_path / name).write_text("mine")
        error = refusal(tmp_path)
        assert error.message == "2 files are not as ahu-sql wrote them, nothing was written"
        for name in ("pgbouncer.ini", "userlist.txt"):
            assert str(tmp_path / name) in str(error.detail)

    def test_one_of_another_version_of_ours_is_not(self, tmp_path: Path) -> None:
        """Written by us, and as we wrote it, whatever it says."""
        older = dataclasses.replace(BY_TCP, version="1.18")
        actions(tmp_path, files_of(older))
        assert actions(tmp_path)["pgbouncer.ini"] == "written"


class TestPlaces:
    def refusal(self, folder: Path) -> AhuSqlError:
        with pytest.raises(AhuSqlError) as caught:
            write_files(folder, FILES)
        error = caught.value
        assert error.message == f'cannot write to the folder "{folder}"'
        assert "ahu-sql pgbouncer render --out DIR" in str(error.hint)
        assert "geheim" not in str(error)
        return error

    def test_a_file_is_no_folder(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("mine")
        assert "File exists" in str(self.refusal(tmp_path / "file").detail)
        assert "Not a directory" in str(self.refusal(tmp_path / "file" / "below").detail)
        assert (tmp_path / "file").read_text() == "mine"

    @pytest.mark.parametrize(
        ("owner", "method"),
        [
            (Path, "mkdir"),
            (Path, "read_bytes"),
            (folder_module.tempfile, "mkstemp"),
            (Path, "replace"),
        ],
    )
    def test_one_that_may_not_be_written_or_read_says_so(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, owner: object, method: str
    ) -> None:
        actions(tmp_path, files_of(dataclasses.replace(BY_TCP, version="1.18")))
        before = contents(tmp_path)

        def refuse(*arguments: object, **options: object) -> None:
            raise PermissionError(13, os.strerror(13), "the place")  # which root never meets

        with monkeypatch.context() as patch:
            patch.setattr(owner, method, refuse)
            error = self.refusal(tmp_path)
        assert error.detail == "the place: Permission denied."
        assert contents(tmp_path) == before

    def test_a_line_break_of_another_kind_is_an_edit(self, tmp_path: Path) -> None:
        actions(tmp_path)
        ini = tmp_path / "pgbouncer.ini"
        ini.write_bytes(ini.read_bytes().replace(b"\nmax_client_conn", b"\rmax_client_conn"))
        with pytest.raises(AhuSqlError) as caught:
            write_files(tmp_path, FILES)
        assert str(ini) in str(caught.value.detail)

    def test_a_link_to_a_folder_is_a_folder(self, tmp_path: Path) -> None:
        (tmp_path / "real").mkdir()
        (tmp_path / "link").symlink_to(tmp_path / "real")
        assert set(actions(tmp_path / "link").values()) == {"written"}
        assert len(list((tmp_path / "real").iterdir())) == len(FILES)


@pytest.mark.parametrize("make", [lambda: files_of(BY_TCP, "密碼"), lambda: files_of(BY_SOCKET)])
def test_texts_are_utf_8_whatever_the_locale(
    tmp_path: Path, make: Callable[[], tuple[PoolerFile, ...]]
) -> None:
    files = make()
    actions(tmp_path, files)
    for file in files:
        assert (tmp_path / file.name).read_bytes() == file.text.encode()
