"""What docs/monitoring tells operators to set up, with Prometheus's own tool: the alerts."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import yaml

from monitoring.documents import (
    ALERTS,
    OWN_METRICS,
    README,
    SCRAPE_CONFIG,
    metrics_of_alerts,
    metrics_of_queries,
    rules,
)
from monitoring.stories import JOB, STORIES
from servers.debian import PROMTOOL


def promtool(*arguments: str | Path) -> None:
    """It has nothing to say against it."""
    done = subprocess.run(
        [PROMTOOL.program(), *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_each_alert_fires_when_it_is_to_and_not_else(tmp_path: Path) -> None:
    by_name = {rule["alert"]: rule for rule in rules()}
    told = {story.alert for story in STORIES if story.fires and story.quiet}
    assert told == by_name.keys()
    tests = tmp_path / "stories.yml"
    tests.write_text(
        yaml.safe_dump(
            {
                "rule_files": [str(ALERTS)],
                "evaluation_interval": "1m",
                "tests": [story.as_test(by_name[story.alert]) for story in STORIES],
            }
        )
    )
    promtool("test", "rules", tests)


def test_prometheus_takes_the_rules_and_the_configuration(tmp_path: Path) -> None:
    promtool("check", "rules", "--lint=all", "--lint-fatal", ALERTS)
    configuration = tmp_path / "prometheus.yml"
    configuration.write_text(SCRAPE_CONFIG)
    (named,) = yaml.safe_load(SCRAPE_CONFIG)["rule_files"]
    shutil.copy(ALERTS, tmp_path / named)
    promtool("check", "config", configuration)


def test_each_metric_of_an_alert_comes_from_a_query() -> None:
    assert metrics_of_alerts() - metrics_of_queries() == OWN_METRICS


def test_the_rules_know_the_job_by_the_name_that_it_is_given() -> None:
    (job,) = yaml.safe_load(SCRAPE_CONFIG)["scrape_configs"]
    in_rules = {name for rule in rules() for name in re.findall(r'job="(.*?)"', rule["expr"])}
    assert in_rules == {job["job_name"]} == {JOB["job"]}


def test_readme_lists_the_alerts_and_each_says_what_to_do() -> None:
    assert re.findall(r"^\| `(\w+)` \|", README, re.MULTILINE) == [
        rule["alert"] for rule in rules()
    ]
    for rule in rules():
        assert rule["labels"]["severity"] in ("warning", "critical")
        assert rule["annotations"].keys() == {"summary", "description"}
