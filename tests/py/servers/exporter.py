"""A postgres_exporter of our own: started with options, asked for its metrics, nothing left."""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.request import ProxyHandler, build_opener

from ahu_sql.demo.processes import LOOPBACK, clean_environment, free_port
from servers.debian import EXPORTERS
from servers.running import Stopped
from sessions import wait_until

ASK_SECONDS = 30.0
SAMPLE = re.compile(r"(?P<name>[a-zA-Z_:][\w:]*)(?:\{(?P<labels>.*)\})? (?P<value>\S+)")
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')
# what the environment says of proxies is not for us
_open = build_opener(ProxyHandler({})).open


@dataclass(frozen=True)
class Sample:
    """One value of a metric. labels: without empty ones, which mean the same as none."""

    name: str
    labels: dict[str, str]
    value: float


class Exporter(Stopped):
    """A running exporter; use it as a context manager, or call `stop()`."""

    def __init__(self, version: str, dsn: str, options: Sequence[str]) -> None:
        """Returns when it answers. dsn: libpq's keyword form, of a server without TLS."""
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as the process
        self._port = free_port()
        self._process = subprocess.Popen(
            [
                str(EXPORTERS[version].program()),
                f"--web.listen-address={LOOPBACK}:{self._port}",
                *options,
            ],
            env=clean_environment() | {"DATA_SOURCE_NAME": f"{dsn} sslmode=disable"},
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            wait_until(self._answers, "the exporter answers")
        except BaseException:
            self.stop()
            raise

    def scrape(self) -> list[Sample]:
        """All that it says now, as Prometheus would ask for it."""
        return [
            Sample(
                found["name"],
                {name: value for name, value in LABEL.findall(found["labels"] or "") if value},
                float(found["value"]),
            )
            for line in self._get("metrics").splitlines()
            if (found := SAMPLE.fullmatch(line))
        ]

    @property
    def log(self) -> str:
        """All that it said until now."""
        self._log.seek(0)
        return self._log.read().decode()

    def stop(self) -> None:
        """It holds nothing that would have to be ended."""
        self._process.kill()
        self._process.wait()
        self._log.close()

    def _answers(self) -> bool:
        assert self._process.poll() is None, f"the exporter has ended:\n{self.log}"
        try:
            self._get("")
        except OSError:
            return False
        return True

    def _get(self, path: str) -> str:
        with _open(f"http://{LOOPBACK}:{self._port}/{path}", timeout=ASK_SECONDS) as answer:
            return str(answer.read().decode())


def value_of(samples: Sequence[Sample], name: str, **labels: str) -> float:
    """The one value that a metric has, in all samples with these labels."""
    values = {
        repr(sample.value): sample.value  # a NaN equals no other
        for sample in samples
        if sample.name == name and labels.items() <= sample.labels.items()
    }
    assert len(values) == 1, f"{name} has not one value: {list(values)}"
    return next(iter(values.values()))
