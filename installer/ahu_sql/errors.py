"""The one error that reaches a user: message, DETAIL, HINT, and the exit code that goes with it."""

from __future__ import annotations


class AhuSqlError(Exception):
    """An error that a user can act on.

    message: lower case, names the object, no full stop.
    detail: what was found. hint: what to type.
    exit_code: 1 when something is pending or a check failed, 2 for wrong usage or no connection.
    """

    def __init__(
        self,
        message: str,
        *,
        detail: str | None = None,
        hint: str | None = None,
        exit_code: int = 2,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.detail = detail
        self.hint = hint
        self.exit_code = exit_code

    def __str__(self) -> str:
        """The three lines that the command line prints."""
        lines = [f"error: {self.message}"]
        if self.detail:
            lines.append(f"DETAIL: {self.detail}")
        if self.hint:
            lines.append(f"HINT: {self.hint}")
        return "\n".join(lines)
