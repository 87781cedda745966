"""AHU537 to AHU539: whom the rules let into the console and other aliases, and whom nowhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ahu_sql.linter.findings import Finding
from ahu_sql.pooler.checks.doors import is_refused, rules_of_hba
from ahu_sql.pooler.checks.situation import ROLES, Situation, finding
from ahu_sql.pooler.console import CONSOLE
from ahu_sql.pooler.login_files import HbaRule

_OVER_THE_NETWORK = ("host", "hostnossl")
_CONSOLE_HINT = f"local {CONSOLE} ... peer, for a user of this machine"


def _rules(situation: Situation) -> list[HbaRule]:
    """Those that decide; none where there is no HBA file in use."""
    if situation.text("auth_type").lower() != "hba":
        return []
    return rules_of_hba(situation.configuration.hba)


def nobody_gets_in(situation: Situation) -> Iterator[Finding]:
    """AHU537: no rule admits the role of an alias of ours."""
    configuration = situation.configuration
    if situation.text("auth_type").lower() != "hba" or configuration.hba is None:
        return
    rules = _rules(situation)
    for alias in situation.our_aliases:
        role = alias.name
        about = [at for at, rule in enumerate(rules) if rule.matches(role, role)]
        if any(_admits(situation, rules, at, role) for at in about):
            continue
        place = rules[about[0]].place if about else situation.where("auth_hba_file")
        reason = "all rules for it refuse or come too late" if about else "no rule admits it"
        yield finding(
            "AHU537",
            place,
            f'nobody gets in by alias "{role}" as {role}: {reason}',
            f"host {role} {role} ... scram-sha-256, above any reject",
        )


def _admits(situation: Situation, rules: Sequence[HbaRule], at: int, role: str) -> bool:
    rule = rules[at]
    has_tls = situation.text("client_tls_sslmode").lower() != "disable"
    return (
        rule.method != "reject"
        and (rule.kind != "hostssl" or has_tls)
        and not is_refused(rules[:at], rule, role, role)
    )


def open_console(situation: Situation) -> Iterator[Finding]:
    """AHU538: somebody comes to the console who has not proved who they are."""
    rules = _rules(situation)
    for at, rule in enumerate(rules):
        weakness = _weakness(rule)
        if weakness is None:
            continue
        for setting in ("admin_users", "stats_users"):
            names = [
                user
                for user in situation.names(setting)
                if rule.matches(CONSOLE, user) and not is_refused(rules[:at], rule, CONSOLE, user)
            ]
            if names:
                may = "shut pgbouncer down" if setting == "admin_users" else "see every client"
                yield finding(
                    "AHU538",
                    rule.place,
                    f"{weakness} comes to the console as {', '.join(names)}, and may {may}",
                    _CONSOLE_HINT,
                )


def _weakness(rule: HbaRule) -> str | None:
    """Who comes in by a rule beside those whom it means; None: nobody."""
    if rule.method == "trust":
        return "anybody, without a password,"
    if rule.method == "peer" and any(option.startswith("map=") for option in rule.options):
        return "whoever a map of auth_ident_file names"
    if rule.method in ("password", "md5") and rule.kind in _OVER_THE_NETWORK:
        sent = "a password" if rule.method == "password" else "a hash as good as a password"
        return f"whoever listens on the network, where {sent} is sent in clear,"
    return None


def trusted_aliases(situation: Situation) -> Iterator[Finding]:
    """AHU539: anybody comes in by another alias without a password."""
    others = [alias.name for alias in situation.aliases if alias.name not in ROLES]
    rules = _rules(situation)
    for at, rule in enumerate(rules):
        if rule.method != "trust":
            continue
        opened = [name for name in others if _opens(situation, rules[:at], rule, name)]
        if opened:
            yield finding(
                "AHU539",
                rule.place,
                f"anybody comes in by alias {', '.join(opened)} without a password",
                "write scram-sha-256 as the method of this rule",
            )


def _opens(situation: Situation, before: Sequence[HbaRule], rule: HbaRule, name: str) -> bool:
    """Whether a rule lets somebody in by an alias; "*" stands for every name without a line."""
    if name == "*":
        known = {*situation.configuration.aliases, CONSOLE}
        return any(database not in known for database in rule.databases)
    return any(
        rule.matches(name, user) and not is_refused(before, rule, name, user)
        for user in ("\0anybody else", name, *rule.users)
    )


RULES = (nobody_gets_in, open_console, trusted_aliases)
