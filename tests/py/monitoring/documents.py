"""What docs/monitoring tells operators to do, for tests that do it."""

from __future__ import annotations

import re
import shlex
from typing import Any

import yaml

from servers.catalogue import CHECKOUT

FOLDER = CHECKOUT / "docs" / "monitoring"
QUERIES = FOLDER / "queries.yaml"
ALERTS = FOLDER / "alerts.yml"
README = (FOLDER / "README.md").read_text()

# that alerts look at and no query of ours makes: Prometheus's, and the exporter's of itself
OWN_METRICS = {"up", "pg_up"}
STEPS = dict(re.findall(r"^   ```(\w+)\n(.*?)^   ```", README, re.DOTALL | re.MULTILINE))
"""Blocks of code of the numbered steps, by language."""
CREATE_ROLE = STEPS["sql"]
SCRAPE_CONFIG = STEPS["yaml"]


def exporter_options() -> list[str]:
    """Of step 2, with our file of queries."""
    (arguments,) = re.findall(r'^ +ARGS="(.*)"$', STEPS["sh"], re.MULTILINE)
    path = "--extend.query-path="
    options = shlex.split(arguments)
    assert [option for option in options if option.startswith(path)] == options[:1]
    return [f"{path}{QUERIES}", *options[1:]]


def queries() -> dict[str, Any]:
    """The file of queries, by their names."""
    return dict(yaml.safe_load(QUERIES.read_text()))


def metrics_of_queries() -> set[str]:
    """Names of all metrics that the file of queries makes."""
    return {
        f"{name}_{column}"
        for name, query in queries().items()
        for metric in query["metrics"]
        for column, how in metric.items()
        if how["usage"] != "LABEL"
    }


def rules() -> list[dict[str, Any]]:
    """All rules of alerts.yml."""
    groups = yaml.safe_load(ALERTS.read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


# words of PromQL that our rules use; whatever else stands there is a metric
WORDS = {"absent", "and", "max", "min", "on", "or", "unless", "without"}


def metrics_in(expression: str) -> set[str]:
    """Names of the metrics in an expression of PromQL."""
    bare = re.sub(r'\{[^}]*\}|"[^"]*"', " ", expression)
    bare = re.sub(r"\b(on|without) *\([^)]*\)", " ", bare)
    return set(re.findall(r"[a-zA-Z_:][\w:]*", bare)) - WORDS


def metrics_of_alerts() -> set[str]:
    """Names of all metrics that alerts.yml looks at."""
    return {metric for rule in rules() for metric in metrics_in(rule["expr"])}
