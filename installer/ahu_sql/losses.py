"""What becomes of the rows of a table of ours that was dropped: the end of a repair's line."""

from __future__ import annotations

from collections.abc import Mapping

REFOLDED = frozenset(
    {
        "_ahu.daily_rollup",
        "_ahu.monthly_rollup",
        "_ahu.pending_changes",
        "_ahu.quarantine",
        "_ahu.retained_summary",
    }
)
"""Tables after whose loss everything is folded anew."""

_LOSSES: Mapping[str, str] = {
    "_ahu.daily_rollup": "everything is folded anew, what it lost of days without raw readings is "
    "not to be had again",
    "_ahu.monthly_rollup": "it is summed up from the stored days, and everything is folded anew",
    "_ahu.pending_changes": "everything is folded anew; deletions that were pending come to "
    "quarantine",
    "_ahu.quarantine": "everything is folded anew, which finds those of its keys that raw has "
    "readings of",
    "_ahu.retained_summary": "everything is folded anew, keys that had readings added come to "
    "quarantine",
    "_ahu.refresh_run": "runs that it lost are not to be had again",
    "_ahu.source": "everything is folded anew",
    "_ahu.ledger": "every file is applied again",
    "_ahu.object_state": "every file is applied again",
    "ahu.settings": "what was set and is lost is the default again",
    "_ahu.site_grants": "uninstall then revokes all that the site granted to our roles",
    "_ahu.site_revokes": "uninstall then gives PUBLIC all that we would take",
    "_ahu.role_limits": "uninstall then resets the limits",
}


def loss_of(name: str) -> str | None:
    """What becomes of the rows of a table that was dropped or has lost a column."""
    return _LOSSES.get(name)
