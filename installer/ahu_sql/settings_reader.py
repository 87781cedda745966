"""Reads settings: flag over environment over file over default; one error names all faults."""

from __future__ import annotations

import dataclasses
import difflib
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ahu_sql.errors import AhuSqlError
from ahu_sql.settings import DEFAULT_MEASURES, SECTIONS, Settings, split_table_name

DEFAULT_FILE = Path("ahu-sql.toml")
ENVIRONMENT_PREFIX = "AHU_SQL_"

CHOICES: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("source", "layout"): ("wide", "long"),
    ("refresh", "strategy"): ("incremental", "native"),
    ("refresh", "tracking"): ("triggers", "lookback"),
    ("drilldown", "raw_access"): ("guarded", "open"),
}
MAY_BE_EMPTY = frozenset({("source", "unit_column")})
"""Settings whose empty text says that the site has no such thing."""

_SPAN = re.compile(r"\s*0*[1-9]\d{0,5}\s+(hour|day|week|month|year)s?\s*")

Values = dict[str, dict[str, Any]]


def read_settings(
    config: Path | None, environment: Mapping[str, str], assignments: Sequence[str]
) -> Settings:
    """The settings of one site.

    config: the file; None: `ahu-sql.toml` in the working folder where there is one.
    environment: variables such as AHU_SQL_SOURCE_TIME_ZONE. assignments: `section.key=value` flags.
    Raises AhuSqlError that names every unknown or mistyped setting.
    """
    faults: list[str] = []
    values: Values = {}
    for layer in (
        _from_file(config),
        _from_environment(environment, faults),
        _from_assignments(assignments, faults),
    ):
        for section, keys in layer.items():
            if isinstance(keys, dict):
                values.setdefault(section, {}).update(keys)
            else:
                faults.append(f'"{section}" is not a section: write [{section}] above its keys')
    settings = _checked(values, faults)
    if faults or settings is None:
        raise AhuSqlError(
            "the settings are wrong" if len(faults) > 1 else "a setting is wrong",
            detail="; ".join(faults).removesuffix("?") + ("?" if faults[-1].endswith("?") else "."),
            hint="Correct ahu-sql.toml, the AHU_SQL_* variables or the --set flags.",
        )
    return settings


def _from_file(config: Path | None) -> dict[str, Any]:
    path = config or DEFAULT_FILE
    if config is None and not path.is_file():
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise AhuSqlError(
            f'cannot read the settings file "{path}"',
            detail=f"{reason}.",
            hint="Name an existing file with --config, or leave the option out.",
        ) from error
    except tomllib.TOMLDecodeError as error:
        raise AhuSqlError(
            f'the settings file "{path}" is not TOML',
            detail=f"{error}.",
            hint='Write [sections] and key = "value" lines.',
        ) from error


def _from_environment(environment: Mapping[str, str], faults: list[str]) -> Values:
    names = {
        f"{ENVIRONMENT_PREFIX}{section}_{key}".upper(): (section, key)
        for section, keys in _known_keys().items()
        for key in keys
    }
    values: Values = {}
    for name, text in environment.items():
        if name in names:
            section, key = names[name]
            values.setdefault(section, {})[key] = _typed(section, key, text)
        elif name.startswith(ENVIRONMENT_PREFIX):
            faults.append(f'there is no variable "{name}"{_closest(name, names)}')
    return values


def _from_assignments(assignments: Iterable[str], faults: list[str]) -> Values:
    values: Values = {}
    for assignment in assignments:
        match = re.fullmatch(r"(\w+)\.(\w+)=(.*)", assignment, re.DOTALL)
        if match is None:
            faults.append(f'"{assignment}" is not of the form section.key=value')
            continue
        section, key, text = match.groups()
        values.setdefault(section, {})[key] = _typed(section, key, text)
    return values


def _typed(section: str, key: str, text: str) -> Any:
    """The value of a flag or variable, whose text has no type: a list is written a,b,c."""
    default = _default(section, key)
    if isinstance(default, tuple):
        return [item.strip() for item in text.split(",") if item.strip()]
    if isinstance(default, int) and re.fullmatch(r"[+-]?\d{1,9}", text.strip()):
        return int(text)
    return text


def _known_keys() -> dict[str, list[str]]:
    keys = {name: [f.name for f in dataclasses.fields(cls)] for name, cls in SECTIONS.items()}
    return keys | {"measures": list(DEFAULT_MEASURES)}


def _default(section: str, key: str) -> Any:
    if section == "measures":
        return DEFAULT_MEASURES.get(key)
    return getattr(SECTIONS[section](), key, None) if section in SECTIONS else None


def _checked(values: Values, faults: list[str]) -> Settings | None:
    known = _known_keys()
    for section, keys in values.items():
        if section not in known:
            faults.append(f'there is no section "{section}"{_closest(section, known)}')
            continue
        for key, value in keys.items():
            name = f"{section}.{key}"
            if key not in known[section]:
                faults.append(f'there is no setting "{name}"{_closest(key, known[section])}')
            elif fault := _fault_of(section, key, value):
                faults.append(f'"{name}" {fault}')
    if faults:
        return None
    sections: dict[str, Any] = {
        name: cls(**{k: _frozen(v) for k, v in values.get(name, {}).items()})
        for name, cls in SECTIONS.items()
    }
    chosen = {key: _frozen(value) for key, value in values.get("measures", {}).items()}
    return Settings(measures=dict(DEFAULT_MEASURES) | chosen, **sections)


def _fault_of(section: str, key: str, value: Any) -> str | None:
    default = _default(section, key)
    if isinstance(default, tuple):
        if not isinstance(value, list) or not all(isinstance(v, str) and v for v in value):
            return f'must be a list of names such as ["a", "b"], not {value!r}'
        if any(character < " " for name in value for character in name):
            return f"must name no control characters: {value!r}"
        if len(set(value)) < len(value):
            return f"names something twice: {value!r}"
        if section == "roles":
            return next((fault for v in value if (fault := _table_fault(v))), None)
        return None
    if isinstance(default, int):
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 36600:
            return f"must be a whole number of 1 or more, not {value!r}"
        return None
    if not isinstance(value, str) or any(character < " " for character in value):
        return f"must be a text, not {value!r}"
    if not value.strip():
        return None if (section, key) in MAY_BE_EMPTY else "must not be empty"
    choices = CHOICES.get((section, key))
    if choices and value not in choices:
        return f'must be one of {", ".join(choices)}, not "{value}"'
    if (section, key) == ("drilldown", "max_span") and not _SPAN.fullmatch(value):
        return f'must be a span such as "31 days", not "{value}"'
    return _table_fault(value) if (section, key) == ("source", "table") else None


def _table_fault(value: str) -> str | None:
    try:
        split_table_name(value)
    except ValueError as error:
        return f"must name a table with its schema: {error}"
    return None


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _closest(name: str, candidates: Iterable[str]) -> str:
    matches = difflib.get_close_matches(name, list(candidates), n=1)
    return f'; did you mean "{matches[0]}"?' if matches else ""
