"""AHU541 to AHU546: how a client proves who it is, and where passwords lie."""

from __future__ import annotations

from collections.abc import Iterator

from ahu_sql.linter.findings import Finding
from ahu_sql.pooler.checks.doors import rules_of_hba
from ahu_sql.pooler.checks.situation import ROLES, Situation, finding
from ahu_sql.pooler.ini import Place

_WEAK = ("any", "trust", "plain", "md5")
_READABLE_BY_OTHERS = 0o007
_WRITABLE_BY_OTHERS = 0o002
_WRITABLE = 0o022


def no_scram(situation: Situation) -> Iterator[Finding]:
    """AHU541: a client of ours that does not log in by SCRAM, which is what the server wants."""
    kind = situation.text("auth_type").lower()
    if kind in _WEAK:
        yield finding(
            "AHU541",
            situation.where("auth_type"),
            f"auth_type is {kind}: {_consequence(kind)}",
            "auth_type = hba, with scram-sha-256 in each rule of auth_hba_file",
        )
    if kind != "hba":
        return
    for rule in rules_of_hba(situation.configuration.hba):
        if rule.method in ("scram-sha-256", "reject"):
            continue
        roles = [role for role in ROLES if rule.matches(role, role)]
        if roles:
            yield finding(
                "AHU541",
                rule.place,
                f"{' and '.join(roles)} may log in by {rule.method}: {_consequence(rule.method)}",
                "write scram-sha-256 as the method of this rule",
            )


def _consequence(method: str) -> str:
    if method == "md5":
        return "a hash that is as good as the password will do where there is no SCRAM secret"
    return "pgbouncer then cannot log in to the server as its client"


def roles_in_userlist(situation: Situation) -> Iterator[Finding]:
    """AHU542: a role whose password the server keeps stands in the userlist too."""
    for login in situation.configuration.userlist or ():
        if login.user in ROLES:
            yield finding(
                "AHU542",
                login.place,
                f"{login.user} stands in the userlist, which beats what the server says",
                "remove the line: auth_query looks the password up",
            )


def open_passwords(situation: Situation) -> Iterator[Finding]:
    """AHU543: others may read a file with passwords."""
    logins = situation.configuration.userlist or ()
    secret = next((login for login in logins if login.secret != "none"), None)
    for file in situation.configuration.files:
        if file.setting == "auth_file" and secret and (file.mode or 0) & _READABLE_BY_OTHERS:
            yield finding(
                "AHU543",
                secret.place,
                f"everybody on this machine may read the password of {secret.user}",
                f"chmod 600 {file.name}",
            )

    for alias in situation.aliases:
        mode = situation.configuration.modes.get(alias.place.path, 0)
        if "password" in alias.parameters and mode & _READABLE_BY_OTHERS:
            yield finding(
                "AHU543",
                alias.place,
                f'everybody on this machine may read the password of alias "{alias.name}"',
                f"chmod 640 {alias.place.path}, or remove password=",
            )


def writable_files(situation: Situation) -> Iterator[Finding]:
    """AHU546: others may write a file that says who gets in."""
    configuration = situation.configuration
    found = [(Place(name), name, mode) for name, mode in configuration.modes.items()]
    found += [
        (situation.where(file.setting), file.name, file.mode or 0) for file in configuration.files
    ]
    for place, name, mode in found:
        if mode & _WRITABLE:
            who = "everybody on this machine" if mode & _WRITABLE_BY_OTHERS else "a whole group"
            message = f"{who} may write {name}, and so say who gets in and as whom"
            yield finding("AHU546", place, message, f"chmod go-w {name}")


def global_auth_user(situation: Situation) -> Iterator[Finding]:
    """AHU544: anybody can end a pgbouncer before 1.20 that has a global auth_user."""
    if situation.text("auth_user") and situation.version < (1, 20):
        yield finding(
            "AHU544",
            situation.where("auth_user"),
            "a global auth_user lets anybody end this pgbouncer: a stranger who asks for the "
            'database "pgbouncer" is enough',
            "remove the line, and write auth_user=ahu_pgbouncer on each line of [databases]",
        )


def no_look_up(situation: Situation) -> Iterator[Finding]:
    """AHU545: an alias for which no password can be found."""
    if situation.configuration.is_running or situation.text("auth_type").lower() in ("any", "pam"):
        return
    if any(file.setting == "auth_file" and file.reason for file in situation.configuration.files):
        return  # who knows whom it names
    known = {login.user for login in situation.configuration.userlist or ()}
    for alias in situation.our_aliases:
        if not situation.auth_user(alias) and alias.name not in known:
            yield finding(
                "AHU545",
                alias.place,
                f'alias "{alias.name}" has no auth_user, so nobody looks up the password of its '
                "role and nobody gets in",
                f"auth_user=ahu_pgbouncer on the line of {alias.name}",
            )


RULES = (no_scram, roles_in_userlist, open_passwords, writable_files, global_auth_user, no_look_up)
