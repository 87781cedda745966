"""The pooler's files of one site, from the templates and the settings. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import jinja2

from ahu_sql.pooler.versions import INTRODUCED, as_text, knows
from ahu_sql.settings import Pgbouncer

_MARK = "Written by ahu-sql pgbouncer render, from [pgbouncer] of ahu-sql.toml: change it there."
_HBA_WORDS = frozenset({"all", "sameuser", "samerole", "samegroup", "replication"})
_COMMENTS = {".ini": ";", ".txt": ";"}
"""What begins a comment, by the end of the file's name; elsewhere #."""


@dataclass(frozen=True)
class PoolerFile:
    """One file: its name and text. is_secret: it holds a password, for its owner's eyes alone."""

    name: str
    text: str
    is_secret: bool = False


def render_files(
    templates: Path, pooler: Pgbouncer, password: str | None
) -> tuple[PoolerFile, ...]:
    """Every file that the site needs.

    password: ahu_pgbouncer's own; not needed where the server is reached by its Unix socket.
    """
    environment = _environment(templates, pooler)
    context = {"pooler": pooler, "password": password}
    return tuple(
        PoolerFile(
            name,
            _marked(name, environment.get_template(template).render(context)),
            is_secret=name == "userlist.txt" and not pooler.uses_socket,
        )
        for name, template in _wanted(pooler)
    )


def is_intact(text: str) -> bool:
    """Whether a text is one of ours that nobody has edited since."""
    first, _, rest = text.partition("\n")
    return _MARK in first and first.endswith(f"({_checksum(rest)})")


def _wanted(pooler: Pgbouncer) -> Iterator[tuple[str, str]]:
    for name in ("pgbouncer.ini", "pgbouncer_hba.conf", "userlist.txt", "server_hba.conf"):
        yield name, f"{name}.j2"
    if pooler.fits_a_container:
        yield "docker-compose.yml", "docker-compose.yml.j2"
    if not pooler.uses_tcp_alone:
        yield "server_ident.conf", "server_ident.conf.j2"
    if not pooler.uses_socket:
        yield ".gitignore", "gitignore.j2"


def _environment(templates: Path, pooler: Pgbouncer) -> jinja2.Environment:
    # Configuration, not HTML: values are quoted by the filters, each where it stands.
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(templates),
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
        autoescape=False,
    )
    environment.filters.update(
        connection_value=_connection_value, hba_value=_hba_value, userlist_value=_userlist_value
    )
    environment.globals.update(
        knows=lambda name: knows(pooler.numbers, name),
        left_out=lambda name, without: (
            f"; {name} is left out, it came with {as_text(INTRODUCED[name])}: {without}."
        ),
    )
    return environment


def _marked(name: str, text: str) -> str:
    comment = _COMMENTS.get(Path(name).suffix, "#")
    return f"{comment} {_MARK} ({_checksum(text)})\n{text}"


def _checksum(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _connection_value(text: str) -> str:
    """As the value of a connection string of pgbouncer's own kind."""
    is_plain = re.fullmatch(r"[A-Za-z0-9_.:/,-]+", text)
    return text if is_plain else "'" + text.replace("'", "''") + "'"


def _hba_value(text: str) -> str:
    """As pg_hba.conf writes a name that may be one of its keywords or hold a space."""
    is_plain = re.fullmatch(r"[a-z_][a-z0-9_]*", text) and text not in _HBA_WORDS
    return text if is_plain else '"' + text.replace('"', '""') + '"'


def _userlist_value(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
