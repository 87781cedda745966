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
from ahu_sql.settings import DEFAULT_MEASURES, SECTIONS, Settings
from ahu_sql.settings_checks import default_of, fault_of, faults_between

DEFAULT_FILE = Path("ahu-sql.toml")
ENVIRONMENT_PREFIX = "AHU_SQL_"

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
    default = default_of(section, key)
    if isinstance(default, tuple):
        return [item.strip() for item in text.split(",") if item.strip()]
    if isinstance(default, bool):
        return {"true": True, "false": False}.get(text.strip().lower(), text)
    if isinstance(default, int) and re.fullmatch(r"[+-]?\d{1,9}", text.strip()):
        return int(text)
    return text


def _known_keys() -> dict[str, list[str]]:
    keys = {name: [f.name for f in dataclasses.fields(cls)] for name, cls in SECTIONS.items()}
    return keys | {"measures": list(DEFAULT_MEASURES)}


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
            elif fault := fault_of(section, key, value):
                faults.append(f'"{name}" {fault}')
    if faults:
        return None
    sections: dict[str, Any] = {
        name: cls(**{k: _frozen(v) for k, v in values.get(name, {}).items()})
        for name, cls in SECTIONS.items()
    }
    chosen = {key: _frozen(value) for key, value in values.get("measures", {}).items()}
    settings = Settings(measures=dict(DEFAULT_MEASURES) | chosen, **sections)
    faults += faults_between(settings)
    return settings


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _closest(name: str, candidates: Iterable[str]) -> str:
    matches = difflib.get_close_matches(name, list(candidates), n=1)
    return f'; did you mean "{matches[0]}"?' if matches else ""
