"""The two files that say who may log in to pgbouncer: its HBA file and its userlist."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ahu_sql.pooler.ini import Place, read_text
from ahu_sql.pooler.versions import Version

_TOKEN = re.compile(r'\s*(?:(#.*)|(,)|"((?:[^"]|"")*)"|([^\s,#"]+)|(.))')
_USER = re.compile(r'"((?:[^"]|"")*)"[^"\n]*"((?:[^"]|"")*)"')
_MD5 = re.compile(r"md5[0-9a-f]{32}")
_TYPES = frozenset({"local", "host", "hostssl", "hostnossl"})
_METHODS = frozenset({"trust", "reject", "md5", "password", "peer", "cert", "scram-sha-256"})
_LATER_METHODS = {"pam": (1, 24), "ldap": (1, 25)}

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True)
class HbaRule:
    """One line of an HBA file. networks: from where; empty for local. options: map=..., say."""

    kind: str
    databases: tuple[str, ...]
    users: tuple[str, ...]
    networks: tuple[Network, ...]
    method: str
    place: Place
    options: tuple[str, ...] = ()

    def matches(self, database: str, user: str) -> bool:
        """Whether it is, or may be, about this user on this database: @file may name anybody."""
        return (
            _names(self.databases, database) or ("sameuser" in self.databases and database == user)
        ) and _names(self.users, user)

    def covers(self, other: HbaRule) -> bool:
        """Whether it is reached by every connection that reaches the other one."""
        kinds = {self.kind, "hostssl", "hostnossl"} if self.kind == "host" else {self.kind}
        return other.kind in kinds and all(
            any(_contains(outer, inner) for outer in self.networks) for inner in other.networks
        )


@dataclass(frozen=True)
class BrokenRule:
    """A line of an HBA file that pgbouncer passes over. reason: the end of a sentence."""

    reason: str
    place: Place


@dataclass(frozen=True)
class Login:
    """One line of a userlist.

    secret: none, plain, md5 or scram. password: of a plain one; it is never printed.
    """

    user: str
    secret: str
    place: Place
    password: str | None = field(default=None, repr=False)


def read_hba(path: Path, name: str, version: Version) -> tuple[HbaRule | BrokenRule, ...]:
    """Every rule. name: of the file, as it is printed. Raises OSError and UnicodeDecodeError."""
    found: list[HbaRule | BrokenRule] = []
    for number, line in enumerate(read_text(path).split("\n"), 1):
        place = Place(name, number)
        fields = _fields(line)
        if fields is None:
            found.append(BrokenRule("a quote is not closed", place))
        elif fields:
            found.append(_rule(fields, place, version))
    return tuple(found)


def read_userlist(path: Path, name: str) -> tuple[tuple[Login, ...], Place | None]:
    """Every login, and the line at which pgbouncer stops reading, or None.

    name: of the file, as it is printed. Raises OSError and UnicodeDecodeError.
    """
    found: list[Login] = []
    for number, line in enumerate(read_text(path).split("\n"), 1):
        text = line.strip()
        if not text or text.startswith(";"):
            continue
        match = _USER.match(text)
        if match is None:
            return tuple(found), Place(name, number)
        user, password = (part.replace('""', '"') for part in match.groups())
        secret, place = _secret(password), Place(name, number)
        found.append(Login(user, secret, place, password if secret == "plain" else None))
    return tuple(found), None


def _secret(password: str) -> str:
    if not password:
        return "none"
    if password.startswith("SCRAM-SHA-256$"):
        return "scram"
    return "md5" if _MD5.fullmatch(password) else "plain"


def _fields(line: str) -> list[list[str]] | None:
    """The fields, each of which may be a list with commas; None: a quote is open."""
    fields: list[list[str]] = []
    joins = False
    for comment, comma, quoted, word, rest in _TOKEN.findall(line.rstrip()):
        if comment:
            break
        if rest:
            return None
        if comma:
            joins = True
            continue
        name = word or quoted.replace('""', '"')
        if joins and fields:
            fields[-1].append(name)
        else:
            fields.append([name])
        joins = False
    return fields


def _rule(fields: Sequence[Sequence[str]], place: Place, version: Version) -> HbaRule | BrokenRule:
    kind = fields[0][0]
    if kind not in _TYPES:
        return BrokenRule(f'"{kind}" is no kind of connection', place)
    if len(fields) < 4:
        return BrokenRule("fields are missing", place)
    _, databases, users, *rest = fields
    unsupported = {"samerole", "samegroup", *(["replication"] if version < (1, 23) else [])}
    odd = [n for n in databases if n in unsupported] + [n for n in users if n.startswith("+")]
    if odd:
        return BrokenRule(f'"{odd[0]}" is not supported', place)
    words = [word for field in rest for word in field]
    networks: tuple[Network, ...] = ()
    if kind != "local":
        try:
            networks, words = _networks(words, version)
        except ValueError:
            return BrokenRule(f'"{words[0]}" is no address that pgbouncer knows', place)
    method, *options = words or [""]
    if method not in _METHODS and version < _LATER_METHODS.get(method, (9999,)):
        return BrokenRule(f'"{method}" is no method that pgbouncer knows here', place)
    if options and not _takes_options(method, version):
        return BrokenRule(f'"{options[0]}" is not supported', place)
    return HbaRule(kind, tuple(databases), tuple(users), networks, method, place, tuple(options))


def _takes_options(method: str, version: Version) -> bool:
    return (method in ("cert", "peer") and version >= (1, 23)) or method == "ldap"


def _networks(words: list[str], version: Version) -> tuple[tuple[Network, ...], list[str]]:
    """From where, and the words that are left. Raises ValueError."""
    first, *rest = words
    if first == "all" and version >= (1, 23):
        return (ipaddress.ip_network("0.0.0.0/0"), ipaddress.ip_network("::/0")), rest
    if "/" in first:
        return (ipaddress.ip_network(first, strict=False),), rest
    if not rest:
        raise ValueError(first)
    mask = ipaddress.ip_address(rest[0])
    bits = bin(int(mask)).count("1")
    return (ipaddress.ip_network(f"{first}/{bits}", strict=False),), rest[1:]


def _names(listed: Sequence[str], name: str) -> bool:
    return any(one in ("all", name) or one.startswith("@") for one in listed)


def _contains(outer: Network, inner: Network) -> bool:
    return outer.version == inner.version and (
        outer.network_address <= inner.network_address  # type: ignore[operator]
        and inner.broadcast_address <= outer.broadcast_address  # type: ignore[operator]
    )
