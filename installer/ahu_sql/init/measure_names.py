"""What a column's or metric's name says about the measure it belongs to: rules on words, pure."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass


def set_of(text: str) -> frozenset[str]:
    """The words of a text that is nothing but words."""
    return frozenset(text.split())


CURRENCIES = set_of("krw won usd eur gbp jpy cny chf cad aud sgd inr twd")
_SYMBOLS = {"₩": "krw", "원": "krw", "$": "usd", "€": "eur", "£": "gbp", "won": "krw"}

KWH_UNITS = set_of("wh kwh mwh gwh")
"""Units of a reading, in lower case, that _ahu.kwh_per_unit converts to kWh."""

_COST = set_of("cost costs charge charges expense expenses bill")
_OTHER_ENERGY = set_of("wh mwh gwh kj mj gj kcal mcal gcal btu kbtu mbtu mmbtu therm therms")
_ENERGY = set_of("energy consumption usage consumed")
_PER_UNIT = set_of("per rate tariff ratio factor percent pct capacity efficiency intensity share")
_DERIVED = {
    "may add up other columns": set_of("total sum overall all"),
    "may be a counter that only grows": set_of(
        "cumulative cum cumulated accumulated acc counter meter index"
    ),
    "may be a statistic": set_of("avg average mean minimum maximum max median std"),
    "may not be measured": set_of(
        "forecast predicted prediction target budget baseline planned saved saving savings expected"
    ),
}
"""Words of numbers that may not be added up, by the reason."""

_HEAT = set_of("hcv steam heating heat hotwater hhw reheat preheat")
_COOL = set_of("ccv coldwater chilledwater chw cooling cool precool precooling precooler")
_ELECTRICITY = set_of(
    "electricity electric electrical elec el power fan fans sf ef rf motor supplyfan"
)
_FAMILIES = {"steam": _HEAT, "cold water": _COOL, "electricity": _ELECTRICITY}
_COST_MEASURES = {
    "steam": "steam_cost",
    "cold water": "cold_water_cost",
    "electricity": "electricity_cost",
}
_DRY = set_of("dh dehumidifier dehumidification dehumid desiccant regeneration regen")
_PRE = set_of("pc precool precooling precooler")
_HUMID = set_of("humidifier humidification")

_UNIT_WORDS = re.compile(r"(?i)([kmg]wh)")
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z][a-z]*|[a-z]+|\d+|[^\W\d_A-Za-z]+|[$€£₩]")


@dataclass(frozen=True)
class Verdict:
    """measure: where the values belong. doubt: why they were left out, where they could belong to
    some measure. Neither: they are nothing that is added up."""

    measure: str | None = None
    doubt: str | None = None


def words(name: str) -> tuple[str, ...]:
    """The words of a name in lower case: `dhHcvKWh`, `DH_HCV_kWh` and `dh hcv kwh` say the same."""
    found = _WORD.findall(_UNIT_WORDS.sub(r"_\1_", _lower_units(name)))
    return tuple(_SYMBOLS.get(word.lower(), word.lower()) for word in found)


def _lower_units(name: str) -> str:
    return _UNIT_WORDS.sub(lambda match: match[0].lower(), name)


def currency_of(name: str, unit: str = "") -> str | None:
    """The currency that a name or its unit names, such as `krw`; None: neither does."""
    return next((word for word in (*words(unit), *words(name)) if word in CURRENCIES), None)


def judge(name: str, unit: str = "") -> Verdict:
    """Where values of this name belong.

    unit: what the data says about them (long layout); empty: nothing, so the name must say it.
    """
    said = _with_pairs(words(name))
    families = [family for family, known in _FAMILIES.items() if said & known]
    if _is_per_unit(said):
        return Verdict()
    amount = _amount_of_unit(unit) if unit.strip() else _amount(said)
    if unit.strip() and amount != _amount(said) and _amount(said) not in (None, "energy", "price"):
        # The name says one thing, the unit another.
        return Verdict(doubt=f"its unit is {unit.strip()}")
    match amount:
        case "kwh" | "cost":
            return _measure(amount, families, said)
        case "both":
            return Verdict(doubt="kWh, or their cost?")
        case "energy" if families:
            return Verdict(doubt=_not_in_kwh(said, unit))
        case "price" if families:
            return Verdict(doubt="a cost, or a price per unit?")
        case _:
            return Verdict()


def fits_unit(measure: str, unit: str) -> bool:
    """Whether values in this unit may be added up in a measure: kWh are, and what can be converted
    to them; money in any one currency."""
    if not unit.strip():
        return True
    return _amount_of_unit(unit) == ("kwh" if measure.endswith("_kwh") else "cost")


def _measure(amount: str, families: list[str], said: set[str]) -> Verdict:
    if doubts := [why for why, known in _DERIVED.items() if said & known]:
        return Verdict(doubt=doubts[0])
    if len(families) != 1:
        return Verdict(doubt=" or ".join(families) + "?" if families else "of what?")
    if amount == "cost":
        return Verdict(_COST_MEASURES[families[0]])
    return _kwh_measure(families[0], said)


def _kwh_measure(family: str, said: set[str]) -> Verdict:
    dry, pre = bool(said & _DRY), bool(said & _PRE)
    if family == "electricity":
        return Verdict("electricity_kwh")
    if family == "cold water":
        if dry:
            return Verdict(doubt="ccv_kwh or pc_ccv_kwh?")
        return Verdict("pc_ccv_kwh" if pre else "ccv_kwh")
    # DH without the name of the coil or its steam may as well be district heating.
    unsure = dry and not (said & _DRY - {"dh"} or said & {"hcv", "steam"})
    if unsure or pre or said & _HUMID:
        return Verdict(doubt="hcv_kwh or dh_hcv_kwh?")
    return Verdict("dh_hcv_kwh" if dry else "hcv_kwh")


def _amount(said: set[str]) -> str | None:
    """What kind of number words speak of: kwh, cost, one that may be either (both, price), energy
    in another unit or in none; None: no measure, such as a price per kWh."""
    kwh, cost, money = "kwh" in said, bool(said & _COST), bool(said & CURRENCIES)
    if _is_per_unit(said):
        return None
    if kwh and cost:
        return "both"
    if "price" in said and not cost:
        return "price"
    if cost or money:
        return "cost"
    if kwh:
        return "kwh"
    return "energy" if said & (_OTHER_ENERGY | _ENERGY) else None


def _is_per_unit(said: set[str]) -> bool:
    """Whether words speak of a price or of something else that is not added up."""
    if said & _PER_UNIT or ("price" in said and "unit" in said):
        return True
    return "kwh" in said and bool(said & CURRENCIES) and not said & _COST


def _amount_of_unit(unit: str) -> str | None:
    if unit.strip().lower() in KWH_UNITS:
        return "kwh"
    amount = _amount(set(words(unit)))
    return "energy" if amount == "kwh" else amount


def _not_in_kwh(said: set[str], unit: str) -> str:
    if unit.strip():
        return f"its unit is {unit.strip()}"
    named = sorted(said & _OTHER_ENERGY)
    return f"in {named[0]}, not in kWh" if named else "its name does not say the unit"


def _with_pairs(found: tuple[str, ...]) -> set[str]:
    """The words, and each two neighbours as one: `cold`, `water`, `coldwater`."""
    return {*found, *(a + b for a, b in itertools.pairwise(found))}
