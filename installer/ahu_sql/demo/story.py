"""What the demo tells: the three views, then a day in the life of them.

It plays on a database that has the plant (plant.py) and the product. Tables go to stdout; sentences
and durations, which differ from run to run, go to stderr.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import LiteralString

import psycopg

from ahu_sql.console import say, show
from ahu_sql.database import Answer, Connection, ask
from ahu_sql.demo import plant
from ahu_sql.errors import AhuSqlError
from ahu_sql.table import format_table

# The plant's largest AHU: coils of 599,000 and 393,000 kcal/h.
AHU_ID = "AHU01"
LAST_DAY = (plant.PERIOD_END - timedelta(days=1)).date()
NEW_DAY = plant.PERIOD_END.date()
LATE_DAY = NEW_DAY - timedelta(days=10)


def timed(connection: Connection, query: LiteralString, *values: object) -> tuple[Answer, float]:
    """What a query or CALL answers, and how many milliseconds that took from the client's side."""
    begin = time.perf_counter()
    answer = ask(connection, query, *values)
    return answer, (time.perf_counter() - begin) * 1000


def show_views(reader: Connection) -> None:
    """The three views, as a dashboard asks them. reader: logged in as ahu_read."""
    for title, query, values in _VIEWS:
        answer, ms = timed(reader, query, *values)
        say(f"{title} ({ms:.1f} ms)")
        show(format_table(answer.columns, answer.rows) + "\n")


def play_a_day(owner: Connection, writer: Connection, reader: Connection) -> None:
    """An ETL batch lands, one reading arrives ten days late, one CALL brings the views up to date.

    owner: owns the plant. writer, reader: logged in as ahu_write and ahu_read.
    """
    before = ask(reader, _TOTALS, LATE_DAY, NEW_DAY, AHU_ID)
    batch = _copy(owner, writer, plant.PERIOD_END, None)
    say(f"The ETL wrote {batch} readings at {plant.PERIOD_END}, one for each AHU.")
    late_time = datetime.combine(LATE_DAY, datetime.min.time(), plant.SEOUL) + timedelta(
        hours=12, minutes=3
    )
    _copy(owner, writer, late_time, AHU_ID)
    say(f"One reading of {AHU_ID} from {late_time} arrived ten days late.\n")

    call, ms = timed(writer, "call ahu.refresh_dashboard_views()")
    say(f"As ahu_write: call ahu.refresh_dashboard_views() ({ms:.1f} ms)")
    show(format_table(call.columns, call.rows) + "\n")

    after = ask(reader, _TOTALS, LATE_DAY, NEW_DAY, AHU_ID)
    say(f"{AHU_ID}'s total cost before and after, in KRW")
    show(_before_and_after(before, after) + "\n")


def ask_both_ways(owner: Connection, reader: Connection) -> None:
    """The same question to the view and to the raw readings. Raises AhuSqlError if they differ."""
    view, view_ms = timed(reader, _COSTS_FROM_VIEW)
    raw, raw_ms = timed(owner, _COSTS_FROM_RAW)
    if view.rows != raw.rows:
        raise AhuSqlError(
            "the views differ from the raw readings",
            detail=f"{len(set(view.rows) ^ set(raw.rows))} rows are not the same.",
            hint="This should never be: please report it, with what the demo printed.",
            exit_code=1,
        )
    say(f"Costs of each AHU on each day of the 61: {len(view.rows):,} rows, asked both ways")
    rows = [
        ("ahu.mv_daily_ahu_costs", f"{view_ms:,.1f} ms"),
        ("ahu_data.energy_readings", f"{raw_ms:,.1f} ms"),
    ]
    show(format_table(["from", "took"], rows))
    say(f"\nEvery figure is the same to the last digit, {raw_ms / view_ms:.0f} times sooner.")


def _copy(owner: Connection, writer: Connection, at: datetime, ahu_id: str | None) -> int:
    """Carries generated readings into the raw table by COPY, as an ETL does; returns how many."""
    query = psycopg.sql.SQL(
        """
        copy (
            select r.*
            from demo.readings({}, {}, with_gaps => false) as r
            where {} is null or r.ahu_id = {}
        ) to stdout
        """
    ).format(at, at + plant.READING_INTERVAL, ahu_id, ahu_id)
    with owner.cursor().copy(query) as source, writer.cursor() as cursor:
        with cursor.copy("copy ahu_data.energy_readings from stdin") as target:
            for block in source:
                target.write(block)
        return cursor.rowcount


def _before_and_after(before: Answer, after: Answer) -> str:
    costs: dict[object, object] = {row[0]: row[1] for row in before.rows}
    rows = [(day, costs.get(day), cost) for day, cost in after.rows]
    return format_table(["day", "before", "after"], rows)


_VIEWS: Sequence[tuple[str, LiteralString, tuple[str | date, ...]]] = (
    (
        f"{AHU_ID}'s costs of the last week, in KRW: ahu.mv_daily_ahu_costs",
        """
        select c.day, c.ahu_id, c.steam_cost, c.cold_water_cost, c.electricity_cost, c.total_cost
        from ahu.mv_daily_ahu_costs as c
        where c.ahu_id = %s
            and c.day > %s
        order by c.day
        """,
        (AHU_ID, LAST_DAY - timedelta(days=7)),
    ),
    (
        f"Energy of five AHUs on {LAST_DAY}, in kWh (a dash: no such coil): ahu.mv_daily_ahu_kwh",
        """
        select k.ahu_id, k.hcv_kwh, k.dh_hcv_kwh, k.ccv_kwh, k.pc_ccv_kwh, k.electricity_kwh
        from ahu.mv_daily_ahu_kwh as k
        where k.day = %s
        order by k.ahu_id
        limit 5
        """,
        (LAST_DAY,),
    ),
    (
        "The three dearest AHUs of August, in KRW: ahu.mv_monthly_ahu_costs",
        """
        select c.month, c.ahu_id, c.steam_cost, c.cold_water_cost, c.electricity_cost, c.total_cost
        from ahu.mv_monthly_ahu_costs as c
        where c.month = %s
        order by c.total_cost desc, c.ahu_id
        limit 3
        """,
        (LAST_DAY.replace(day=1),),
    ),
)

_TOTALS: LiteralString = """
    select c.day, c.total_cost
    from ahu.mv_daily_ahu_costs as c
    where c.day in (%s, %s)
        and c.ahu_id = %s
    order by c.day
"""

_COSTS_FROM_VIEW: LiteralString = """
    select c.day, c.ahu_id, c.steam_cost, c.cold_water_cost, c.electricity_cost
    from ahu.mv_daily_ahu_costs as c
    order by c.day, c.ahu_id
"""

_COSTS_FROM_RAW: LiteralString = """
    select
        (r."timestamp" at time zone 'Asia/Seoul')::date as day,
        r.ahu_id,
        sum(r.hcv_steam_cost_krw + coalesce(r.ac_hcv_steam_cost_krw, 0)
            + coalesce(r.dh_hcv_steam_cost_krw, 0)),
        sum(r.ccv_cold_water_cost_krw + coalesce(r.ac_ccv_cold_water_cost_krw, 0)
            + coalesce(r.pc_ccv_cold_water_cost_krw, 0)),
        sum(r.sf_cost_krw + coalesce(r.electricity_cost_krw, 0))
    from ahu_data.energy_readings as r
    group by 1, 2
    order by 1, 2
"""
