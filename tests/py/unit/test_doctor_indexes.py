"""Which indexes serve, and the way to those that are missing: from bare facts."""

from __future__ import annotations

from typing import Any

import pytest

from ahu_sql.doctor.facts import Index, RawTable, Relation
from ahu_sql.doctor.indexes import Need, gap, leftovers, needs, plan
from ahu_sql.settings import Source

TIME, KEYS = needs(Source(), "text")
QUOTED = {"timestamp": '"timestamp"', "ahu_id": "ahu_id"}


def relation(oid: int, name: str, kind: str = "r", parent: int | None = None) -> Relation:
    return Relation(oid, f"s.{name}", "s", "s", name, kind, parent)


def index(table: int, *columns: str | None, **facts: Any) -> Index:
    known = {
        "oid": 900,
        "name": "s.i",
        "method": "btree",
        "is_unique": False,
        "is_valid": True,
        "is_partial": False,
        "is_plain": True,
    }
    return Index(table=table, columns=columns, **(known | facts))


def raw(*relations: Relation, indexes: tuple[Index, ...] = (), **facts: Any) -> RawTable:
    known: dict[str, Any] = {
        "is_hypertable": False,
        "owner": "plant",
        "may_change": True,
        "quoted": QUOTED,
    }
    return RawTable(relations or (relation(1, "r"),), indexes, **(known | facts))


def steps(table: RawTable, need: Need) -> list[str]:
    return [step.statement for step in plan(table, need)]


class TestWhatServes:
    @pytest.mark.parametrize(
        ("one", "serves"),
        [
            (index(1, "timestamp"), {"AHU601"}),
            (index(1, "timestamp", method="brin", is_plain=False), {"AHU601"}),
            (index(1, "timestamp", method="hash", is_plain=False), set()),
            (index(1, "timestamp", "ahu_id", is_unique=True), {"AHU601", "AHU602"}),
            (index(1, "ahu_id", "timestamp"), {"AHU602"}),
            (index(1, "ahu_id", "timestamp", "value"), {"AHU602"}),
            (index(1, "ahu_id", "value", "timestamp"), set()),
            (index(1, "ahu_id", "timestamp", method="brin", is_plain=False), set()),
            (index(1, None, "timestamp", is_plain=False), set()),
            (index(1, "timestamp", "ahu_id", is_valid=False), set()),
            (index(1, "timestamp", "ahu_id", is_partial=True), set()),
        ],
    )
    def test_by_its_first_columns(self, one: Index, serves: set[str]) -> None:
        table = raw(indexes=(one,))
        assert {n.code for n in (TIME, KEYS) if not gap(table, n).is_there} == serves

    @pytest.mark.parametrize("ahu_type", ["integer", "uuid", "character", "name"])
    def test_no_index_of_ahus_is_asked_for_that_none_of_our_queries_can_use(
        self, ahu_type: str
    ) -> None:
        assert [need.code for need in needs(Source(), ahu_type)] == ["AHU601"]


class TestAnOrdinaryTable:
    def test_is_indexed_concurrently(self) -> None:
        assert steps(raw(), TIME) == [
            'create index concurrently r_timestamp_idx on s.r ("timestamp");'
        ]
        assert steps(raw(indexes=(index(1, "timestamp"),)), TIME) == []

    def test_a_name_that_is_taken_is_not_taken_again(self) -> None:
        names = frozenset({("s", "r_timestamp_idx"), ("s", "r_timestamp_idx1")})
        assert " r_timestamp_idx2 on " in steps(raw(names=names), TIME)[0]

    def test_names_are_as_long_as_they_may_be_and_quoted_where_they_must(self) -> None:
        name = "Größe" * 20
        long = raw(Relation(1, f's."{name}"', "s", "s", name, "r", None))
        built = steps(long, KEYS)[0].split('"')[1]
        assert len(built.encode()) in (62, 63)
        assert built.startswith("Größe") and built.endswith("_ahu_id_timestamp_idx")

    def test_what_an_interrupted_build_has_left_goes_first(self) -> None:
        left = index(1, "timestamp", is_valid=False, name="s.left")
        assert steps(raw(indexes=(left,)), TIME)[0] == "drop index concurrently s.left;"
        # Even where another serves; a unique one is somebody's wish, and stays.
        other = index(1, "timestamp", oid=901)
        assert steps(raw(indexes=(left, other)), TIME) == ["drop index concurrently s.left;"]
        unique = index(1, "timestamp", is_valid=False, is_unique=True)
        assert leftovers(raw(indexes=(unique,)), TIME) == []

    def test_what_somebody_builds_now_is_waited_for(self) -> None:
        building = index(1, "timestamp", is_valid=False, is_building=True)
        assert steps(raw(indexes=(building,)), TIME) == []
        assert gap(raw(indexes=(building,)), TIME).is_there


class TestAPartitionedTable:
    ROOT, ONE, TWO = relation(1, "r", "p"), relation(2, "a", parent=1), relation(3, "b", parent=1)

    def test_gets_it_for_itself_and_each_partition_concurrently(self) -> None:
        table = raw(self.ROOT, self.ONE, self.TWO)
        assert steps(table, TIME) == [
            'create index r_timestamp_idx on only s.r ("timestamp");',
            'create index concurrently a_timestamp_idx on s.a ("timestamp");',
            "alter index s.r_timestamp_idx attach partition s.a_timestamp_idx;",
            'create index concurrently b_timestamp_idx on s.b ("timestamp");',
            "alter index s.r_timestamp_idx attach partition s.b_timestamp_idx;",
        ]
        assert [step.is_brief for step in plan(table, TIME)] == [True, False, True, False, True]

    def test_that_was_cut_short_is_completed_and_not_begun_anew(self) -> None:
        mine = index(1, "timestamp", oid=10, name="s.mine", is_valid=False)
        done = index(2, "timestamp", oid=11, name="s.done", parent=10)
        left = index(3, "timestamp", oid=12, name="s.left", is_valid=False)
        table = raw(self.ROOT, self.ONE, self.TWO, indexes=(mine, done, left))
        assert steps(table, TIME) == [
            "drop index concurrently s.left;",
            'create index concurrently b_timestamp_idx on s.b ("timestamp");',
            "alter index s.mine attach partition s.b_timestamp_idx;",
        ]

    def test_indexes_that_partitions_have_are_attached_if_they_are_the_same(self) -> None:
        fits = index(2, "timestamp", oid=11, name="s.fits")
        unique = index(3, "timestamp", oid=12, name="s.key", is_unique=True)
        table = raw(self.ROOT, self.ONE, self.TWO, indexes=(fits, unique))
        assert gap(table, TIME).leaves == ()
        assert steps(table, TIME) == [
            'create index r_timestamp_idx on only s.r ("timestamp");',
            "alter index s.r_timestamp_idx attach partition s.fits;",
            'create index concurrently b_timestamp_idx on s.b ("timestamp");',
            "alter index s.r_timestamp_idx attach partition s.b_timestamp_idx;",
        ]

    def test_of_partitions_is_attached_from_below(self) -> None:
        below = relation(4, "c", parent=3)
        table = raw(self.ROOT, self.ONE, relation(3, "b", "p", 1), below)
        assert steps(table, TIME)[3:] == [
            'create index b_timestamp_idx on only s.b ("timestamp");',
            'create index concurrently c_timestamp_idx on s.c ("timestamp");',
            "alter index s.b_timestamp_idx attach partition s.c_timestamp_idx;",
            "alter index s.r_timestamp_idx attach partition s.b_timestamp_idx;",
        ]

    def test_with_a_part_on_another_server_is_indexed_part_by_part(self) -> None:
        table = raw(self.ROOT, self.ONE, relation(3, "b", "f", 1))
        assert steps(table, TIME) == [
            'create index concurrently a_timestamp_idx on s.a ("timestamp");'
        ]


class TestAHypertable:
    ROOT, ONE, TWO = relation(1, "r"), relation(2, "c1", parent=1), relation(3, "c2", parent=1)

    def hypertable(self, *indexes: Index) -> RawTable:
        return raw(self.ROOT, self.ONE, self.TWO, indexes=indexes, is_hypertable=True)

    def test_gets_it_for_chunks_to_come_and_each_chunk_concurrently(self) -> None:
        assert steps(self.hypertable(), KEYS) == [
            'create index r_ahu_id_timestamp_idx on only s.r (ahu_id, "timestamp");',
            'create index concurrently c1_ahu_id_timestamp_idx on s.c1 (ahu_id, "timestamp");',
            'create index concurrently c2_ahu_id_timestamp_idx on s.c2 (ahu_id, "timestamp");',
        ]

    def test_that_was_cut_short_goes_on_at_the_chunk(self) -> None:
        mine, done = index(1, "timestamp"), index(2, "timestamp", oid=901)
        assert steps(self.hypertable(mine, done), TIME) == [
            'create index concurrently c2_timestamp_idx on s.c2 ("timestamp");'
        ]

    def test_whose_own_way_was_cut_short_loses_it_for_a_moment(self) -> None:
        invalid = index(1, "timestamp", name="s.tried", is_valid=False)
        (first, *_) = plan(self.hypertable(invalid), TIME)
        assert (first.statement, first.is_brief) == ("drop index s.tried;", True)
