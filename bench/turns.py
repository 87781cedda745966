"""Contenders one after the other, and in the next round another one first."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping


def in_turn(ways: Mapping[str, Callable[[], float]], number: int) -> Iterator[tuple[str, float]]:
    """Runs each way; by its name what it answers. number: of the round."""
    names = [*ways]
    first = number % len(names)
    for name in names[first:] + names[:first]:
        yield name, ways[name]()
