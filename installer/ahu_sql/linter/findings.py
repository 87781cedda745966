"""What a lint rule says: one finding in one file, and the code that explains it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One place that breaks a rule.

    code: stable, such as `AHU101`. path: below `sql/`. line: 1-based, in the rendered file.
    message: lower case, names the object, no full stop. hint: what to type.
    """

    code: str
    path: str
    line: int
    message: str
    hint: str


@dataclass(frozen=True)
class Code:
    """One rule: why it exists, and a small file that breaks it beside one that keeps it.

    path: where both examples would stand below `sql/`.
    """

    code: str
    title: str
    explanation: str
    bad: str
    good: str
    path: str
