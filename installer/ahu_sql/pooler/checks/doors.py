"""AHU531 to AHU536: who gets in by which alias."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ahu_sql.linter.findings import Finding
from ahu_sql.pooler.checks.situation import ROLES, Situation, finding
from ahu_sql.pooler.login_files import HbaRule

_STRANGER = "\0anybody else"
"""A user that no file can name."""


def missing_aliases(situation: Situation) -> Iterator[Finding]:
    """AHU531: one of our two roles has no alias."""
    present = situation.configuration.aliases
    for role in ROLES:
        if role not in present:
            place = situation.configuration.aliases_place or situation.as_a_whole
            hint = f"{role} = host=... dbname=... auth_user=ahu_pgbouncer, below [databases]"
            yield finding("AHU531", place, f'alias "{role}" is missing', hint)


def rules_of_hba(configuration_rules: Sequence[object] | None) -> list[HbaRule]:
    """The rules that pgbouncer reads; a broken one lets nobody in."""
    return [rule for rule in configuration_rules or () if isinstance(rule, HbaRule)]


def wrong_roles(situation: Situation) -> Iterator[Finding]:
    """AHU532: a rule lets another user in by an alias of ours than its own role."""
    if situation.text("auth_type").lower() != "hba":
        return
    rules = rules_of_hba(situation.configuration.hba)
    for at, rule in enumerate(rules):
        if rule.method == "reject":
            continue
        for alias in ROLES:
            wrong = [
                user
                for user in _users(rule, alias)
                if rule.matches(alias, user) and not is_refused(rules[:at], rule, alias, user)
            ]
            if wrong:
                names = ", ".join("anybody" if user == _STRANGER else user for user in wrong)
                yield finding(
                    "AHU532",
                    rule.place,
                    f'this rule lets {names} in by alias "{alias}", which is for {alias} alone',
                    f"{rule.kind} {alias} {alias} ... scram-sha-256",
                )


def _users(rule: HbaRule, alias: str) -> list[str]:
    """The users to try, but for the alias's own: all that the rule names, or our other role too."""
    if "all" in rule.users or any(name.startswith("@") for name in rule.users):
        return [_STRANGER]
    return [name for name in dict.fromkeys(rule.users) if name != alias]


def is_refused(before: Sequence[HbaRule], rule: HbaRule, alias: str, user: str) -> bool:
    """Whether an earlier rule refuses that user wherever this one would let it in."""
    return any(
        earlier.method == "reject" and earlier.matches(alias, user) and earlier.covers(rule)
        for earlier in before
    )


def no_hba(situation: Situation) -> Iterator[Finding]:
    """AHU533: nothing says which role may use which alias."""
    kind = situation.text("auth_type").lower()
    if kind == "hba":
        return
    lets_in = {
        "any": "everybody is let in as whoever they say, to the console too",
        "trust": "everybody is let in without a password",
    }
    reason = lets_in.get(kind, "every user with a password is let in by every alias")
    yield finding(
        "AHU533",
        situation.where("auth_type"),
        f"auth_type is {kind}: {reason}",
        "auth_type = hba, and an auth_hba_file with a rule for each alias",
    )


def forced_users(situation: Situation) -> Iterator[Finding]:
    """AHU534: an alias logs in to the server as somebody else than its client.

    Of aliases that are not ours, where that opens a door of ours, or one without limits.
    """
    mighty = {*ROLES, *map(situation.auth_user, situation.aliases), *_superusers(situation)}
    for alias in situation.aliases:
        user = alias.parameters.get("user")
        if user and (alias.name in ROLES or user in mighty or "password" in alias.parameters):
            yield finding(
                "AHU534",
                alias.place,
                f'alias "{alias.name}" logs in as {user}, whoever came in',
                "remove user= and password=: the server knows the client's own password",
            )


def _superusers(situation: Situation) -> set[str]:
    """Those that are known by name."""
    function = situation.server.login_function if situation.server else None
    owner = {function.owner} if function and function.owner_is_superuser else set()
    return {"postgres"} | owner


def fallback(situation: Situation) -> Iterator[Finding]:
    """AHU535: an alias for every name there is."""
    for alias in situation.aliases:
        if alias.name == "*":
            message = '"*" opens every database of the server, each with a pool of its own'
            yield finding("AHU535", alias.place, message, "name the databases that are wanted")


def masters_of_the_console(situation: Situation) -> Iterator[Finding]:
    """AHU536: a role of ours may look at the console, or shut pgbouncer down."""
    for setting in ("admin_users", "stats_users"):
        for role in ROLES:
            if role in situation.names(setting):
                may = "shut pgbouncer down" if setting == "admin_users" else "see every client"
                yield finding(
                    "AHU536",
                    situation.where(setting),
                    f"{role} is among {setting} and may {may}",
                    f"remove {role} from {setting}",
                )


RULES = (missing_aliases, wrong_roles, no_hba, forced_users, fallback, masters_of_the_console)
