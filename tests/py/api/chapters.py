"""What the manual says beside the comments: its order, a few sentences, and an example of each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Reader = Literal["ahu_read", "ahu_write", "ahu_pgbouncer", "a member of pg_monitor", "a DBA"]
"""As whom somebody types an example."""


@dataclass(frozen=True)
class Example:
    """One statement that works as it stands, and who types it.

    shows_rows: on a site that has readings; else it may have nothing to show. wants_scheduler: it
    needs TimescaleDB's community licence or pg_cron.
    """

    by: Reader
    sql: str
    shows_rows: bool = True
    wants_scheduler: bool = False


@dataclass(frozen=True)
class Entry:
    """One object of schema `ahu`, by its name there."""

    name: str
    examples: tuple[Example, ...]


@dataclass(frozen=True)
class Chapter:
    """Some objects that are used together."""

    title: str
    text: str
    entries: tuple[Entry, ...]


WORDS = (
    ("reading", "one row of the raw table: a time, an AHU, its measured values"),
    ("measure", "one number that is summed up, such as `steam_cost` or `hcv_kwh`"),
    ("day", "a calendar date in the site's time zone, 23, 24 or 25 hours long"),
    ("key", "a day and an AHU: one row of the daily views"),
    ("pending change", "a note that readings of some keys changed since the last refresh"),
    ("refresh", "one run that brings the views up to date with raw, key by key"),
    ("fold", "to recompute pending keys from raw"),
    ("retention", "dropping old raw readings on purpose, while their summaries stay"),
    ("quarantine", "where a key goes whose raw readings are partly gone: its summary is kept"),
    ("DBA", "a superuser, or a member of `ahu_owner`, as the role that installed is"),
)

CHAPTERS = (
    Chapter(
        "The views",
        "Three views, the same under every strategy. Sums are exact. A measure that nobody "
        "measured is null, not zero: leave `coalesce` to where a chart needs it. A DBA may grant "
        "them to others and build on them; an upgrade keeps both.",
        (
            Entry(
                "mv_daily_ahu_costs",
                (
                    Example(
                        "ahu_read",
                        "select day, ahu_id, steam_cost, cold_water_cost, electricity_cost, "
                        "total_cost\n"
                        "from ahu.mv_daily_ahu_costs\n"
                        "where day between '2025-07-01' and '2025-07-31'\n"
                        "order by day, ahu_id;",
                    ),
                ),
            ),
            Entry(
                "mv_daily_ahu_kwh",
                (
                    Example(
                        "ahu_read",
                        "select day, sum(hcv_kwh) as heat, sum(ccv_kwh) as cold, "
                        "sum(electricity_kwh) as electricity\n"
                        "from ahu.mv_daily_ahu_kwh\n"
                        "where ahu_id = any (array['AHU01', 'AHU02'])\n"
                        "group by day\n"
                        "order by day;",
                    ),
                ),
            ),
            Entry(
                "mv_monthly_ahu_costs",
                (
                    Example(
                        "ahu_read",
                        "select month, sum(total_cost) as total_cost\n"
                        "from ahu.mv_monthly_ahu_costs\n"
                        "group by month\n"
                        "order by month;",
                    ),
                ),
            ),
        ),
    ),
    Chapter(
        "Raw readings",
        "The drill-down: `ahu_read`'s only way to the raw table, for a page that shows some hours "
        "of some AHUs. Times without a zone are the session's; write one, or set `TimeZone`.",
        (
            Entry(
                "readings",
                (
                    Example(
                        "ahu_read",
                        "select *\n"
                        "from ahu.readings('2025-07-01 00:00+09', '2025-07-02 00:00+09', "
                        "array['AHU01'])\n"
                        "order by timestamp;",
                    ),
                    Example(
                        "ahu_read",
                        "select ahu_id, avg(outdoor_temperature) as temperature\n"
                        "from ahu.readings(from_time => '2025-07-01 00:00+09', "
                        "until_time => '2025-07-08 00:00+09')\n"
                        "group by ahu_id;",
                    ),
                ),
            ),
        ),
    ),
    Chapter(
        "The refresh",
        "The ETL's last step: when it returns, the caller's own committed readings are in the "
        "views. It works in autocommit and inside `begin`, directly and through a transaction "
        "pool. Inside a transaction block it sees what the block has written, and is undone with "
        "it.",
        (
            Entry(
                "refresh_dashboard_views",
                (
                    Example("ahu_write", "call ahu.refresh_dashboard_views();"),
                    Example(
                        "ahu_write",
                        "call ahu.refresh_dashboard_views(wait_for => '0', max_days => 31);",
                    ),
                ),
            ),
        ),
    ),
    Chapter(
        "Verification",
        "Reads raw and compares, while everybody goes on. `ahu-sql verify` calls it month by "
        "month, shows what differs and, with `--repair`, mends it.",
        (
            Entry(
                "verify_dashboard_views",
                (
                    Example(
                        "a DBA",
                        "select *\nfrom ahu.verify_dashboard_views('2025-07-01', '2025-07-31');",
                        shows_rows=False,
                    ),
                ),
            ),
        ),
    ),
    Chapter(
        "Settings",
        "What a DBA may turn at any time; no install is needed, and none undoes it. All else is in "
        "`ahu-sql.toml`.",
        (
            Entry(
                "settings",
                (
                    Example("a DBA", "update ahu.settings set stale_after = '30 minutes';"),
                    Example(
                        "a DBA",
                        "update ahu.settings set low_traffic_from = '02:00', "
                        "low_traffic_until = '04:00';",
                    ),
                ),
            ),
        ),
    ),
    Chapter(
        "Marking by hand",
        "For what triggers cannot see: direct writes to a partition or chunk, attaching or "
        "detaching one, restores. Nothing is lost by marking too much.",
        (
            Entry(
                "mark_changed",
                (
                    Example(
                        "a DBA",
                        "call ahu.mark_changed('2025-07-01', '2025-07-31');",
                        shows_rows=False,
                    ),
                    Example(
                        "a DBA",
                        "call ahu.mark_changed('2025-07-01', '2025-07-02', array['AHU01'], "
                        "trust_raw => true);",
                        shows_rows=False,
                    ),
                ),
            ),
        ),
    ),
    Chapter(
        "Quarantine",
        "Where raw has fewer readings of a key than the log of changes can explain, retention took "
        "them: the summary stays, and `ahu.freshness` counts the key until somebody says what is "
        "to become of it.",
        (
            Entry(
                "resolve_quarantine",
                (
                    Example(
                        "a DBA",
                        "call ahu.resolve_quarantine('2025-07-01', '2025-07-31', null, 'add');",
                    ),
                    Example(
                        "a DBA",
                        "call ahu.resolve_quarantine('2025-07-01', '2025-07-31', array['AHU01'], "
                        "'replace');",
                    ),
                ),
            ),
        ),
    ),
    Chapter(
        "A scheduled refresh",
        "Where no ETL calls the refresh. `ahu.freshness` shows the job.",
        (
            Entry(
                "schedule_refresh",
                (
                    Example(
                        "a DBA",
                        "call ahu.schedule_refresh('6 minutes');",
                        wants_scheduler=True,
                    ),
                ),
            ),
            Entry(
                "unschedule_refresh",
                (
                    Example(
                        "a DBA",
                        "call ahu.unschedule_refresh();",
                        shows_rows=False,
                        wants_scheduler=True,
                    ),
                ),
            ),
        ),
    ),
    Chapter(
        "Monitoring",
        "For badges, exporters and whoever is on duty. All are for members of PostgreSQL's own "
        "role `pg_monitor`, the first two for dashboards too.",
        (
            Entry(
                "freshness",
                (
                    Example(
                        "ahu_read",
                        "select view_name, newest_reading, pending_since, is_stale\n"
                        "from ahu.freshness;",
                    ),
                    Example(
                        "a member of pg_monitor",
                        "select max(pending_keys) as pending_keys, max(quarantined_keys) as "
                        "quarantined_keys,\n"
                        "    clock_timestamp() - max(last_refresh) as since_last_refresh\n"
                        "from ahu.freshness;",
                    ),
                ),
            ),
            Entry(
                "refresh_runs",
                (
                    Example(
                        "a member of pg_monitor",
                        "select started_at, duration, called_by, outcome, keys, readings\n"
                        "from ahu.refresh_runs\n"
                        "order by run_id desc\n"
                        "limit 10;",
                    ),
                ),
            ),
            Entry(
                "connections",
                (
                    Example(
                        "a member of pg_monitor",
                        "select role_name, alias, state, connections, role_connections, "
                        "role_limit\n"
                        "from ahu.connections\n"
                        "order by role_name, alias, state;",
                    ),
                ),
            ),
            Entry(
                "long_running_queries",
                (
                    Example(
                        "a member of pg_monitor",
                        "select pid, role_name, running_for, waits_for, blocked_by, query\n"
                        "from ahu.long_running_queries\n"
                        "order by running_for desc;",
                        shows_rows=False,
                    ),
                ),
            ),
        ),
    ),
    Chapter(
        "The pooler's look-up",
        "What pgbouncer's `auth_query` calls, so that passwords stand in the server alone. Built "
        "by a superuser's install only.",
        (
            Entry(
                "pgbouncer_login",
                (
                    Example(
                        "ahu_pgbouncer",
                        "select user_name, password from ahu.pgbouncer_login('ahu_read');",
                    ),
                ),
            ),
        ),
    ),
)


def examples() -> Iterator[Example]:
    """Those of all objects, in their order."""
    for chapter in CHAPTERS:
        for entry in chapter.entries:
            yield from entry.examples
