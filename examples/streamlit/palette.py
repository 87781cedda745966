"""What is called and coloured how: one colour per medium, on every chart and in both themes."""

from __future__ import annotations

STEAM, COLD_WATER, ELECTRICITY = "#e4572e", "#2a78d6", "#eda100"
UNKNOWN = "#8a919c"

# the views' columns, in the order in which they are stacked
COSTS = {
    "steam_cost": "Steam",
    "cold_water_cost": "Cold water",
    "electricity_cost": "Electricity",
}
TOTAL = {"total_cost": "Total"}
COILS = {
    "hcv_kwh": "HCV",
    "dh_hcv_kwh": "DH_HCV",
    "ccv_kwh": "CCV",
    "pc_ccv_kwh": "PC_CCV",
    "electricity_kwh": "Electricity",
}

# coils are shades of their medium
COLOURS = {
    "Steam": STEAM,
    "Cold water": COLD_WATER,
    "Electricity": ELECTRICITY,
    "HCV": STEAM,
    "DH_HCV": "#f5a58c",
    "CCV": COLD_WATER,
    "PC_CCV": "#8fbdf0",
    "Total": "#8465d6",
}


def shade(label: str, opacity: float) -> str:
    """A label's colour, so thin that either theme's background shows through."""
    red, green, blue = (int(COLOURS[label][place : place + 2], 16) for place in (1, 3, 5))
    return f"rgba({red}, {green}, {blue}, {opacity})"


def compact(number: float) -> str:
    """A number for a headline: 12.3 M."""
    for size, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(number) >= size:
            return f"{number / size:,.3g} {unit}" if abs(number) < size * 1000 else f"{number:,.0f}"
    return f"{number:,.3g}"
