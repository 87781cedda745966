"""`ahu-sql doctor` and a retention policy, which the community licence alone has."""

from __future__ import annotations

from databases import Database
from doctoring import findings, paste
from in_force import LOOKBACK, add_reading, put_in_force
from plant import RAW_TABLE, plant_readings, raw_table

RETENTION = "select add_retention_policy('ahu_data.energy_readings', interval '{}')"


def test_a_policy_that_comes_before_the_refresh_is_told_until_it_has_come(
    community_database: Database,
) -> None:
    raw_table(community_database)
    plant_readings(community_database, ahus=1, days=2, minutes=60)
    put_in_force(community_database)
    community_database.execute(RETENTION.format("90 days"))
    assert told(community_database) == []
    add_reading(community_database, "2024-01-02", "AHU09")
    (message,) = told(community_database)
    assert message.endswith("after 90 days, and changes of 2024-01-02 still wait for a refresh")
    paste(community_database, [f for f in findings(community_database) if f.code == "AHU621"])
    assert told(community_database) == []


def test_a_policy_shorter_than_lookback_is_replaced(community_database: Database) -> None:
    raw_table(community_database)
    community_database.execute(RETENTION.format("7 days"))
    (message,) = told(community_database, LOOKBACK)
    assert f"drops readings of {RAW_TABLE} after 7 days" in message
    found = [f for f in findings(community_database, LOOKBACK) if f.code == "AHU621"]
    paste(community_database, found)
    assert told(community_database, LOOKBACK) == []


def told(database: Database, *assignments: str) -> list[str]:
    """Of retention."""
    return [f.message for f in findings(database, *assignments) if f.code == "AHU621"]
