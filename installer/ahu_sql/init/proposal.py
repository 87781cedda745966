"""What settings a surveyed table suggests: a pure function of the facts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ahu_sql.init.column_roles import Roles
from ahu_sql.init.measure_names import Verdict, currency_of, fits_unit, judge
from ahu_sql.init.metric_sample import Metric, Sample
from ahu_sql.init.server_address import ServerAddress
from ahu_sql.init.server_zone import ServerZone
from ahu_sql.init.survey import TableFacts, is_settable
from ahu_sql.settings import DEFAULT_MEASURES, Pgbouncer, Refresh, Settings, Source

MEASURE_OF_DEFAULT = {
    name: measure for measure, names in DEFAULT_MEASURES.items() for name in names
}


@dataclass(frozen=True)
class Proposal:
    """Settings, and what they were made from.

    by_name: columns or metrics that are in a measure because of what their names say.
    doubtful: those left out although they may belong to one, and why. refused: those of a type that
    is no exact number, with the type. unmapped: the other numbers, which are no measures. units:
    the units of metrics that are to be converted to kWh. zone: where the time zone comes from;
    None: it is the default. address: where the server is, for pgbouncer.
    """

    settings: Settings
    table: TableFacts
    roles: Roles
    sample: Sample | None
    zone: ServerZone | None
    address: ServerAddress = field(default_factory=ServerAddress)
    by_name: frozenset[str] = frozenset()
    doubtful: Mapping[str, str] = field(default_factory=dict)
    refused: Mapping[str, str] = field(default_factory=dict)
    unmapped: tuple[str, ...] = ()
    units: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def empty_measures(self) -> tuple[str, ...]:
        """Measures for which nothing was found."""
        return tuple(name for name, found in self.settings.measures.items() if not found)


def propose(
    table: TableFacts,
    roles: Roles,
    sample: Sample | None,
    zone: ServerZone | None,
    *,
    database: str,
    address: ServerAddress,
) -> Proposal:
    """The settings for one table. sample: of its metrics, in the long layout only."""
    found = list(sample.metrics) if sample else _columns(table, roles)
    inputs = [metric for metric in found if is_settable(metric.name)]
    types = {column.name: column.type_name for column in table.columns if not column.is_exact}
    verdicts = {metric.name: _verdict(metric) for metric in inputs}
    if roles.value_column is not None:
        refused = {name: types[name] for name in (roles.value_column,) if name in types}
    else:
        refused = {
            name: types[name] for name, said in verdicts.items() if name in types and said.measure
        }
        verdicts = {name: said for name, said in verdicts.items() if name not in refused}
    doubtful = {name: said.doubt for name, said in verdicts.items() if said.doubt}
    doubtful |= {
        metric.name: "settings take no blank names and no control characters"
        for metric in found
        if not is_settable(metric.name)
    }
    mapped = {name: said.measure for name, said in verdicts.items() if said.measure}
    doubtful |= _other_currencies(inputs, mapped)
    mapped = {name: measure for name, measure in mapped.items() if name not in doubtful}
    return Proposal(
        settings=Settings(
            source=_source(table, roles, zone),
            measures={
                measure: _in_order(measure, (n for n, m in mapped.items() if m == measure))
                for measure in DEFAULT_MEASURES
            },
            refresh=_refresh(table),
            pgbouncer=Pgbouncer(
                server_host=address.host,
                server_port=address.port,
                database=database if is_settable(database) else Pgbouncer.database,
            ),
        ),
        table=table,
        roles=roles,
        sample=sample,
        zone=zone,
        address=address,
        by_name=frozenset(name for name in mapped if name not in MEASURE_OF_DEFAULT),
        doubtful=doubtful,
        refused=refused,
        unmapped=tuple(name for name, said in verdicts.items() if said == Verdict()),
        units={
            metric.name: metric.units
            for metric in inputs
            if mapped.get(metric.name, "").endswith("_kwh")
            and any(unit.lower() != "kwh" for unit in metric.units)
        },
    )


def _columns(table: TableFacts, roles: Roles) -> list[Metric]:
    """The columns of numbers, as metrics whose units nobody told."""
    return [
        Metric(column.name)
        for column in table.columns
        if column.is_number and column.name != roles.ahu_column
    ]


def _verdict(metric: Metric) -> Verdict:
    """Where a metric belongs: the plant's own names first, then what name and units say."""
    measure = MEASURE_OF_DEFAULT.get(metric.name)
    if measure is not None:
        odd = [unit for unit in metric.units if not fits_unit(measure, unit)]
        verdict = Verdict(doubt=f"its unit is {odd[0]}") if odd else Verdict(measure)
    else:
        said = {judge(metric.name, unit) for unit in metric.units or ("",)}
        verdict = said.pop()
        if said:
            return Verdict(doubt="it comes in " + ", ".join(metric.units))
    currencies = {currency_of("", unit) for unit in metric.units} - {None}
    if verdict.measure and len(currencies) > 1:
        return Verdict(doubt="it comes in " + ", ".join(metric.units))
    return verdict


def _other_currencies(inputs: Iterable[Metric], mapped: Mapping[str, str]) -> dict[str, str]:
    """Costs in another currency than most are: they cannot be added to those."""
    named = {
        metric.name: currency
        for metric in inputs
        if mapped.get(metric.name, "").endswith("_cost")
        and (currency := currency_of(metric.name, " ".join(metric.units)))
    }
    if not named:
        return {}
    most = Counter(named.values()).most_common(1)[0][0]
    return {
        name: f"in {currency}, where others are in {most}"
        for name, currency in named.items()
        if currency != most
    }


def _in_order(measure: str, names: Iterable[str]) -> tuple[str, ...]:
    """The plant's own names in their order, then the others in theirs."""
    found = list(names)
    own = [name for name in DEFAULT_MEASURES[measure] if name in found]
    return (*own, *(name for name in found if name not in own))


def _source(table: TableFacts, roles: Roles, zone: ServerZone | None) -> Source:
    default = Source()
    is_long = roles.is_long
    return Source(
        table=table.quoted,
        time_column=roles.time_column,
        ahu_column=roles.ahu_column,
        time_zone=zone.name if zone else default.time_zone,
        layout="long" if is_long else "wide",
        metric_column=roles.metric_column or default.metric_column,
        value_column=roles.value_column or default.value_column,
        unit_column=roles.unit_column if is_long else default.unit_column,
    )


def _refresh(table: TableFacts) -> Refresh:
    hypertable = table.hypertable
    if hypertable is not None and not hypertable.shows_transition_tables:
        return Refresh(tracking="lookback")
    return Refresh()
