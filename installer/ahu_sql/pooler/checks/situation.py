"""What the rules look at: a configuration and its version, and what is known of its server."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ahu_sql.linter.findings import Finding
from ahu_sql.pooler.configuration import Configuration, Entry
from ahu_sql.pooler.ini import Place
from ahu_sql.pooler.server_facts import ServerFacts
from ahu_sql.pooler.versions import Version, knows

READ, WRITE = "ahu_read", "ahu_write"
ROLES = (READ, WRITE)
"""Our login roles, each of which has the alias of its own name."""

LOOK_UP = "select l.user_name, l.password from ahu.pgbouncer_login($1) as l"


@dataclass(frozen=True)
class Running:
    """What a console says. settings, databases: rows of SHOW CONFIG and SHOW DATABASES."""

    version: Version
    settings: Sequence[Mapping[str, Any]]
    databases: Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Situation:
    """All that is known; server and running are None where nobody named them."""

    configuration: Configuration
    version: Version
    server: ServerFacts | None = None
    running: Running | None = None

    def text(self, name: str) -> str:
        """The value of a setting that is in force."""
        return self.configuration.text(name, self.version)

    def number(self, name: str) -> float:
        """The same of a number."""
        return self.configuration.number(name, self.version)

    def names(self, name: str) -> tuple[str, ...]:
        """The same of a list."""
        return self.configuration.names(name, self.version)

    def where(self, name: str) -> Place:
        """Where a setting stands, or would stand."""
        return self.configuration.where(name)

    @property
    def as_a_whole(self) -> Place:
        """The file, and no line of it."""
        return Place(self.configuration.place.path)

    @property
    def aliases(self) -> Sequence[Entry]:
        """Every line of [databases]."""
        return tuple(self.configuration.aliases.values())

    @cached_property
    def our_aliases(self) -> Sequence[Entry]:
        """Those of our two roles that are there."""
        return tuple(alias for alias in self.aliases if alias.name in ROLES)

    def pool_mode(self, alias: Entry) -> str:
        """When an alias gives a server connection back."""
        user = self.configuration.users.get(role_of(alias) or "")
        for entry in (user, alias):
            if entry and "pool_mode" in entry.parameters:
                return entry.parameters["pool_mode"].lower()
        return self.text("pool_mode").lower()

    def auth_user(self, alias: Entry) -> str:
        """As whom passwords are looked up for an alias; empty: they are not."""
        return alias.parameters.get("auth_user") or self.text("auth_user")

    @property
    def auth_dbname(self) -> str:
        """The database in which passwords are looked up; empty: that of the alias."""
        return self.text("auth_dbname") if knows(self.version, "auth_dbname") else ""

    def knows_no_password(self, user: str) -> bool:
        """Whether pgbouncer surely has no password to log in to the server with as a user."""
        files = [file for file in self.configuration.files if file.setting == "auth_file"]
        if self.configuration.is_running or any(file.reason for file in files):
            return False
        logins = self.configuration.userlist or ()
        return not any(login.user == user and login.secret != "none" for login in logins)

    @property
    def looks_up(self) -> bool:
        """Whether passwords are looked up in the server at all, or may be."""
        return self.configuration.is_running or any(map(self.auth_user, self.aliases))


Rule = Callable[[Situation], Iterator[Finding]]


def role_of(alias: Entry) -> str | None:
    """As whom an alias logs in to the server: as a forced user, or as the role of its name."""
    return alias.parameters.get("user") or (alias.name if alias.name in ROLES else None)


def hosts_of(alias: Entry) -> tuple[str, ...]:
    """The hosts of an alias; empty: the Unix socket in pgbouncer's own folder of sockets."""
    return tuple(host.strip() for host in alias.parameters.get("host", "").split(","))


def is_local(host: str) -> bool:
    """Whether a host of an alias is a Unix socket."""
    return not host or host.startswith(("/", "@"))


def finding(code: str, place: Place, message: str, hint: str) -> Finding:
    """One finding at a place."""
    return Finding(code, place.path, place.line, message, hint)
