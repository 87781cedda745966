"""Which columns of a table hold the time, the AHU and the values, judged by name and type: pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ahu_sql.errors import AhuSqlError
from ahu_sql.init.measure_names import judge, set_of, words
from ahu_sql.init.survey import Column, TableFacts, is_settable
from ahu_sql.requirements import AHU_TYPES, TIME_TYPE
from ahu_sql.settings import DEFAULT_MEASURES

_TIMES = (
    *("timestamp", "time", "ts", "at", "recordedat", "measuredat", "readat", "readingtime"),
    *("readingat", "sampledat", "sampletime", "observedat", "eventtime", "datetime", "date"),
)
_TIME_WORDS = set_of("time timestamp ts recorded measured sampled observed")
_BOOKKEEPING = set_of(
    "created updated inserted loaded ingested modified deleted received imported "
    "processed valid expires synced"
)
"""Words of times at which something happened to the row, not to the AHU."""

_AHUS = (
    *("ahu", "ahus", "airhandler", "airhandlingunit", "rtu", "mau", "doas", "unit", "device"),
    *("equipment", "equip", "asset", "machine", "meter", "system", "station", "sensor"),
)
_ID_WORDS = ("id", "", "no", "nr", "number", "code", "key", "tag", "uuid", "ref", "name")
_METRICS = (
    *("metricname", "metric", "measurename", "measure", "measurement", "parameter", "param"),
    *("variable", "tagname", "tag", "pointname", "point", "signal", "channel", "attribute"),
    *("quantity", "field", "register", "item", "key", "name", "sensor", "sensorname", "type"),
)
_VALUES = ("value", "val", "metricvalue", "measuredvalue", "reading", "amount", "numericvalue")
_UNITS = ("unit", "units", "uom", "unitofmeasure", "measurementunit", "engunit", "unitname")
_TEXTS = frozenset({"text", "character varying", "character", "name"})
_DEFAULT_NAMES = frozenset(name for names in DEFAULT_MEASURES.values() for name in names)


@dataclass(frozen=True)
class Roles:
    """What each column is for.

    metric_column, value_column: None in the wide layout. unit_column: empty where there is none.
    other_times, other_ahus: what else could have been chosen. is_ahu_named: the AHU column's name
    says that it is one.
    """

    time_column: str
    ahu_column: str
    other_times: tuple[str, ...] = ()
    other_ahus: tuple[str, ...] = ()
    is_ahu_named: bool = True
    metric_column: str | None = None
    value_column: str | None = None
    unit_column: str = ""

    @property
    def is_long(self) -> bool:
        """Whether a row holds one value, whose name stands beside it."""
        return self.metric_column is not None


def looks_like_readings(table: TableFacts) -> bool:
    """Whether a table has a time, a column that is called like an AHU's, and numbers beside it."""
    if not _times(table) or not (ahus := _named_ahus(table.columns)):
        return False
    return any(column.is_number for column in table.columns if column.name != ahus[0])


def assign_roles(table: TableFacts) -> Roles:
    """The roles of a table's columns. Raises AhuSqlError where it has no time or no AHU."""
    times = _times(table)
    if not times:
        raise _no_time(table)
    named = _named_ahus(table.columns)
    metric, value, unit = _long_columns(table.columns, named[:1])
    taken = {*times, metric, value, unit, ""}
    ahus = named or [name for name in _possible_ahus(table.columns) if name not in taken]
    if not ahus:
        raise AhuSqlError(
            f"{table.quoted} has no column that could name the AHU",
            detail=_columns(table),
            hint="A text, a whole number or a uuid must say which AHU a reading is of. Name "
            "another table: ahu-sql init --table SCHEMA.TABLE",
        )
    return Roles(
        time_column=times[0],
        ahu_column=ahus[0],
        other_times=tuple(times[1:]),
        other_ahus=tuple(ahus[1:]),
        is_ahu_named=bool(named),
        metric_column=metric,
        value_column=value,
        unit_column=unit,
    )


def _times(table: TableFacts) -> list[str]:
    """Columns that may be the readings' time, the likeliest first."""

    def unlikeliness(column: Column) -> tuple[bool, int, bool, int]:
        found = words(column.name)
        joined = "".join(found)
        if joined in _TIMES:
            rank, place = 0, _TIMES.index(joined)
        elif _BOOKKEEPING & set(found):
            rank, place = 3, 0
        else:
            rank, place = (1, 0) if _TIME_WORDS & set(found) else (2, 0)
        hypertable = table.hypertable
        is_dimension = hypertable is not None and hypertable.time_column == column.name
        return not is_dimension, rank, column.name not in table.leading_columns, place

    times = [c for c in table.columns if c.type_name == TIME_TYPE and is_settable(c.name)]
    return [column.name for column in sorted(times, key=unlikeliness)]


def _possible_ahus(columns: Sequence[Column]) -> list[str]:
    """Columns whose type an AHU's name may have; texts before numbers."""
    fitting = [c for c in columns if c.type_name in AHU_TYPES and is_settable(c.name)]
    return [column.name for column in sorted(fitting, key=lambda column: column.is_number)]


def _named_ahus(columns: Sequence[Column]) -> list[str]:
    """Columns called like an AHU's, the likeliest first."""
    ranks: dict[str, tuple[int, int]] = {}
    for name in _possible_ahus(columns):
        joined = "".join(words(name))
        for rank, (thing, id_word) in enumerate((t, i) for t in _AHUS for i in _ID_WORDS):
            # `unit` alone is what a value is measured in.
            if joined == thing + id_word and joined not in _UNITS:
                ranks[name] = (0, rank)
        if (
            name not in ranks
            and {"ahu", "ahus"} & set(words(name))
            and words(name)[-1] in {"ahu", *_ID_WORDS}
        ):
            ranks[name] = (1, 0)
    return sorted(ranks, key=lambda name: ranks[name])


def _long_columns(
    columns: Sequence[Column], taken: list[str]
) -> tuple[str | None, str | None, str]:
    """Metric, value and unit column; None, None and "" where the layout is wide."""
    free = [c for c in columns if c.name not in taken and is_settable(c.name)]
    texts = {"".join(words(c.name)): c.name for c in free if c.type_name in _TEXTS}
    metric = next((texts[name] for name in _METRICS if name in texts), None)
    numbers = [c.name for c in free if c.is_number]
    if metric is None or any(_is_measure(name) for name in numbers):
        return None, None, ""
    joined = {"".join(words(name)): name for name in numbers}
    value = next((joined[name] for name in _VALUES if name in joined), None)
    values = [name for name in numbers if words(name)[-1:] != ("id",)]
    if value is None and len(values) == 1:
        value = values[0]
    if value is None:
        return None, None, ""
    return metric, value, next((texts[name] for name in _UNITS if name in texts), "")


def _is_measure(name: str) -> bool:
    return name in _DEFAULT_NAMES or judge(name).measure is not None


def _no_time(table: TableFacts) -> AhuSqlError:
    naive = next(
        (c.name for c in table.columns if c.type_name == "timestamp without time zone"), None
    )
    if naive is None:
        hint = "Name another table: ahu-sql init --table SCHEMA.TABLE"
    else:
        quoted = '"' + naive.replace('"', '""') + '"'
        hint = (
            f"Say which zone its times are in: alter table {table.quoted} alter column {quoted} "
            f"type timestamptz using {quoted} at time zone 'Asia/Seoul'"
        )
    return AhuSqlError(
        f"{table.quoted} has no column of type {TIME_TYPE}", detail=_columns(table), hint=hint
    )


def _columns(table: TableFacts) -> str:
    if not table.columns:
        return "It has no columns."
    listed = ", ".join(f"{column.name} ({column.type_name})" for column in table.columns[:20])
    return f"Its columns are: {listed}" + (", and others." if len(table.columns) > 20 else ".")
