"""The global order walked over hand-made leaves: positions, nodes, roots, archives."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import pytest
from tests.unit.audit.forests import Shelf, leaves, naive

from flowgov.audit.finding import Findings
from flowgov.audit.notice import Notices
from flowgov.audit.register import Register
from flowgov.audit.standing import Tombstone
from flowgov.audit.times import Times
from flowgov.audit.tree import STORED_LEVELS, Claim, Sums, Tree, TreeWalk

WIDTH = 256
MORNING = datetime(2026, 1, 5, 9, tzinfo=UTC)
Row = tuple[Any, ...]


def ts(second: int) -> str:
    return f"2026-01-05T09:{second // 60:02d}:{second % 60:02d}.000000Z"


def rows(count: int) -> list[Row]:
    """Leaves as they are stored: position, record, hash, archive; stream, seq and stamp of the record."""
    return [(idx, idx + 1, leaves()[idx], None, "org", idx + 1, ts(idx)) for idx in range(count)]


def root(size: int) -> bytes:
    return naive(leaves()[:size])


class Stored:
    """A source of leaves and nodes; a test may alter it first."""

    def __init__(self, count: int) -> None:
        shelf = Shelf(leaves()[:count])
        self.rows = rows(count)
        self.levels: dict[Any, list[tuple[Any, Any]]] = {
            level: [*enumerate(hashes)] for level, hashes in shelf.levels.items() if level
        }
        self.late: list[tuple[str, int, Any]] = []
        self.asked: list[tuple[int, int]] = []

    def leaves(self, first: int) -> Iterator[Sequence[Row]]:
        found = [row for row in self.rows if not first or row[0] >= first]
        return (found[at : at + 7] for at in range(0, len(found), 7))

    def unplaced(self) -> Iterator[Sequence[Any]]:
        return iter(self.late)

    def node_levels(self) -> Sequence[int]:
        return sorted(self.levels)

    def nodes(self, level: int, first: int) -> Iterator[tuple[Any, Any]]:
        self.asked.append((level, first))
        return (row for row in self.levels[level] if not first or row[0] >= first)

    def alter(self, idx: int, **changes: Any) -> None:
        """Another value in the row of a leaf."""
        names = ("idx", "record", "hash", "archive", "stream", "seq", "ts")
        self.rows[idx] = tuple(changes.get(name, value) for name, value in zip(names, self.rows[idx], strict=True))


class Walked:
    """What a walk comes to."""

    def __init__(
        self,
        stored: Stored,
        *claims: Claim,
        start: Tree | None = None,
        trusted: Mapping[int, datetime] | None = None,
        tombstones: Sequence[Tombstone] = (),
    ) -> None:
        self._findings, self.notices, register, self.pages = Findings(), Notices(), Register(), 0
        register.tombstones = {stone.seq: stone for stone in tombstones}
        times = Times(self._findings, self.notices, None, trusted or {})
        walk = TreeWalk(stored, register, claims, times, self._findings)
        self.sums: Sums = walk.run(start, self._between)

    def _between(self) -> None:
        self.pages += 1

    @property
    def found(self) -> list[tuple[str, Any, Any]]:
        """Code, what it is about, and where, of every finding."""
        places = ("idx", "checkpoint", "size")
        where = [next((f.params[p] for p in places if p in f.params), f.seq) for f in self._findings.kept]
        return [(f.code, f.params.get("about"), at) for f, at in zip(self._findings.kept, where, strict=True)]

    @property
    def streams(self) -> list[str | None]:
        """The chain that every finding is about."""
        return [f.stream for f in self._findings.kept]

    @property
    def told(self) -> list[Mapping[str, Any]]:
        return [f.params for f in self._findings.kept]


# --- roots ----------------------------------------------------------------------------------------------------------


def test_a_log_without_leaves_has_the_root_of_nothing() -> None:
    walked = Walked(Stored(0), Claim(0, sha256(b"").digest()))

    assert (walked.found, walked.sums.agreed, walked.sums.size) == ([], {0: None}, 0)


@pytest.mark.parametrize("size", range(1, 18))
def test_a_checkpoint_that_names_the_root_agrees(size: int) -> None:
    walked = Walked(Stored(17), Claim(size, root(size)))

    assert (walked.found, walked.sums.agreed, walked.sums.size) == ([], {size: ts(size - 1)}, 17)


def test_a_checkpoint_with_another_root_is_contradicted() -> None:
    walked = Walked(Stored(9), Claim(3, root(3)), Claim(5, root(4)), Claim(6, root(6)), Claim(8, root(9)))

    assert walked.found == [("ROOT_MISMATCH", None, 5), ("ROOT_MISMATCH", None, 8)]
    assert [said["former"] for said in walked.told] == [3, 6]
    assert walked.sums.agreed.keys() == {3, 6}


def test_the_first_checkpoint_that_is_contradicted_has_none_before_it() -> None:
    assert Walked(Stored(3), Claim(2, root(3))).told[0]["former"] == 0


def test_a_copy_that_agrees_is_no_checkpoint_of_the_database() -> None:
    walked = Walked(Stored(5), Claim(5, root(5), "usb"))

    assert (walked.found, walked.sums.agreed, walked.sums.copies_held) == ([], {}, {(5, "usb")})


def test_a_copy_that_names_another_root_shows_a_fork() -> None:
    walked = Walked(Stored(5), Claim(5, root(4), "usb"), Claim(5, root(5)))

    assert (walked.found, walked.sums.copies_held) == ([("FORKED", None, 5)], set())
    assert (walked.told[0]["place"], walked.sums.agreed.keys()) == ("usb", {5})


def test_a_copy_by_a_key_that_was_withdrawn_proves_nothing_even_where_it_agrees() -> None:
    walked = Walked(Stored(5), Claim(5, root(5), "usb", withdrawn=True))

    assert (walked.found, walked.sums.copies_held) == ([], set())


@pytest.mark.parametrize("size", [5, 6])
def test_a_copy_by_a_key_that_was_withdrawn_betrays_whoever_signs_something_else_with_it(size: int) -> None:
    walked = Walked(Stored(5), Claim(size, root(4), "usb", withdrawn=True))

    assert walked.found == [("ANCHOR_INVALID", "withdrawn", size)]
    assert walked.told[0]["place"] == "usb"


def test_a_checkpoint_beyond_the_last_leaf_shows_that_the_log_was_rolled_back() -> None:
    walked = Walked(Stored(5), Claim(6, root(6)), Claim(7, root(7), "usb"))

    assert walked.found == [("ROLLED_BACK", None, 6), ("ROLLED_BACK", "copy", 7)]
    assert [said.get("size") for said in walked.told] == [5, 5]
    assert walked.told[1]["place"] == "usb"


# --- positions ------------------------------------------------------------------------------------------------------


def test_a_missing_position_is_one_finding_and_what_follows_is_read_on() -> None:
    stored = Stored(300)
    del stored.rows[20]

    walked = Walked(stored, Claim(10, root(10)), Claim(21, root(21)), Claim(300, root(300)))

    assert walked.found[0] == ("LEAF_MISSING", "gap", 20)
    assert sorted(walked.found[1:]) == [("ROOT_MISMATCH", None, 21), ("ROOT_MISMATCH", None, 300)]
    assert (walked.sums.size, walked.sums.agreed.keys()) == (300, {10})


def test_what_was_signed_inside_a_gap_is_contradicted_for_the_log_does_not_end_there() -> None:
    stored = Stored(30)
    del stored.rows[20:25]

    walked = Walked(stored, Claim(22, root(22)), Claim(25, root(25), "usb"))

    assert walked.found == [("LEAF_MISSING", "gap", 20), ("ROOT_MISMATCH", None, 22), ("FORKED", None, 25)]


@pytest.mark.parametrize("idx", [0, 3, "x", None, True])
def test_a_position_that_comes_twice_or_is_no_number_is_out_of_sequence(idx: object) -> None:
    stored = Stored(5)
    stored.rows.insert(4, (idx, *stored.rows[4][1:]))

    walked = Walked(stored, Claim(5, root(5)))

    assert (walked.found, walked.sums.agreed.keys()) == ([("SEQUENCE_MISMATCH", None, idx)], {5})


@pytest.mark.parametrize("hash_", [None, "text", b"short", b"x" * 33])
def test_a_leaf_that_is_no_hash_is_found_and_counted_all_the_same(hash_: object) -> None:
    stored = Stored(5)
    stored.alter(2, hash=hash_)

    walked = Walked(stored, Claim(5, root(5)))

    assert walked.found == [("LEAF_MODIFIED", "hash", 2), ("ROOT_MISMATCH", None, 5)]
    assert walked.sums.size == 5


def test_a_leaf_whose_record_is_gone_is_found() -> None:
    stored = Stored(5)
    stored.alter(2, stream=None, seq=None, ts=None)

    walked = Walked(stored, Claim(5, root(5)))

    assert (walked.found, walked.sums.agreed.keys()) == ([("RECORD_MISSING", None, 2)], {5})


def test_the_lowest_position_of_a_record_that_is_gone_bounds_what_is_sealed() -> None:
    stored = Stored(5)
    stored.alter(2, stream=None)

    assert Walked(stored)._findings.lowest == 2


def test_something_may_be_done_between_two_pages() -> None:
    assert Walked(Stored(15)).pages == 3


# --- time -----------------------------------------------------------------------------------------------------------


def test_a_record_later_than_a_trusted_time_for_it_is_found() -> None:
    stored = Stored(5)
    stored.alter(2, ts="2026-01-05T10:00:00.000000Z")

    walked = Walked(stored, trusted={4: MORNING})

    assert walked.found == [("TIME_OUTSIDE_ANCHORS", None, 3)]


def test_a_record_dated_before_the_trusted_time_of_what_came_before_it_is_found() -> None:
    stored = Stored(5)
    stored.alter(4, ts="2026-01-05T07:00:00.000000Z")

    assert Walked(stored, trusted={4: MORNING}).found == [("TIME_OUTSIDE_ANCHORS", None, 5)]


def test_a_record_that_waits_for_a_position_comes_after_all_that_have_one() -> None:
    stored = Stored(5)
    stored.late = [("prj:1", 7, "2026-01-05T07:00:00.000000Z")]

    assert Walked(stored, trusted={5: MORNING}).found == [("TIME_OUTSIDE_ANCHORS", None, 7)]


@pytest.mark.parametrize("stamp", [None, 7, "2026-01-05", "2026-01-05T08:00:00Z"])
def test_what_is_no_stamp_is_not_compared(stamp: object) -> None:
    stored = Stored(5)
    stored.alter(4, ts=stamp)
    stored.late = [("prj:1", 7, stamp)]

    walked = Walked(stored, Claim(5, root(5)), trusted={4: MORNING})

    assert (walked.found, walked.sums.agreed) == ([], {5: ts(3)})


def test_a_trusted_time_inside_a_gap_bounds_what_comes_after_it() -> None:
    stored = Stored(30)
    stored.alter(27, ts="2026-01-05T07:00:00.000000Z")
    del stored.rows[20:25]

    assert ("TIME_OUTSIDE_ANCHORS", None, 28) in Walked(stored, trusted={22: MORNING}).found


# --- nodes ----------------------------------------------------------------------------------------------------------


def test_nodes_of_every_stored_level_are_built_anew() -> None:
    stored = Stored(65_537)

    walked = Walked(stored)

    assert (walked.found, [len(nodes) for nodes in stored.levels.values()]) == ([], [256, 1])


def test_the_levels_that_are_stored_are_every_eighth() -> None:
    assert STORED_LEVELS == (8, 16, 24, 32, 40, 48, 56)


@pytest.mark.parametrize("index", [0, 1, 2])
def test_an_altered_node_is_found(index: int) -> None:
    stored = Stored(3 * WIDTH)
    stored.levels[8][index] = (index, b"x" * 32)

    walked = Walked(stored)

    assert (walked.found, walked.told[0]["leaves"]) == ([("NODE_MODIFIED", None, index * WIDTH)], WIDTH)


@pytest.mark.parametrize("index", [0, 1, 2])
def test_a_missing_node_is_found_once(index: int) -> None:
    stored = Stored(3 * WIDTH)
    del stored.levels[8][index]

    walked = Walked(stored)

    assert (walked.found, walked.told[0]["leaves"]) == ([("NODE_MISSING", None, index * WIDTH)], WIDTH)


def test_a_level_without_nodes_is_missing_them_all() -> None:
    stored = Stored(2 * WIDTH)
    stored.levels.clear()

    assert Walked(stored).found == [("NODE_MISSING", None, 0), ("NODE_MISSING", None, WIDTH)]


@pytest.mark.parametrize("index", [1, 7])
def test_a_node_of_leaves_that_are_not_there_is_extra(index: int) -> None:
    stored = Stored(WIDTH)
    stored.levels[8].append((index, b"x" * 32))

    walked = Walked(stored)

    assert (walked.found, walked.told[0]["leaves"]) == ([("NODE_MODIFIED", "extra", index * WIDTH)], WIDTH)


@pytest.mark.parametrize(("index", "where"), [("x", 0), (None, 0), (0, 0), (-1, -WIDTH)])
def test_a_node_at_no_place_of_its_own_is_extra_and_the_others_are_compared_all_the_same(
    index: object, where: int
) -> None:
    stored = Stored(2 * WIDTH)
    stored.levels[8].insert(1, (index, b"x" * 32))

    assert Walked(stored).found == [("NODE_MODIFIED", "extra", where)]


@pytest.mark.parametrize("level", [1, 7, 9, 64])
def test_a_level_that_is_not_stored_is_extra(level: int) -> None:
    stored = Stored(WIDTH)
    stored.levels[level] = [(0, b"x" * 32)]

    walked = Walked(stored)

    assert (walked.found, walked.told[0]["leaves"]) == ([("NODE_MODIFIED", "extra", 0)], 0)


def test_after_a_gap_no_node_is_compared_any_more() -> None:
    stored = Stored(2 * WIDTH)
    del stored.rows[WIDTH + 3]
    stored.levels[8][1] = (1, b"x" * 32)

    assert Walked(stored).found == [("LEAF_MISSING", "gap", WIDTH + 3)]


# --- from a checkpoint on -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 6, 255, 256, 300])
def test_a_walk_from_a_checkpoint_on_comes_to_the_same_roots(size: int) -> None:
    stored = Stored(600)
    start = Tree()
    for leaf in leaves()[:size]:
        start.push(leaf)

    walked = Walked(stored, Claim(size, root(size)), Claim(600, root(600)), start=start)

    assert (walked.found, walked.sums.agreed) == ([], {size: None, 600: ts(599)})
    assert stored.asked == [(8, size // WIDTH)]


def test_a_tree_resumes_from_the_roots_of_its_complete_subtrees() -> None:
    halves = [naive(leaves()[:4]), naive(leaves()[4:6])]

    tree = Tree(6, halves)
    tree.push(leaves()[6])

    assert (tree.size, tree.root()) == (7, root(7))


@pytest.mark.parametrize("hashes", [0, 1, 3])
def test_a_tree_resumes_with_one_hash_for_each_complete_subtree(hashes: int) -> None:
    with pytest.raises(AssertionError, match="one hash for each"):
        Tree(6, [b"x" * 32] * hashes)


# --- archives -------------------------------------------------------------------------------------------------------


def buried(*places: int, count: int = 8) -> Stored:
    """A log whose leaves at these places belong to the archive of record 4."""
    stored = Stored(count)
    for place in places:
        stored.alter(place, archive=4, stream=None, seq=None, ts=None)
    return stored


def stone(*places: int, **changes: Any) -> Tombstone:
    """The record of the archive that holds the leaves at these places."""
    hashes = [leaves()[place] for place in places]
    said: dict[str, Any] = {"seq": 4, "file": "", "count": len(places), "root": naive(hashes).hex(), "projects": 1}
    return Tombstone(**{**said, **changes})


def test_leaves_of_an_archive_need_no_record() -> None:
    walked = Walked(buried(1, 2, 5), Claim(8, root(8)), tombstones=[stone(1, 2, 5)])

    assert (walked.found, walked.sums.archived, walked.sums.agreed) == ([], 3, {8: ts(7)})


def test_a_record_that_is_in_an_archive_and_here_is_found() -> None:
    stored = buried(1, 2)
    stored.alter(2, stream="prj:1", seq=9)

    assert Walked(stored, tombstones=[stone(1, 2)]).found == [("ARCHIVE_MISMATCH", "records", 9)]


def test_an_archive_with_another_number_of_leaves_than_its_record_says_is_found() -> None:
    walked = Walked(buried(1, 2), tombstones=[stone(1, 2, 5)])

    assert walked.found == [("ARCHIVE_MISMATCH", "count", 4)]
    assert (walked.told[0]["found"], walked.told[0]["count"]) == (2, 3)
    assert walked.streams == ["org"]


def test_an_archive_of_which_no_leaf_is_left_is_found() -> None:
    assert Walked(Stored(8), tombstones=[stone(1, 2)]).told[0] == {"about": "count", "found": 0, "count": 2}


def test_an_archive_of_other_leaves_than_its_record_says_is_found() -> None:
    walked = Walked(buried(1, 2), tombstones=[stone(1, 3)])

    assert (walked.found, walked.streams) == ([("ROOT_MISMATCH", "archive", 4)], ["org"])


def test_a_leaf_of_an_archive_that_no_record_describes_is_found() -> None:
    assert Walked(buried(1, 2)).found == [("ARCHIVE_MISMATCH", "leaf", "4")]


def test_leaves_of_an_archive_that_lie_before_the_start_are_not_missed() -> None:
    start = Tree(2, [naive(leaves()[:2])])

    assert Walked(buried(1, 2), start=start, tombstones=[stone(1, 2)]).found == []


@pytest.mark.parametrize("said", [1, 2])
def test_leaves_of_an_archive_that_all_come_after_the_start_are_compared(said: int) -> None:
    start = Tree(2, [naive(leaves()[:2])])
    wrong = stone(3, 4) if said == 1 else stone(2, 5, 6, count=1)

    assert [code for code, *_ in Walked(buried(2, 5), start=start, tombstones=[wrong]).found] != []
