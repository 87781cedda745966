"""When each alert is to fire and when not: stories for promtool, a minute per value."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

JOB = {"job": "ahu-sql", "instance": "localhost:9187"}
"""Labels that Prometheus gives to all that it asks the exporter for."""
SERVER = {"server": "localhost:5432"}
"""What the exporter gives to what it has asked a server for."""
COSTS = {"view_name": "mv_daily_ahu_costs"}
KWH = {"view_name": "mv_daily_ahu_kwh"}
IDLE = {"role_name": "ahu_read", "state": "idle in transaction"}
BUSY = {"role_name": "ahu_write", "state": "active"}
HOUR, DAY = 3600, 86400
TEN_UNKNOWN = " ".join(10 * ["NaN"])


@dataclass(frozen=True)
class Series:
    """Values of one metric, in promtool's notation: 0x9 is ten zeros, _ a value that is missing."""

    metric: str
    values: str
    labels: dict[str, str] = field(default_factory=dict)

    @property
    def of_exporter(self) -> dict[str, str]:
        """Its labels, as the exporter gives them."""
        return self.labels if self.metric in ("up", "pg_up") else SERVER | self.labels

    def as_input(self) -> dict[str, str]:
        """For promtool."""
        labels = ", ".join(f'{name}="{value}"' for name, value in (JOB | self.of_exporter).items())
        return {"series": f"{self.metric}{{{labels}}}", "values": self.values}


@dataclass(frozen=True)
class Story:
    """One alert. fires, quiet: minutes. labels: of the alert that fires, but for its severity."""

    alert: str
    series: tuple[Series, ...]
    quiet: tuple[int, ...]
    fires: tuple[int, ...]
    summary: str
    labels: dict[str, str] = field(default_factory=lambda: JOB | SERVER)

    def as_test(self, rule: dict[str, Any]) -> dict[str, Any]:
        """For promtool. The description is the rule's: no value stands in it."""
        fired = {
            "exp_labels": rule["labels"] | self.labels,
            "exp_annotations": {
                "summary": self.summary,
                "description": rule["annotations"]["description"],
            },
        }
        return {
            "name": self.alert,
            "interval": "1m",
            "input_series": [series.as_input() for series in self.series],
            "alert_rule_test": [
                {"alertname": self.alert, "eval_time": f"{minute}m", "exp_alerts": alerts}
                for minutes, alerts in ((self.quiet, []), (self.fires, [fired]))
                for minute in minutes
            ],
        }


def _of_views(metric: str, values: str) -> tuple[Series, ...]:
    """The same of several views: one alert for the site, not one per view."""
    return tuple(Series(f"ahu_freshness_{metric}", values, view) for view in (COSTS, KWH))


def _there(*without: str) -> tuple[Series, ...]:
    """The exporter is well; of its metrics, some end after ten minutes."""
    metrics = {
        "ahu_freshness_is_stale": COSTS,
        "ahu_last_refresh_age_seconds": {},
        "ahu_role_connections": {"role_name": "ahu_read"},
        "ahu_server_connections": {},
    }
    return (
        Series("pg_up", "1x29"),
        *(
            Series(metric, "0x9 stale" if metric in without else "0x29", labels)
            for metric, labels in metrics.items()
        ),
    )


STORIES = (
    Story(
        "AhuViewsStale",
        _of_views("is_stale", "0x9 1x9 0x9"),
        quiet=(9, 14, 20),
        fires=(15, 19),
        summary="The dashboards' views are stale",
    ),
    Story(
        "AhuChangesNotTracked",
        _of_views("is_tracked", "1x9 0x9 1x9"),
        quiet=(9, 10, 20),
        fires=(11, 19),
        summary="Changes of the raw table are not tracked",
    ),
    Story(
        "AhuChangesNotTracked",  # native and lookback track nothing
        _of_views("is_tracked", f"{TEN_UNKNOWN} 0x9"),
        quiet=(9, 10),
        fires=(11,),
        summary="Changes of the raw table are not tracked",
    ),
    Story(
        "AhuKeysInQuarantine",
        _of_views("quarantined_keys", "0x9 3x9 0x9"),
        quiet=(9, 20),
        fires=(10, 19),
        summary="3 keys are in quarantine",
    ),
    Story(
        "AhuNoRefresh",
        (Series("ahu_last_refresh_age_seconds", f"{DAY}x9 {DAY + 60}x9 0x9"),),
        quiet=(9, 14, 20),
        fires=(15, 19),
        summary="No refresh for 1d 0h 1m 0s",
    ),
    Story(
        "AhuNoRefresh",
        (Series("ahu_last_refresh_age_seconds", "+Inf +Inf +Inf +Inf +Inf +Inf 0"),),
        quiet=(4, 6),
        fires=(5,),
        summary="No refresh for +Inf",
    ),
    Story(
        "AhuRefreshJobFailed",
        _of_views("job_failed", f"{TEN_UNKNOWN} 0x4 1x4 0x4"),
        quiet=(9, 14, 20),
        fires=(15, 19),
        summary="The job that refreshes has failed",
    ),
    Story(
        "AhuNoNewReadings",
        _of_views("newest_reading_age_seconds", f"NaN {HOUR}x9 {25 * HOUR}x9 {HOUR}x9"),
        quiet=(0, 10, 15, 21),
        fires=(16, 20),
        summary="The newest reading in the views is 1d 1h 0m 0s old",
    ),
    Story(
        "AhuRoleConnectionsNearLimit",
        (
            Series("ahu_role_connections", "40x9 45x9 40x9", {"role_name": "ahu_read"}),
            Series("ahu_role_connections_limit", "50x29", {"role_name": "ahu_read"}),
            Series("ahu_role_connections", "45x9", {"role_name": "postgres"}),
            Series("ahu_role_connections_limit", TEN_UNKNOWN, {"role_name": "postgres"}),
        ),
        quiet=(9, 14, 20),
        fires=(15, 19),
        summary="ahu_read uses 90% of its connections",
        labels=JOB | SERVER | {"role_name": "ahu_read"},
    ),
    Story(
        "AhuServerConnectionsNearLimit",
        (
            Series("ahu_server_connections", "77x9 78x9 77x9"),
            Series("ahu_server_connections_limit", "97x29"),
        ),
        quiet=(9, 14, 20),
        fires=(15, 19),
        summary="The server's clients use 80.41% of its connections",
    ),
    Story(
        "AhuLongRunningTransaction",
        (
            Series("ahu_long_running_queries_longest_seconds", "60+60x19 stale", BUSY),
            Series("ahu_long_running_queries_longest_seconds", "60x29", IDLE),
        ),
        quiet=(14, 20),
        fires=(15,),
        summary="ahu_write has been in one transaction for 16m 0s",
        labels=JOB | SERVER | BUSY,
    ),
    Story(
        "AhuIdleInTransaction",
        (
            Series("ahu_long_running_queries_longest_in_state_seconds", "60+60x9 stale", IDLE),
            Series("ahu_long_running_queries_longest_in_state_seconds", "60+60x9", BUSY),
        ),
        quiet=(4, 10),
        fires=(5,),
        summary="ahu_read has been idle in transaction for 6m 0s",
        labels=JOB | SERVER | IDLE,
    ),
    Story(
        "AhuExporterDown",
        (Series("up", "1x9 0x9 1x9"),),
        quiet=(9, 11, 20),
        fires=(12, 19),
        summary="The exporter does not answer",
        labels=JOB,
    ),
    Story(
        "AhuExporterDown",  # somebody took it out of scrape_configs
        (Series("up", "1x9 stale"),),
        quiet=(9, 11),
        fires=(12,),
        summary="The exporter does not answer",
        labels={"job": "ahu-sql"},
    ),
    Story(
        "AhuDatabaseDown",
        (Series("pg_up", "1x9 0x9 1x9"),),
        quiet=(9, 11, 20),
        fires=(12, 19),
        summary="The exporter does not get into the database",
        labels=JOB,
    ),
    *(
        Story(
            "AhuMetricsMissing",
            _there(missing),
            quiet=(9, 14),
            fires=(15,),
            summary="The exporter cannot read ahu-sql's views",
            labels=JOB,
        )
        for missing in (
            "ahu_freshness_is_stale",
            "ahu_last_refresh_age_seconds",
            "ahu_role_connections",
            "ahu_server_connections",
        )
    ),
    Story(
        "AhuMetricsMissing",  # then AhuDatabaseDown tells it
        (Series("pg_up", "1x5 0x9"),),
        quiet=(4, 6, 11, 15),
        fires=(5,),
        summary="The exporter cannot read ahu-sql's views",
        labels=JOB,
    ),
)
