"""What a rule says, of SQL or of a pooler: a finding in a file, and the code that explains it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ahu_sql.errors import AhuSqlError


@dataclass(frozen=True)
class Finding:
    """One place that breaks a rule.

    code: stable, such as `AHU101`. path: below `sql/`, or below the folder of a pooler. line:
    1-based, in the rendered file; 0: no single one. message: lower case, names the object, no full
    stop. hint: what to type.
    """

    code: str
    path: str
    line: int
    message: str
    hint: str


@dataclass(frozen=True)
class Code:
    """One rule: why it exists, and a small file that breaks it beside one that keeps it.

    path: where both examples would stand below `sql/`, or in the folder of a pooler. is_note:
    advice that does not fail: what no configuration of this version helps, or what depends on your
    network.
    """

    code: str
    title: str
    explanation: str
    bad: str
    good: str
    path: str
    is_note: bool = False


def as_text(finding: Finding, *, is_note: bool = False) -> str:
    """The two lines that the command line prints."""
    place = f"{finding.path}:{finding.line}" if finding.line else finding.path
    kind = "note " if is_note else ""
    return f"{place}: {kind}{finding.code} {finding.message}\n    HINT: {finding.hint}"


def explanation(codes: Mapping[str, Code], name: str, command: str) -> str:
    """What a code means, with an example each way.

    command: the one that explains these codes. Raises AhuSqlError where there is no such code.
    """
    wanted = f"AHU{name}" if name.isdigit() else name.upper()
    code = codes.get(wanted)
    if code is None:
        known = (f"  {other.code}  {other.title}" for _, other in sorted(codes.items()))
        raise AhuSqlError(
            f'there is no code "{wanted}"',
            detail="\n".join(("The codes are:", *known)),
            hint=f"{command} --explain {min(codes)}",
        )
    return (
        f"{code.code}: {code.title}\n\n{code.explanation}\n\n"
        f"Bad:\n\n{code.bad.rstrip()}\n\nGood:\n\n{code.good.rstrip()}"
    )
