"""What dashboards ask: the queries of examples/streamlit, and the same charts from the raw table.

The latter is how a dashboard without the views asks.
"""

from __future__ import annotations

import ast
import random
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import psycopg

from ahu_sql.settings import Settings
from crowd import Question
from servers.places import CHECKOUT

QUERIES = CHECKOUT / "examples" / "streamlit" / "queries.py"

BADGE = "freshness badge"
MONTHS = "costs per month"
DAYS = "costs per day"
COILS = "kWh by coil"
HEAT_MAP = "heat map, a year"
DRILL_DOWN = "drill-down, 3 days"
CHARTS = (MONTHS, DAYS, COILS, HEAT_MAP)
"""The summary charts; beside them there are the badge and the drill-down."""

# the badge is asked at every rerun of the page, the rest once per refresh
WEIGHTS = {BADGE: 4, DAYS: 2, COILS: 2}
SPANS = (7, 30, 90)

Values = Mapping[str, object]


@dataclass(frozen=True)
class Plant:
    """What a question's values are taken from. days: how many there are."""

    newest_day: date
    newest_reading: datetime
    ahu_ids: tuple[str, ...]
    days: int


def look_at_plant(session: psycopg.Connection[Any]) -> Plant | None:
    """By the views, as ahu_read may; None where they are empty."""
    row = session.execute(
        "select max(f.newest_day), max(f.newest_reading), "
        "(select array_agg(distinct c.ahu_id order by c.ahu_id) from ahu.mv_monthly_ahu_costs c), "
        "(select count(distinct d.day) from ahu.mv_daily_ahu_costs as d) from ahu.freshness as f"
    ).fetchone()
    if row is None or None in row:
        return None
    return Plant(row[0], row[1], tuple(row[2]), row[3])


def dashboard_questions(plant: Plant) -> tuple[Question, ...]:
    """What the dashboard asks, through the views and the guard."""
    return _questions(
        plant,
        {
            BADGE: _of_dashboard("_FRESHNESS"),
            MONTHS: _of_dashboard("_MONTHLY_COSTS"),
            DAYS: _of_dashboard("_DAILY_COSTS"),
            COILS: _of_dashboard("_DAILY_KWH"),
            HEAT_MAP: _of_dashboard("_DAILY_COSTS"),
            DRILL_DOWN: _of_dashboard("_READINGS"),
        },
    )


def raw_questions(plant: Plant, settings: Settings) -> tuple[Question, ...]:
    """The same from the raw table."""
    source = settings.source
    costs = ("steam_cost", "cold_water_cost", "electricity_cost")
    kwh = tuple(name for name in settings.measures if name.endswith("_kwh"))
    days = _sums(settings, "day", costs)
    return _questions(
        plant,
        {
            BADGE: f"select max({source.time_column}) from {source.table}",
            MONTHS: _sums(settings, "month", costs),
            DAYS: days,
            COILS: _sums(settings, "day", kwh),
            HEAT_MAP: days,
            DRILL_DOWN: f"select * from {source.table} where {source.time_column} >= %(from_time)s "
            f"and {source.time_column} < %(until_time)s and {source.ahu_column} = any(%(ahu_ids)s)",
        },
    )


def _questions(plant: Plant, statements: Mapping[str, str]) -> tuple[Question, ...]:
    def last(days: int) -> Values:
        return {
            "from_day": plant.newest_day - timedelta(days=days - 1),
            "until_day": plant.newest_day,
        }

    def of_readings(dice: random.Random) -> Values:
        back = timedelta(days=dice.randrange(min(plant.days, 60)))
        until = plant.newest_reading - back
        return {
            "from_time": until - timedelta(days=3),
            "until_time": until,
            "ahu_ids": [dice.choice(plant.ahu_ids)],
        }

    values = {
        DAYS: lambda dice: last(dice.choice(SPANS)),
        COILS: lambda dice: last(dice.choice(SPANS)),
        HEAT_MAP: lambda dice: last(365),
        DRILL_DOWN: of_readings,
    }
    return tuple(
        Question(name, statement, values.get(name, lambda dice: {}), WEIGHTS.get(name, 1))
        for name, statement in statements.items()
    )


def _of_dashboard(name: str) -> str:
    """A query of the dashboard, with psycopg's placeholders.

    Its module is read, not imported: it wants Streamlit, and a page that runs.
    """
    for node in ast.parse(QUERIES.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name:
            query = ast.literal_eval(node.value)
            return re.sub(r"(?<!:):(\w+)", r"%(\1)s", query.replace("%", "%%"))
    raise LookupError(f"{QUERIES.name} has no query {name}")


def _sums(settings: Settings, unit: str, measures: tuple[str, ...]) -> str:
    """Sums of the wide raw table by day or month and AHU; a month has no span, a day has one."""
    source = settings.source
    local = f"{source.time_column} at time zone '{source.time_zone}'"
    sums = [
        "sum({}) as {}".format(
            " + ".join(f"coalesce({column}, 0)" for column in settings.measures[name]), name
        )
        for name in measures
    ]
    span = (
        f"where {source.time_column} >= cast(%(from_day)s as timestamp) at time zone "
        f"'{source.time_zone}' and {source.time_column} < (cast(%(until_day)s as timestamp) "
        f"+ interval '1 day') at time zone '{source.time_zone}'"
    )
    return (
        f"select date_trunc('{unit}', {local}) as {unit}, {source.ahu_column}, {', '.join(sums)} "
        f"from {source.table} {span if unit == 'day' else ''} group by 1, 2 order by 1, 2"
    )
