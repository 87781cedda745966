"""The settings of one site: what the file ahu-sql.toml, the environment and the flags say."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

DEFAULT_MEASURES: Mapping[str, tuple[str, ...]] = {
    "steam_cost": ("hcv_steam_cost_krw", "ac_hcv_steam_cost_krw", "dh_hcv_steam_cost_krw"),
    "cold_water_cost": (
        "ccv_cold_water_cost_krw",
        "ac_ccv_cold_water_cost_krw",
        "pc_ccv_cold_water_cost_krw",
    ),
    "electricity_cost": ("sf_cost_krw", "electricity_cost_krw"),
    "hcv_kwh": ("hcv_steam_kwh", "ac_hcv_steam_kwh"),
    "dh_hcv_kwh": ("dh_hcv_steam_kwh",),
    "ccv_kwh": ("ccv_cold_water_kwh", "ac_ccv_cold_water_kwh"),
    "pc_ccv_kwh": ("pc_ccv_cold_water_kwh",),
    "electricity_kwh": ("sf_electricity_kwh",),
}
"""Source columns (or metrics, in the long layout) that each measure adds up, in the order of the
rollup: the plant's own."""


@dataclass(frozen=True)
class Source:
    """The raw table. table: schema-qualified. time_zone: IANA name; a day is a date there.

    layout: wide (a column per measured value) or long (a row per measured value: metric_column
    names it, value_column holds it, unit_column its unit; the latter empty: there is none).
    """

    table: str = "ahu_data.energy_readings"
    time_column: str = "timestamp"
    ahu_column: str = "ahu_id"
    time_zone: str = "Asia/Seoul"
    layout: str = "wide"
    metric_column: str = "metric_name"
    value_column: str = "value"
    unit_column: str = "unit"

    @property
    def is_long(self) -> bool:
        """Whether measures name metrics rather than columns."""
        return self.layout == "long"

    @property
    def schema(self) -> str:
        """Schema of the raw table."""
        return split_table_name(self.table)[0]

    @property
    def name(self) -> str:
        """Name of the raw table, without its schema."""
        return split_table_name(self.table)[1]


@dataclass(frozen=True)
class Refresh:
    """How the rollups are kept up to date. lookback_days: what `lookback` folds at each refresh."""

    strategy: str = "incremental"
    tracking: str = "triggers"
    lookback_days: int = 7

    @property
    def needs_triggers(self) -> bool:
        """Whether changes of the raw table are tracked."""
        return self.strategy == "incremental" and self.tracking == "triggers"


@dataclass(frozen=True)
class Drilldown:
    """The way to raw readings. max_span: an interval as PostgreSQL writes it."""

    max_span: str = "31 days"
    raw_access: str = "guarded"


@dataclass(frozen=True)
class Roles:
    """Other tables of the site that the two roles need, schema-qualified."""

    read_also: tuple[str, ...] = ()
    write_also: tuple[str, ...] = ()


@dataclass(frozen=True)
class Settings:
    """All settings of one site. The defaults are the plant's own: it needs no file."""

    source: Source = field(default_factory=Source)
    measures: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: dict(DEFAULT_MEASURES))
    refresh: Refresh = field(default_factory=Refresh)
    drilldown: Drilldown = field(default_factory=Drilldown)
    roles: Roles = field(default_factory=Roles)


SECTIONS: Mapping[str, Any] = {
    "source": Source,
    "refresh": Refresh,
    "drilldown": Drilldown,
    "roles": Roles,
}
"""Sections whose keys are the fields of a dataclass; `measures` is a section of another kind."""

_NAME = r'(?:[^".\s]+|"(?:[^"]|"")+")'
_TABLE_NAME = re.compile(rf"\s*({_NAME})\.({_NAME})\s*")


def split_table_name(table: str) -> tuple[str, str]:
    """Schema and name of `schema.table`, either of them quoted as in SQL where it needs it.

    Unquoted names are folded to lower case, as PostgreSQL does. Raises ValueError.
    """
    match = _TABLE_NAME.fullmatch(table)
    if match is None:
        raise ValueError(f'"{table}" is not of the form schema.table')
    return _unquoted(match[1]), _unquoted(match[2])


def _unquoted(name: str) -> str:
    return name[1:-1].replace('""', '"') if name.startswith('"') else name.lower()
