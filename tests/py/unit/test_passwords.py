"""Passwords: where they are read from, what is refused, and whose secret a secret is."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import psycopg
import pytest

from ahu_sql.errors import AhuSqlError
from ahu_sql.passwords import ROLES, _is_of, read_password, read_passwords

PASSWORD = "pass-word with spaces, \"quotes\" and 'more' = 한국 €"


def refusal(environment: Mapping[str, str], role: str = "ahu_read") -> AhuSqlError:
    """The error of reading it, which is a whole one, and does not tell the password."""
    with pytest.raises(AhuSqlError) as caught:
        read_password(role, environment)
    error = caught.value
    assert error.detail and error.hint
    assert error.exit_code == 2
    for value in environment.values():
        if not value.startswith("/") and value:
            assert value not in str(error)
    with pytest.raises(AhuSqlError):
        read_passwords(environment)
    return error


class TestFromTheEnvironment:
    @pytest.mark.parametrize("role", ROLES)
    def test_each_role_has_a_variable_of_its_name(self, role: str) -> None:
        assert read_password(role, {f"{role.upper()}_PASSWORD": PASSWORD}) == PASSWORD

    def test_the_variables_are_these(self) -> None:
        environment = {
            "AHU_READ_PASSWORD": "r",
            "AHU_WRITE_PASSWORD": "w",
            "AHU_PGBOUNCER_PASSWORD": "p",
        }
        assert read_passwords(environment) == {
            "ahu_read": "r",
            "ahu_write": "w",
            "ahu_pgbouncer": "p",
        }

    def test_without_any_there_is_none(self) -> None:
        others = {"PGPASSWORD": "x", "AHU_PASSWORD": "x", "AHU_OWNER_PASSWORD": "x"}
        for environment in ({}, others):
            assert [read_password(role, environment) for role in ROLES] == [None, None, None]
            assert read_passwords(environment) == {}

    def test_one_alone_is_read_alone(self) -> None:
        assert read_passwords({"AHU_WRITE_PASSWORD": "w"}) == {"ahu_write": "w"}

    def test_it_is_taken_to_the_letter(self) -> None:
        for password in (" spaces at both ends ", "back\\slash", "%40", "$HOME", "{{ x }}", "é"):
            assert read_password("ahu_read", {"AHU_READ_PASSWORD": password}) == password


class TestFromAFile:
    def read(self, folder: Path, content: bytes) -> str | None:
        file = folder / "password"
        file.write_bytes(content)
        return read_password("ahu_write", {"AHU_WRITE_PASSWORD_FILE": str(file)})

    def test_it_is_what_the_file_holds(self, tmp_path: Path) -> None:
        assert self.read(tmp_path, PASSWORD.encode()) == PASSWORD

    @pytest.mark.parametrize("end", [b"\n", b"\r\n"])
    def test_the_line_s_end_is_no_part_of_it(self, tmp_path: Path, end: bytes) -> None:
        assert self.read(tmp_path, PASSWORD.encode() + end) == PASSWORD

    def test_nothing_else_is_taken_off(self, tmp_path: Path) -> None:
        assert self.read(tmp_path, b"  two words \n") == "  two words "

    @pytest.mark.parametrize("content", [b"a\n\n", b"a\nb\n", b"\na", b"a\tb", b"a\rb", b"a\0b"])
    def test_a_second_line_or_a_control_character_is_refused(
        self, tmp_path: Path, content: bytes
    ) -> None:
        with pytest.raises(AhuSqlError) as caught:
            self.read(tmp_path, content)
        assert caught.value.detail == "It comes from AHU_WRITE_PASSWORD_FILE."

    @pytest.mark.parametrize("content", [b"", b"\n", b"\r\n"])
    def test_an_empty_file_is_refused(self, tmp_path: Path, content: bytes) -> None:
        with pytest.raises(AhuSqlError) as caught:
            self.read(tmp_path, content)
        assert caught.value.message.startswith("the password of role ahu_write is empty, ")
        assert caught.value.detail == "It comes from AHU_WRITE_PASSWORD_FILE."

    def test_one_that_is_not_there_is_named_with_its_variable(self, tmp_path: Path) -> None:
        missing = str(tmp_path / "missing")
        error = refusal({"AHU_READ_PASSWORD_FILE": missing})
        assert error.message == f'cannot read the password file "{missing}"'
        assert error.detail == "No such file or directory."
        assert "AHU_READ_PASSWORD_FILE" in str(error.hint)

    def test_a_folder_or_no_name_at_all_is_no_file(self, tmp_path: Path) -> None:
        for name in (str(tmp_path), ""):
            error = refusal({"AHU_READ_PASSWORD_FILE": name})
            assert error.message == f'cannot read the password file "{name}"'
            assert error.detail == "Is a directory."

    def test_one_that_may_not_be_read_says_so(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(*arguments: object, **options: object) -> str:
            raise PermissionError(13, os.strerror(13))  # which root never meets

        monkeypatch.setattr(Path, "open", refuse)
        error = refusal({"AHU_READ_PASSWORD_FILE": str(tmp_path / "password")})
        assert error.detail == "Permission denied."

    def test_one_without_an_end_is_not_read_to_it(self) -> None:
        error = refusal({"AHU_READ_PASSWORD_FILE": "/dev/zero"})
        assert "control characters" in error.message

    def test_one_that_is_too_long_for_pgbouncer_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "long").write_text("ü" * 501)
        error = refusal({"AHU_READ_PASSWORD_FILE": str(tmp_path / "long")})
        assert error.message == "the password of role ahu_read is too long"
        assert read_password("ahu_read", {"AHU_READ_PASSWORD": "ü" * 500}) == "ü" * 500

    def test_another_encoding_is_named_and_the_bytes_are_not(self, tmp_path: Path) -> None:
        with pytest.raises(AhuSqlError) as caught:
            self.read(tmp_path, "geheim-müll".encode("latin-1"))
        assert caught.value.detail == "it is not UTF-8 text."
        assert "geheim" not in str(caught.value)


class TestRefused:
    def test_two_at_once(self, tmp_path: Path) -> None:
        file = tmp_path / "password"
        file.write_text("of the file")
        error = refusal({"AHU_READ_PASSWORD": "other", "AHU_READ_PASSWORD_FILE": str(file)})
        assert error.message == "role ahu_read has two passwords"
        assert error.detail == "Both AHU_READ_PASSWORD and AHU_READ_PASSWORD_FILE are set."
        assert error.hint == "unset AHU_READ_PASSWORD"

    def test_an_empty_one_which_no_longer_means_none(self) -> None:
        error = refusal({"AHU_READ_PASSWORD": ""})
        assert error.message == (
            "the password of role ahu_read is empty, has control characters or is not UTF-8"
        )
        assert error.detail == "It comes from AHU_READ_PASSWORD."

    @pytest.mark.parametrize("character", ["\n", "\t", "\0", "\x1f", "\x7f", "\x85"])
    def test_control_characters(self, character: str) -> None:
        error = refusal({"AHU_READ_PASSWORD": f"pass{character}word"})
        assert "control characters" in error.message

    def test_bytes_that_are_no_text(self) -> None:
        # what os.environ makes of a byte that is not UTF-8
        error = refusal({"AHU_READ_PASSWORD": b"pass\xffword".decode("utf-8", "surrogateescape")})
        assert "not UTF-8" in error.message

    def test_that_of_any_role(self) -> None:
        for role in ROLES:
            error = refusal({f"{role.upper()}_PASSWORD": ""}, role)
            assert f"role {role} " in error.message


AWKWARD = {
    "plain": "correct horse battery staple",
    "one character": "x",
    "longer than a hash's block": "long " * 50,
    "letters of other scripts": "비밀번호-пароль-密碼",
    "composed and decomposed": "cafe\u0301 Å",
    "a ligature and full width, which have other forms": "\ufb01ne \uff21\uff22\uff23 \u2460",
    "spaces of other kinds": "a\u00a0b\u3000c\u2009d\u1680e\u200bf",
    "what is mapped to nothing": "soft\u00adhyphen zero\u200dwidth\ufeff \ufe0f",
    "nothing else than that": "\u00ad\u200d",
    "an emoji, newer than SASLprep": "👩🏽‍🚀 \ufb01",
    "private use, which SASLprep does not allow": "\ue000 \ufb01\u00ad",
    "both directions, which it does not allow either": "abc \u05d0\u05d1 \ufb01",
    "from right to left": "\u05d0\u05d1\u05d2",
}


@pytest.fixture(scope="module")
def libpq() -> psycopg.pq.abc.PGconn:
    """It makes secrets without a server too."""
    return psycopg.pq.PGconn.connect(b"host=/nowhere")


class TestSecrets:
    def secret(self, libpq: psycopg.pq.abc.PGconn, password: str) -> str:
        return libpq.encrypt_password(password.encode(), b"ahu_read", b"scram-sha-256").decode()

    @pytest.mark.parametrize("name", AWKWARD)
    def test_one_that_libpq_made_is_of_its_password(
        self, libpq: psycopg.pq.abc.PGconn, name: str
    ) -> None:
        secret = self.secret(libpq, AWKWARD[name])
        assert _is_of(secret, AWKWARD[name])
        # salted: the next one is another and is of it as well
        assert self.secret(libpq, AWKWARD[name]) != secret

    def test_and_of_no_other(self, libpq: psycopg.pq.abc.PGconn) -> None:
        for name, password in AWKWARD.items():
            secret = self.secret(libpq, password)
            assert [other for other in AWKWARD if _is_of(secret, AWKWARD[other])] == [name]
            for other in (f"{password} ", f" {password}", f"{password}x", f"{password}{password}"):
                assert not _is_of(secret, other)

    def test_case_and_accents_count(self, libpq: psycopg.pq.abc.PGconn) -> None:
        secret = self.secret(libpq, "Paßwort")
        assert not any(_is_of(secret, other) for other in ("paßwort", "Passwort", "Passwort", ""))

    def test_the_same_text_in_another_form_is_the_same_password(
        self, libpq: psycopg.pq.abc.PGconn
    ) -> None:
        assert _is_of(self.secret(libpq, "caf\u00e9"), "cafe\u0301")
        assert _is_of(self.secret(libpq, "fine"), "\ufb01ne")

    def test_another_count_of_iterations_is_read_from_it(self) -> None:
        # RFC 7677's example, whose password is "pencil"
        server_key = "wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="
        stored_key = "WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY="
        secret = f"SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==${stored_key}:{server_key}"
        assert _is_of(secret, "pencil")
        assert not _is_of(secret.replace("$4096:", "$4097:"), "pencil")

    @pytest.mark.parametrize(
        "secret", [None, "", "pencil", "md5" + "0" * 32, "SCRAM-SHA-256$", "SCRAM-SHA-256$a:b$c:d"]
    )
    def test_none_and_other_kinds_are_of_no_password(self, secret: str | None) -> None:
        for password in ("pencil", "", secret or "x"):
            assert not _is_of(secret, password)
