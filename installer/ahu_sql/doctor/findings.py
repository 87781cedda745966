"""What a rule of the doctor says."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """Something that the database lacks, or has too much of.

    code: stable, such as AHU601. object: what it is about. message: lower case but for names, no
    full stop. reason: why it matters, a sentence or two. statements: what mends it, each to be
    pasted: SQL with its semicolon, or a command. run_by: who must run them, where the connected
    role cannot; None: it can. is_fixable: --fix does it.
    """

    code: str
    object: str
    message: str
    reason: str
    statements: tuple[str, ...]
    run_by: str | None = None
    is_fixable: bool = False
