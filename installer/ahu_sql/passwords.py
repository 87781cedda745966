"""Passwords of our login roles: from the environment or a file, to the server as SCRAM secrets."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import stringprep
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path

from ahu_sql.database import Connection
from ahu_sql.errors import AhuSqlError

ROLES = ("ahu_read", "ahu_write", "ahu_pgbouncer")

_MOST_BYTES = 1000
"""Of a password: pgbouncer lets nobody in with 1900 and cannot read its userlist with 2100 (seen on
1.18 and 1.24)."""
_MOST_DIGITS = 7
"""Of the iterations of a secret: with more, comparing it would take minutes."""

_SECRET = re.compile(r"SCRAM-SHA-256\$(\d+):([^$]+)\$([^:]+):.+")


def read_password(role: str, environment: Mapping[str, str]) -> str | None:
    """The password that AHU_READ_PASSWORD, or the file that AHU_READ_PASSWORD_FILE names, holds.

    role: one of ROLES; each has variables of its own name. None: neither is set. Raises AhuSqlError
    where both are, or where there is no password in it. A line break at the end of a file is not
    part of it.
    """
    name = f"{role.upper()}_PASSWORD"
    file = environment.get(f"{name}_FILE")
    if file is None:
        password = environment.get(name)
    elif name in environment:
        raise AhuSqlError(
            f"role {role} has two passwords",
            detail=f"Both {name} and {name}_FILE are set.",
            hint=f"unset {name}",
        )
    else:
        password = _from_file(f"{name}_FILE", file)
    if password is not None and (not password.strip() or any(_is_no_text(c) for c in password)):
        raise AhuSqlError(
            f"the password of role {role} is empty, has control characters or is not UTF-8",
            detail=f"It comes from {name}{'' if file is None else '_FILE'}.",
            hint="Put a password there, or unset it: the role's password stays as it is then.",
        )
    if password is not None and len(password.encode()) > _MOST_BYTES:
        raise AhuSqlError(
            f"the password of role {role} is too long",
            detail=f"It has more than {_MOST_BYTES} bytes, with which pgbouncer lets nobody in.",
            hint="Take a shorter one; 20 random characters are more than anybody guesses.",
        )
    return password


def read_passwords(environment: Mapping[str, str]) -> Mapping[str, str]:
    """Passwords by role, of those roles for which there is one."""
    found = {role: read_password(role, environment) for role in ROLES}
    return {role: password for role, password in found.items() if password is not None}


def read_new_passwords(connection: Connection, passwords: Mapping[str, str]) -> tuple[str, ...]:
    """Roles whose password is another on the server, or cannot be compared there."""
    stored = _read_secrets(connection, list(passwords)) if passwords else {}
    return tuple(role for role in passwords if not _is_of(stored.get(role), passwords[role]))


def read_without_password(connection: Connection) -> tuple[str, ...]:
    """Roles of those who log in that have no password; none where it cannot be seen."""
    if not _sees_secrets(connection):
        return ()
    rows = connection.execute(
        "select a.rolname::text from pg_catalog.pg_authid as a"
        " where a.rolname in ('ahu_read', 'ahu_write') and a.rolcanlogin and a.rolpassword is null"
        " order by 1"
    )
    return tuple(row[0] for row in rows)


def set_passwords(
    connection: Connection, passwords: Mapping[str, str], roles: Sequence[str]
) -> None:
    """Gives roles their passwords, in the caller's transaction.

    The server gets secrets made here, never a password. Where the caller may say so, as a
    superuser may, it writes none of them to its log.
    """
    if roles:
        _keep_out_of_the_log(connection)
    for role in roles:
        secret = connection.pgconn.encrypt_password(
            passwords[role].encode(), role.encode(), b"scram-sha-256"
        )
        connection.execute("call _ahu.limit_role(%s, 'password', %s)", (role, secret.decode()))


def _is_no_text(character: str) -> bool:
    """Whether it is a control character, or half of one: a byte of another encoding."""
    return unicodedata.category(character) in ("Cc", "Cs")


def _from_file(variable: str, file: str) -> str:
    try:
        with Path(file).open(encoding="utf-8") as opened:
            # No more than what is refused anyway: it may be a device without an end.
            text = opened.read(4 * _MOST_BYTES)
        return text.removesuffix("\n").removesuffix("\r")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise AhuSqlError(
            f'cannot read the password file "{file}"',
            detail=f"{reason}.",
            hint=f"Let {variable} name a file that holds the password and nothing else.",
        ) from error


def _sees_secrets(connection: Connection) -> bool:
    row = connection.execute(
        "select pg_catalog.has_column_privilege('pg_catalog.pg_authid', 'rolpassword', 'select')"
    ).fetchone()
    return bool(row and row[0])


def _read_secrets(connection: Connection, roles: list[str]) -> Mapping[str, str]:
    if not _sees_secrets(connection):
        return {}
    return dict(
        connection.execute(
            "select a.rolname::text, a.rolpassword from pg_catalog.pg_authid as a"
            " where a.rolname = any (%s) and a.rolpassword is not null",
            (roles,),
        ).fetchall()
    )


def _is_of(secret: str | None, password: str) -> bool:
    """Whether a SCRAM secret (RFC 5803) was made from a password."""
    parts = _SECRET.fullmatch(secret or "")
    if parts is None or len(parts[1]) > _MOST_DIGITS:
        return False
    for text in (password, _prepared(password)):
        salted = hashlib.pbkdf2_hmac(
            "sha256", text.encode(), base64.b64decode(parts[2]), int(parts[1])
        )
        client_key = hmac.digest(salted, b"Client Key", "sha256")
        if hmac.compare_digest(hashlib.sha256(client_key).digest(), base64.b64decode(parts[3])):
            return True
    return False


def _prepared(password: str) -> str:
    """A password as SASLprep (RFC 4013) has it; libpq leaves alone what that does not allow."""
    mapped = (
        " " if stringprep.in_table_c12(c) else "" if stringprep.in_table_b1(c) else c
        for c in password
    )
    return unicodedata.normalize("NFKC", "".join(mapped))


def _keep_out_of_the_log(connection: Connection) -> None:
    """For this transaction: statements are logged, if at all, without their parameters."""
    connection.execute("set local log_parameter_max_length_on_error = 0")
    # Who may not change these is left with the secret, from which no password can be read. The
    # second would keep the ALTER ROLE that a procedure of ours executes.
    connection.execute(
        """
        select
            pg_catalog.set_config(s.name, q.value, true)
        from (
            values
                ('log_parameter_max_length', '0'),
                ('pg_stat_statements.track_utility', 'off')
        ) as q (name, value)
        join pg_catalog.pg_settings as s
            on s.name = q.name
        where pg_catalog.has_parameter_privilege(s.name, 'set')
        """
    )
