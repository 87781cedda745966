"""What `ahu-sql status` found, as tables for a terminal and as JSON for machines. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from ahu_sql import __version__
from ahu_sql.database import Answer
from ahu_sql.errors import AhuSqlError
from ahu_sql.health import Concern, Health
from ahu_sql.pooler.concerns import concerns_of
from ahu_sql.pooler.pools import Pool, Pooler
from ahu_sql.pooler.versions import as_text as as_version
from ahu_sql.table import format_table


@dataclass(frozen=True)
class Report:
    """What was found.

    health: the database's; None: it is not to be had, and failure says why. poolers: those that
    answered; None: none was asked. unreachable: a concern for each that did not.
    """

    health: Health | None
    failure: AhuSqlError | None
    poolers: tuple[Pooler, ...] | None
    unreachable: tuple[Concern, ...]

    @property
    def concerns(self) -> tuple[Concern, ...]:
        """All of them, but for the failure."""
        of_pools = [concern for pooler in self.poolers or () for concern in concerns_of(pooler)]
        return (*(self.health.concerns if self.health else ()), *self.unreachable, *of_pools)


def as_tables(report: Report) -> str:
    """A table of the views, one of the refreshes, one of the job, and one per pooler."""
    return "\n\n".join(_tables(report))


def as_json(report: Report) -> str:
    """One object; `ahu-sql status --help` documents its keys."""
    health, poolers = report.health, report.poolers
    jobs = (_records(health.job) if health else None) or []
    known = {
        "version": __version__,
        "database": health.database if health else None,
        "freshness": _records(health.freshness) if health else None,
        "runs": _records(health.runs) if health else None,
        "job": jobs[0] if jobs else None,
        "poolers": None if poolers is None else [_pooler_record(pooler) for pooler in poolers],
        "pools": None
        if poolers is None
        else [_pool_record(pooler, pool) for pooler in poolers for pool in pooler.pools],
        "concerns": [
            {"code": concern.code, "text": concern.text}
            for concern in (*_of_failure(report.failure), *report.concerns)
        ],
    }
    return json.dumps(known, indent=2, default=_as_json_value, allow_nan=False)


_FRESHNESS = {
    "view": "view_name",
    "newest_day": "newest_day",
    "pending": "pending_days",
    "backfill": "backfill_days",
    "quarantined": "quarantined_keys",
    "last_refresh": "last_refresh",
    "stale": "is_stale",
}
_RUNS = {
    "finished_at": "finished_at",
    "ms": "duration_s",
    "called_by": "called_by",
    "outcome": "outcome",
    "days": "days",
    "keys": "keys",
    "readings": "readings",
    "quarantined": "quarantined",
}
_JOB = {
    "scheduler": "scheduler",
    "job": "job_id",
    "schedule": "schedule",
    "last_run": "last_run",
    "next_run": "next_run",
    "last_error": "last_error",
}
"""Headings on the terminal, each with the column of health's that it shows."""

_POOLS = (
    "alias",
    "clients",
    "waiting",
    "longest_wait_s",
    "servers_active",
    "servers_idle",
    "places",
)


def _tables(report: Report) -> Iterator[str]:
    if health := report.health:
        if health.freshness:
            yield _table(health.freshness, _FRESHNESS)
        if health.runs:
            yield _table(health.runs, _RUNS)
        if health.job and health.job.rows:
            yield _table(health.job, _JOB)
    for pooler in report.poolers or ():
        rows = [[getattr(pool, name) for name in _POOLS] for pool in pooler.pools]
        yield (
            f"pgbouncer {as_version(pooler.version)} at {pooler.place}, "
            f"{pooler.clients:,} of {pooler.max_clients:,} clients\n{format_table(_POOLS, rows)}"
        )


def _of_failure(failure: AhuSqlError | None) -> Iterator[Concern]:
    """Machines have it among the concerns, people as an error."""
    if failure:
        parts = (failure.message, (failure.detail or "").rstrip("."), failure.hint)
        yield Concern("database", " ".join("; ".join(filter(None, parts)).split()))


def _table(answer: Answer, headings: Mapping[str, str]) -> str:
    places = [(name, answer.columns.index(column)) for name, column in headings.items()]
    rows = [[_on_terminal(name, row[at]) for name, at in places] for row in answer.rows]
    return format_table(list(headings), rows)


def _on_terminal(heading: str, value: object) -> object:
    """Times to the second; milliseconds to a tenth."""
    if isinstance(value, datetime):
        return (value + timedelta(milliseconds=500)).replace(microsecond=0)
    if heading == "ms" and isinstance(value, Decimal):
        return (value * 1000).quantize(Decimal("0.1"), ROUND_HALF_UP)
    return value


def _records(answer: Answer | None) -> list[dict[str, object]] | None:
    if answer is None:
        return None
    return [dict(zip(answer.columns, row, strict=True)) for row in answer.rows]


def _pooler_record(pooler: Pooler) -> dict[str, object]:
    return {
        "place": pooler.place,
        "version": as_version(pooler.version),
        "clients": pooler.clients,
        "max_clients": pooler.max_clients,
        "is_paused": pooler.is_paused,
    }


def _pool_record(pooler: Pooler, pool: Pool) -> dict[str, object]:
    return {
        "place": pooler.place,
        "alias": pool.alias,
        "clients": pool.clients,
        "max_clients": pool.max_clients,
        "waiting": pool.waiting,
        "logins_waiting": pool.logins_waiting,
        "longest_wait_s": pool.longest_wait_s,
        "servers_active": pool.servers_active,
        "servers_idle": pool.servers_idle,
        "servers_opening": pool.servers_opening,
        "look_up_servers": pool.look_up_servers,
        "pool_size": pool.pool_size,
        "reserve_pool_size": pool.reserve_pool_size,
        "is_paused": pool.is_paused,
        "is_disabled": pool.is_disabled,
    }


def _as_json_value(value: object) -> object:
    """Of what JSON has no word for: times and dates by ISO 8601, exact numbers as numbers."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError(f"no JSON for {type(value).__name__}")
