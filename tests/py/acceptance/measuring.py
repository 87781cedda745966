"""One run: a reader alone, the crowd at rest, the crowd beside the ETL; and the ways it was."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

import psycopg

from acceptance.criteria import ALL_ROLES, Evidence
from acceptance.loads import REFRESH
from acceptance.questions import dashboard_questions, raw_questions
from acceptance.sites import Site, Way
from ahu_sql.console import say
from crowd import Crowd, Etl, Outcome, Question, Watch, run_load

CONNECTIONS = f"""
    select
        coalesce(c.role_name, '{ALL_ROLES}'),
        case when c.role_name is null then max(c.server_connections)
            else max(c.role_connections) end
    from ahu.connections as c
    group by grouping sets ((c.role_name), ())
"""
LOOKS_EVERY_S = 0.1

DIFFERING = """
    select count(*)
    from ahu.verify_dashboard_views(%(day)s::date - 62, %(day)s::date + 2) as v
"""
"""On the days to which the ETL writes: see acceptance.loads."""


@dataclass(frozen=True)
class Size:
    """Of the load. thinking_s: of a reader between two questions, on average.

    patience_s: how long answers are waited for after the end. rounds: of one reader alone; a third
    of them where charts come from raw.
    """

    clients: int = 200
    seconds: float = 60.0
    thinking_s: float = 5.0
    patience_s: float = 5.0
    rounds: int = 9


@dataclass(frozen=True)
class Measured:
    """All of a run. alone: seconds by question, of one reader, nobody else about.

    direct, before: the same load past the pooler; before: and past the views.
    """

    evidence: Evidence
    limits_of_roles: Mapping[str, int | None]
    alone: Mapping[str, float]
    alone_raw: Mapping[str, float] | None = None
    direct: Outcome | None = None
    before: Outcome | None = None


def measure(site: Site, size: Size, *, compares: bool = True) -> Measured:
    """The whole run. compares: the ways it was too, where the site has them."""
    questions = dashboard_questions(site.plant)
    pooled = site.pooled
    alone = _alone(pooled.dashboards, questions, size.rounds)
    last_refresh = _last_refresh(site)
    rest = _load(site, Way(pooled.dashboards), questions, size, "without an ETL of ours")
    loaded: Outcome | None = None
    if pooled.etls:
        loaded = _load(site, pooled, questions, size, "beside the ETL")
        _refresh(pooled.etls[0])
    elif _last_refresh(site) > last_refresh:
        loaded = rest
    limits, open_to_all = _limits(site)
    evidence = Evidence(
        asked=tuple(question.name for question in questions),
        rest=rest,
        loaded=loaded,
        promised=site.promised,
        open_to_all=open_to_all,
        watched=site.monitor is not None,
        differing=_differing(site),
    )
    if not (compares and site.direct):
        return Measured(evidence, limits, alone)
    raw = raw_questions(site.plant, site.settings)
    bare = Way(
        site.direct.dashboards,
        tuple(
            Etl(etl.dsn, (s for s in etl.steps if s.name != REFRESH)) for etl in site.direct.etls
        ),
    )
    return Measured(
        evidence,
        limits,
        alone,
        _alone(site.direct.dashboards, raw, size.rounds // 3 or 1),
        _load(site, site.direct, questions, size, "beside the ETL, without the pooler"),
        _load(site, bare, raw, size, "beside the ETL, as it was: no pooler, charts from raw"),
    )


def _load(site: Site, way: Way, questions: Sequence[Question], size: Size, saying: str) -> Outcome:
    say(f"{size.clients} dashboards {saying}: {size.seconds:g} s")
    crowd = Crowd(way.dashboards, size.clients, questions, size.thinking_s, size.patience_s)
    watch = Watch(site.monitor, CONNECTIONS, LOOKS_EVERY_S) if site.monitor else None
    return run_load(crowd, way.etls, watch, seconds=size.seconds)


def _alone(dsn: str, questions: Sequence[Question], rounds: int) -> dict[str, float]:
    """The median of each question, asked again and again by one reader."""
    dice = random.Random(0)
    medians = {}
    with psycopg.connect(dsn, autocommit=True, prepare_threshold=None) as session:
        for question in questions:
            waits = []
            for _ in range(rounds):
                began = time.monotonic()
                # a site's failure is counted where the crowd asks
                with suppress(psycopg.errors.QueryCanceled):
                    session.execute(question.statement, question.values(dice))
                waits.append(time.monotonic() - began)
            medians[question.name] = statistics.median(waits)
    return medians


def _last_refresh(site: Site) -> int:
    """Its number."""
    with psycopg.connect(site.pooled.dashboards, autocommit=True) as session:
        last = "select coalesce(max(r.run_id), 0) from ahu.refresh_runs as r"
        ((run_id,),) = session.execute(last).fetchall()
        return int(run_id)


def _refresh(etl: Etl) -> None:
    """What the ETL had loaded when it was stopped before its CALL; a failure shows as differing."""
    with suppress(psycopg.Error), psycopg.connect(etl.dsn, autocommit=True) as session:
        session.execute("call ahu.refresh_dashboard_views()")


def _limits(site: Site) -> tuple[dict[str, int | None], int]:
    """By role, and of the server."""
    if site.monitor is None:
        return {}, 0
    with psycopg.connect(site.monitor, autocommit=True) as session:
        rows = session.execute(
            "select c.role_name, min(c.role_limit), min(c.server_limit) from ahu.connections as c "
            "group by 1"
        ).fetchall()
    return {role: limit for role, limit, _ in rows}, rows[0][2]


def _differing(site: Site) -> int | None:
    if site.superuser is None:
        return None
    with psycopg.connect(site.superuser, autocommit=True) as session:
        ((count,),) = session.execute(DIFFERING, {"day": site.plant.newest_day}).fetchall()
        return int(count)
