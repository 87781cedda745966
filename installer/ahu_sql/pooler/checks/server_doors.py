"""AHU591 to AHU594: whether the server lets pgbouncer in, by its pg_hba.conf and pg_ident.conf."""

from __future__ import annotations

import ipaddress
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ahu_sql.linter.findings import Finding
from ahu_sql.pooler.checks.situation import Situation, finding, hosts_of, is_local
from ahu_sql.pooler.ini import Place
from ahu_sql.pooler.server_doors import HBA, ServerDoors, ServerRule

_RELOAD = "select pg_reload_conf()"
_OUR_RULES = (
    "put server_hba.conf, which ahu-sql pgbouncer render writes, at the top of pg_hba.conf, then: "
    + _RELOAD
)
_OUR_MAP = (
    "put server_ident.conf, which ahu-sql pgbouncer render writes, into pg_ident.conf, then: "
    + _RELOAD
)


@dataclass(frozen=True)
class Way:
    """How pgbouncer logs in to the server: as a role, to a database, at a host.

    looks_up: as the auth_user, and not as a client.
    """

    role: str
    database: str
    host: str
    looks_up: bool


@dataclass(frozen=True)
class _Fault:
    code: str
    reason: str
    hint: str = _OUR_RULES


def ways(situation: Situation, doors: ServerDoors) -> list[Way]:
    """Every way to the server that was looked at, as far as it can be told from other servers."""
    found: dict[Way, None] = {}
    for alias in situation.our_aliases:
        database = alias.parameters.get("dbname", alias.name)
        asked = alias.parameters.get("auth_dbname") or situation.auth_dbname or database
        user = situation.auth_user(alias)
        for host in hosts_of(alias):
            if user:
                found[Way(user, asked, host, looks_up=True)] = None
            if "user" not in alias.parameters:
                found[Way(alias.name, database, host, looks_up=False)] = None
    hosts = {way.host for way in found}
    return [way for way in found if len(hosts) == 1 or _leads_to(doors, way.host)]


def _leads_to(doors: ServerDoors, host: str) -> bool:
    if is_local(host):
        return doors.address is None
    return host in (doors.host, doors.address)


def closed_doors(situation: Situation) -> Iterator[Finding]:
    """AHU591, AHU592: a rule that keeps pgbouncer out of the server, or lets others in with it."""
    doors = situation.server.doors if situation.server else None
    if doors is None:
        return
    affected: defaultdict[tuple[Place, _Fault, str], list[str]] = defaultdict(list)
    for way in ways(situation, doors):
        rules = _first_rules(situation, doors, way)
        # Where the address of the pooler is unknown, one good rule may be the one that is reached.
        faults = [(rule.place, _fault(situation, doors, way, rule)) for rule in rules]
        if any(fault is None for _, fault in faults):
            continue
        place, fault = faults[0] if faults else (doors.hba_file, _Fault("AHU591", "no rule is"))
        by = "over the Unix socket" if is_local(way.host) else f"by TCP ({way.host})"
        if fault:
            roles = affected[place, fault, f"to database {way.database} {by}"]
            roles.extend([way.role] if way.role not in roles else [])
    for (place, fault, where), roles in affected.items():
        names = " and ".join(roles)
        message = (
            f"no rule lets {names} in {where}"
            if place == doors.hba_file
            else f"the first rule for {names} {where} {fault.reason}"
        )
        yield finding(fault.code, place, message, fault.hint)


def _fault(situation: Situation, doors: ServerDoors, way: Way, rule: ServerRule) -> _Fault | None:
    """What is wrong with the rule that meets this way; None: nothing."""
    method = rule.method
    if method == "scram-sha-256":
        # By TCP a missing password is a finding of its own.
        if way.looks_up and is_local(way.host) and situation.knows_no_password(way.role):
            return _Fault("AHU591", "wants a password, and the userlist has none")
    elif method == "peer":
        return _fault_of_peer(doors, way, rule)
    elif method == "cert":
        if not situation.text("server_tls_key_file"):
            return _Fault("AHU591", "wants a certificate, and server_tls_key_file is not set")
    elif method == "trust":
        return _Fault("AHU592", "is trust: whoever reaches it is in without a password")
    elif method == "md5":
        reason = "is md5: where there is no SCRAM secret, a hash is as good as the password"
        return _Fault("AHU592", reason)
    elif method == "password" and way.looks_up:
        return _Fault("AHU592", "is password: it is sent in clear")
    elif method == "password":
        return _Fault("AHU591", "is password: pgbouncer knows none in clear of its clients")
    elif method == "reject":
        return _Fault("AHU591", "is reject")
    else:
        return _Fault("AHU591", f"is {method}, which pgbouncer cannot answer")
    return None


def _fault_of_peer(doors: ServerDoors, way: Way, rule: ServerRule) -> _Fault | None:
    name = rule.options.get("map")
    if name is None:
        return _Fault("AHU591", "is peer without a map: the system user must have the role's name")
    if doors.mappings is None:
        return None
    if any(name == other and _may_be(role, way.role) for other, role in doors.mappings):
        return None
    return _Fault("AHU591", f"is peer map={name}, of which pg_ident.conf has no line", _OUR_MAP)


def _may_be(mapped: str, role: str) -> bool:
    """Whether a line of pg_ident.conf is, or may be, about a role."""
    if mapped.startswith("/"):
        return _is_like(mapped, role)
    return mapped in (role, "all") or mapped.startswith("+") or r"\1" in mapped


def _first_rules(situation: Situation, doors: ServerDoors, way: Way) -> list[ServerRule]:
    """The rules that may be the first to match; one, where all is known that they ask for."""
    found: list[ServerRule] = []
    for rule in doors.rules:
        if not (_names_database(doors, rule, way) and _names_role(doors, rule.users, way.role)):
            continue
        matches = (
            rule.kind == "local"
            if is_local(way.host)
            else _every(
                _has_kind(situation, doors, rule.kind), _comes_from(doors, rule.address, way.host)
            )
        )
        if matches is not False:
            found.append(rule)
        if matches:
            break
    return found


def _names_database(doors: ServerDoors, rule: ServerRule, way: Way) -> bool:
    same = {"sameuser": way.role == way.database}
    same |= dict.fromkeys(("samerole", "samegroup"), (way.database, way.role) in doors.members)
    return any(
        name in ("all", way.database) or same.get(name, False) or _is_like(name, way.database)
        for name in rule.databases
    )


def _names_role(doors: ServerDoors, users: Sequence[str], role: str) -> bool:
    return any(
        name in ("all", role)
        or (name.startswith("+") and (name[1:] == role or (name[1:], role) in doors.members))
        or _is_like(name, role)
        for name in users
    )


def _is_like(name: str, text: str) -> bool:
    """Whether it is a regular expression, as PostgreSQL 16 has them, that fits."""
    try:
        return name.startswith("/") and re.search(name[1:], text) is not None
    except re.error:
        return False


def _has_kind(situation: Situation, doors: ServerDoors, kind: str) -> bool | None:
    """Whether a rule of this kind is for pgbouncer's connections by TCP; None: who knows."""
    if kind not in ("hostssl", "hostnossl"):
        return kind in ("host", "hostnogssenc")
    mode = situation.text("server_tls_sslmode").lower()
    if mode == "allow":
        return None
    encrypted = doors.has_tls if mode == "prefer" else mode != "disable"
    return encrypted is (kind == "hostssl")


def _comes_from(doors: ServerDoors, address: str | None, host: str) -> bool | None:
    """Whether a rule's address is that of the pooler, which reaches the server at a host."""
    here = _is_loopback(host) and (doors.address is None or _is_loopback(doors.address))
    if address == "all" or (here and address in ("samehost", "samenet", "localhost")):
        return True
    try:
        network = ipaddress.ip_network(address or "", strict=False)
    except ValueError:
        # A name, or its own host or network, which only the server knows.
        return False if address == "localhost" else None
    version = 6 if ":" in host else 4
    if here and network.version == version:
        return ipaddress.ip_address("::1" if version == 6 else "127.0.0.1") in network
    if network.is_loopback:
        return None if host == "localhost" else False
    return True if network.prefixlen == 0 and network.version == version else None


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _every(*facts: bool | None) -> bool | None:
    if False in facts:
        return False
    return None if None in facts else True


def broken_lines(situation: Situation) -> Iterator[Finding]:
    """AHU593: a line that the server cannot read."""
    doors = situation.server.doors if situation.server else None
    for line in doors.broken if doors else ():
        without = (
            "it goes on with the rules that it had, and does not start with these"
            if line.file == HBA
            else "it goes on with the lines that it had, and starts without any"
        )
        message = f"the server cannot read this line: {line.reason}; {without}"
        yield finding("AHU593", line.place, message, f"correct the line, then: {_RELOAD}")


def not_in_force(situation: Situation) -> Iterator[Finding]:
    """AHU594: a file that was changed, and the server does not know of it."""
    doors = situation.server.doors if situation.server else None
    for file, place in doors.changed if doors else ():
        message = f"{file} was changed since the server read it, and is not in force"
        yield finding("AHU594", place, message, _RELOAD)


RULES = (closed_doors, broken_lines, not_in_force)
