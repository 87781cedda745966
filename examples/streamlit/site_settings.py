"""What the database does not tell a dashboard: the site's time zone, and its currency."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import streamlit as st

from problems import ProblemError


@dataclass(frozen=True)
class Site:
    """currency: empty where nobody said it; then no chart shows one."""

    time_zone: str
    currency: str

    @property
    def zone(self) -> ZoneInfo:
        """For readings' times, and for the midnights between which they are asked for."""
        return ZoneInfo(self.time_zone)

    def cost(self, label: str = "Cost") -> str:
        """An axis' title."""
        return f"{label} ({self.currency})" if self.currency else label


def site_settings() -> Site:
    """From [dashboard] in secrets.toml, else from DASHBOARD_TIME_ZONE and DASHBOARD_CURRENCY."""
    site = Site(_setting("time_zone") or os.environ.get("PGTZ") or "UTC", _setting("currency"))
    try:
        _ = site.zone
    except (KeyError, ValueError, OSError) as error:
        raise ProblemError(
            f'there is no time zone "{site.time_zone}"',
            detail="So says [dashboard] time_zone in secrets.toml, or DASHBOARD_TIME_ZONE.",
            hint="Take the IANA name that ahu-sql.toml has, such as Asia/Seoul.",
        ) from error
    # libpq says it when it connects, so that the server too writes times as the page does
    os.environ["PGTZ"] = site.time_zone
    return site


def secrets(*path: str) -> Mapping[str, Any]:
    """A table of secrets.toml; empty where it, or the file, is missing."""
    try:
        table: Mapping[str, Any] = st.secrets.to_dict()
    except FileNotFoundError as error:
        # Streamlit raises the same for a file that is there and is not TOML
        if isinstance(error.__cause__, ValueError):
            raise ProblemError(
                "secrets.toml is not TOML",
                detail=str(error.__cause__),
                hint="secrets.toml.example shows how it is written: texts stand in quotes.",
            ) from error
        return {}
    for name in path:
        table = table.get(name, {})
    return table


def _setting(name: str) -> str:
    return str(secrets("dashboard").get(name) or os.environ.get(f"DASHBOARD_{name.upper()}", ""))
