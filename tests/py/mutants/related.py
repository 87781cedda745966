"""What else a mutant is shown to that pgTAP lets live: the files of tests/py that run its code."""

from __future__ import annotations

from dataclasses import dataclass

from mutants.targets import routine_name


@dataclass(frozen=True)
class Suite:
    """Files below tests/, and the server that they run on."""

    server: str
    files: tuple[str, ...]


def _pg18(*names: str) -> Suite:
    return Suite("pg18", tuple(f"py/database/test_{name}.py" for name in names))


_CALL = _pg18("call", "isolation_levels")
_FOLD = _pg18("retention", "late_data", "resolve_quarantine", "isolation_levels")
_FUZZ = Suite("pg18", ("py/fuzz/test_programs.py",))
_HYPERTABLES = Suite("ts17", ("py/timescaledb",))
_NATIVE = _pg18("native", "switching")
_SESSIONS = Suite("pg18", ("py/isolation/test_specs.py",))
_SWITCH = _pg18("switching", "strategies")
_TRACK = _pg18("merge", "clock_changes", "concurrent_writers")
_TRIGGERS = _pg18("second_install", "switching", "ways_around_triggers")
_VERIFY = _pg18("verify", "ways_around_triggers")
_ZONES = _pg18("clock_changes", "lookback", "backfill")

RELATED: dict[str, tuple[Suite, ...]] = {
    "acquire_refresh_lock": (_CALL, _SESSIONS),
    "adopt_native": (_SWITCH,),
    "blinds_triggers": (_HYPERTABLES,),
    "day_span": (_ZONES, _FUZZ),
    "differing_days": (_VERIFY, _SESSIONS),
    "differing_months": (_VERIFY, _SESSIONS),
    "fill_native": (_SWITCH,),
    "fold": (_FOLD, _FUZZ),
    "fold_days": (_FUZZ, _FOLD),
    "fold_month": (_FUZZ, _FOLD),
    "hold_readings": (_pg18("rewritten_table", "isolation_levels"), _SESSIONS, _HYPERTABLES),
    "is_concurrent": (_NATIVE,),
    "is_low_traffic": (_NATIVE,),
    "is_tracked": (_TRIGGERS, _HYPERTABLES),
    "local_day": (_ZONES,),
    "lookback_from_day": (_ZONES,),
    "mark_backfill": (_pg18("backfill", "switching"),),
    "mark_changed": (_FOLD, _NATIVE),
    "mark_lookback": (_pg18("lookback"), _SESSIONS),
    "may_grow": (_HYPERTABLES,),
    "note_deleted": (_TRACK, _FUZZ),
    "note_deleted_reading": (_HYPERTABLES,),
    "note_inserted": (_TRACK, _FUZZ),
    "note_moved": (_TRACK, _FUZZ),
    "note_revised": (_TRACK, _FUZZ),
    "note_truncated": (_CALL, _FUZZ),
    "note_updated": (_TRACK, _FUZZ),
    "raw_days": (_ZONES,),
    "raw_extent": (_VERIFY, _ZONES),
    "refresh_dashboard_views": (_CALL, _NATIVE, _SESSIONS),
    "refresh_native": (_NATIVE, _SESSIONS),
    "remember_turn": (_SWITCH,),
    "repair_month": (_VERIFY, _SESSIONS),
    "require_additions": (_FOLD,),
    "require_turn": (_SWITCH,),
    "resolve_quarantine": (_FOLD, _SESSIONS),
    "summarise_readings": (_pg18("clock_changes", "long_layout"), _FUZZ),
    "take_turn": (_CALL, _SESSIONS),
    "track_changes": (
        Suite("pg18", ("pgtap/90_finish/track_changes.sql", "pgtap/50_source")),
        _TRIGGERS,
        _pg18("installer_role", "live_install"),
        _HYPERTABLES,
    ),
    "trigger_state": (_TRIGGERS, _HYPERTABLES),
    "verify_dashboard_views": (_VERIFY,),
    "wanted_triggers": (_TRIGGERS, _TRACK, _HYPERTABLES),
    "whole_extent": (_VERIFY,),
}
"""By what a file holds; the quickest first."""


def related(path: str) -> tuple[Suite, ...]:
    """What runs the code of a file."""
    return RELATED.get(routine_name(path), ())
