"""The tree grows, gives its root and proves things about itself; RFC 9162, section 2.1, is what it must be."""

from __future__ import annotations

from functools import cache
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from tests.unit.audit.forests import EXAMPLE, LARGEST, WIDTH, Shelf, leaves, naive

from flowgov.audit.hashing import EMPTY_ROOT, leaf_digest, leaf_hash, node_hash
from flowgov.audit.merkle import consistency, grow, inclusion, root, root_of, subtrees
from flowgov.audit.proof import Frontier, root_from_inclusion, verify_consistency, verify_inclusion

ROOTS = (
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)
"""Published roots of the example tree, at the sizes 1 to 8."""
AROUND = (255, 256, 257, 511, 512, 513, 65_279, 65_280, 65_535, 65_536, 65_537)
"""Sizes where a node of a stored level has just become, or just not yet become, complete."""
SIZES = some.one_of(some.integers(1, 600), some.sampled_from(AROUND), some.integers(1, LARGEST))


@cache
def forest() -> Shelf:
    return Shelf(leaves())


@cache
def naive_root(size: int) -> bytes:
    return naive(leaves()[:size])


# --- hashes ----------------------------------------------------------------------------------------------------


def test_t31_hash_ambiguity_a_leaf_cannot_pass_for_a_node() -> None:
    left, right = leaf_digest(b"left"), leaf_digest(b"right")

    assert leaf_digest(left + right) != node_hash(left, right)


def test_the_hash_of_a_leaf_is_the_link_of_the_chains() -> None:
    assert leaf_digest(b"{}").hex() == leaf_hash(b"{}") == sha256(b"\x00{}").hexdigest()


# --- roots -----------------------------------------------------------------------------------------------------


def test_a_tree_without_leaves_has_the_hash_of_nothing() -> None:
    published = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

    assert root(0, Shelf().nodes) == Frontier().root() == EMPTY_ROOT == bytes.fromhex(published)


@pytest.mark.parametrize("size", range(1, 9))
def test_the_example_tree_has_the_published_roots(size: int) -> None:
    hashes = [leaf_digest(entry) for entry in EXAMPLE[:size]]

    assert root(size, Shelf(hashes).nodes).hex() == ROOTS[size - 1]


@pytest.mark.parametrize("size", [*range(1, 70), *AROUND])
def test_the_root_is_the_one_the_standard_defines(size: int) -> None:
    assert root(size, forest().nodes) == naive_root(size)


@pytest.mark.parametrize("size", AROUND)
def test_the_root_takes_one_read_for_each_stored_level(size: int) -> None:
    shelf = Shelf(leaves()[:size])
    shelf.reads.clear()

    root(size, shelf.nodes)

    levels = [level for level, _, _ in shelf.reads]
    assert levels == sorted(set(levels))


def test_older_roots_can_be_had_from_a_tree_that_has_grown() -> None:
    old = Shelf(leaves()[:300])

    assert root(300, forest().nodes) == root(300, old.nodes)


# --- growing ---------------------------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None, derandomize=True)
@given(some.lists(some.integers(0, 700), max_size=8))
def test_growing_in_pieces_gives_the_same_nodes_as_growing_at_once(pieces: list[int]) -> None:
    shelf, size = Shelf(), 0
    for piece in pieces:
        shelf.append(leaves()[size : size + piece])
        size += piece

    runs = [leaves()[at : at + WIDTH] for at in range(0, size - WIDTH + 1, WIDTH)]
    assert shelf.levels.get(8, []) == [naive(run) for run in runs] == Shelf(leaves()[:size]).levels.get(8, [])


@pytest.mark.parametrize("first", [1, 65_279, 65_280, 65_535, 65_536])
def test_a_node_of_the_second_stored_level_comes_with_the_leaf_that_completes_it(first: int) -> None:
    shelf = Shelf(leaves()[:first])

    shelf.append(leaves()[first:65_537])

    assert shelf.levels[16] == [naive_root(65_536)]


def test_one_leaf_can_complete_nodes_of_several_levels() -> None:
    shelf = Shelf(leaves()[:65_535])

    grown = shelf.append(leaves()[65_535:65_536])

    assert grown == [(8, 255, naive(leaves()[65_280:65_536])), (16, 0, naive_root(65_536))]


@pytest.mark.parametrize(
    ("size", "added", "reads"),
    [
        (0, 0, []),
        (255, 0, []),
        (0, 255, []),
        (10, 245, []),
        (0, 256, []),
        (256, 255, []),
        (255, 1, [(0, 0, 255)]),
        (300, 212, [(0, 256, 44)]),
        (65_535, 1, [(0, 65_280, 255), (8, 0, 255)]),
    ],
)
def test_an_append_reads_only_where_a_node_becomes_complete(
    size: int, added: int, reads: list[tuple[int, int, int]]
) -> None:
    shelf = Shelf(leaves()[:size])
    shelf.reads.clear()

    shelf.append(leaves()[size : size + added])

    assert shelf.reads == reads


def test_nothing_is_stored_before_256_leaves_are_there() -> None:
    assert grow(0, leaves()[:255], Shelf().nodes) == []


# --- proofs, as they are made ----------------------------------------------------------------------------------


@cache
def lettered() -> tuple[Shelf, dict[bytes, str]]:
    """The tree of seven leaves that RFC 9162, section 2.1.5, draws, and the letters of its nodes."""
    names = "abcdefj"
    hashes = [leaf_digest(name.encode()) for name in names]
    a, b, c, d, e, f, j = hashes
    g, h, i = node_hash(a, b), node_hash(c, d), node_hash(e, f)
    letters = {**dict(zip(hashes, names, strict=True)), g: "g", h: "h", i: "i"}
    return Shelf(hashes), letters | {node_hash(g, h): "k", node_hash(i, j): "l"}


@pytest.mark.parametrize(("index", "path"), [(0, "bhl"), (3, "cgl"), (4, "fjk"), (6, "ik")])
def test_the_paths_are_those_of_the_standards_example(index: int, path: str) -> None:
    shelf, letters = lettered()

    assert "".join(letters[hash_] for hash_ in inclusion(index, 7, shelf.nodes)) == path


@pytest.mark.parametrize(("old", "path"), [(3, "cdgl"), (4, "l"), (6, "ijk")])
def test_the_consistency_proofs_are_those_of_the_standards_example(old: int, path: str) -> None:
    shelf, letters = lettered()

    assert "".join(letters[hash_] for hash_ in consistency(old, 7, shelf.nodes)) == path


def test_the_consistency_proof_of_the_example_tree_is_the_published_one() -> None:
    shelf = Shelf([leaf_digest(entry) for entry in EXAMPLE])

    assert [hash_.hex() for hash_ in consistency(6, 8, shelf.nodes)] == [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]


@pytest.mark.parametrize(("old", "new"), [(0, 0), (0, 5), (5, 5)])
def test_nothing_is_proved_where_nothing_was_added_or_nothing_was_there(old: int, new: int) -> None:
    assert consistency(old, new, forest().nodes) == []


@pytest.mark.parametrize(("index", "size"), [(-1, 5), (5, 5), (0, 0)])
def test_only_a_leaf_of_the_tree_is_proved_to_be_in_it(index: int, size: int) -> None:
    with pytest.raises(AssertionError, match="only a leaf of the tree"):
        inclusion(index, size, forest().nodes)


@pytest.mark.parametrize(("old", "new"), [(-1, 5), (6, 5)])
def test_a_tree_is_not_proved_to_begin_with_a_larger_one(old: int, new: int) -> None:
    with pytest.raises(AssertionError, match="only consistent with a later one"):
        consistency(old, new, forest().nodes)


def test_a_tree_has_no_negative_size() -> None:
    with pytest.raises(AssertionError, match="no fewer than no leaves"):
        root(-1, forest().nodes)


@pytest.mark.parametrize("index", [0, 1, 255, 256, 32_768, 65_535, 65_536, LARGEST - 1])
def test_a_proof_reads_little(index: int) -> None:
    shelf = forest()
    shelf.reads.clear()

    inclusion(index, LARGEST, shelf.nodes)

    # a run for each node of the path, and for the right edge one for each stored level
    assert len(shelf.reads) <= LARGEST.bit_length() + 2


# --- proofs, as they are checked -------------------------------------------------------------------------------


@pytest.mark.parametrize("size", range(1, 40))
def test_every_leaf_of_a_small_tree_can_be_proved_to_be_in_it(size: int) -> None:
    nodes, whole = forest().nodes, naive_root(size)

    proved = [verify_inclusion(at, size, leaves()[at], inclusion(at, size, nodes), whole) for at in range(size)]

    assert proved == [True] * size


@pytest.mark.parametrize("new", range(1, 40))
def test_every_small_tree_can_be_proved_to_begin_with_every_smaller_one(new: int) -> None:
    nodes, whole = forest().nodes, naive_root(new)

    proved = [
        verify_consistency(old, new, naive_root(old), whole, consistency(old, new, nodes)) for old in range(1, new + 1)
    ]

    assert proved == [True] * new


@settings(max_examples=150, deadline=None, derandomize=True)
@given(SIZES, some.data())
def test_every_leaf_of_any_tree_can_be_proved_to_be_in_it(size: int, data: some.DataObject) -> None:
    index = data.draw(some.integers(0, size - 1))
    nodes = forest().nodes

    path = inclusion(index, size, nodes)

    assert verify_inclusion(index, size, leaves()[index], path, root(size, nodes))


@settings(max_examples=150, deadline=None, derandomize=True)
@given(SIZES, SIZES)
def test_any_tree_can_be_proved_to_begin_with_any_smaller_one(one: int, other: int) -> None:
    old, new = sorted((one, other))
    nodes = forest().nodes

    path = consistency(old, new, nodes)

    assert verify_consistency(old, new, root(old, nodes), root(new, nodes), path)


FRAGMENTS = some.integers(0, 255)


def flipped(hash_: bytes, bit: int) -> bytes:
    return (int.from_bytes(hash_, "big") ^ (1 << bit)).to_bytes(32, "big")


@settings(max_examples=100, deadline=None, derandomize=True)
@given(SIZES.filter(lambda size: size > 1), FRAGMENTS, some.data())
def test_one_bit_makes_an_inclusion_proof_worthless(size: int, bit: int, data: some.DataObject) -> None:
    index = data.draw(some.integers(0, size - 1))
    leaf, whole = leaves()[index], root(size, forest().nodes)
    path = inclusion(index, size, forest().nodes)
    at = data.draw(some.integers(0, len(path) - 1))
    altered = [*path[:at], flipped(path[at], bit), *path[at + 1 :]]

    found = (
        verify_inclusion(index, size, leaf, altered, whole),
        verify_inclusion(index, size, flipped(leaf, bit), path, whole),
        verify_inclusion(index, size, leaf, path, flipped(whole, bit)),
    )

    assert found == (False, False, False)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(SIZES, some.data())
def test_an_inclusion_proof_holds_at_one_place_only(size: int, data: some.DataObject) -> None:
    index, other = data.draw(some.integers(0, size - 1)), data.draw(some.integers(-2, size + 2))
    path = inclusion(index, size, forest().nodes)

    found = verify_inclusion(other, size, leaves()[index], path, root(size, forest().nodes))

    assert found == (other == index)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(SIZES, SIZES, some.data())
def test_an_inclusion_proof_holds_for_one_tree_only(size: int, other: int, data: some.DataObject) -> None:
    index = data.draw(some.integers(0, size - 1))
    path = inclusion(index, size, forest().nodes)

    found = verify_inclusion(index, other, leaves()[index], path, root(other, forest().nodes))

    assert found == (other == size)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(SIZES, some.data())
def test_an_inclusion_proof_has_one_length(size: int, data: some.DataObject) -> None:
    index = data.draw(some.integers(0, size - 1))
    leaf, whole = leaves()[index], root(size, forest().nodes)
    path = inclusion(index, size, forest().nodes)
    wrong = [path[:-1], path[1:], [*path, whole], [leaf, *path]] if path else [[whole]]

    found = {verify_inclusion(index, size, leaf, other, whole) for other in wrong}

    assert found == {False}


@pytest.mark.parametrize("index", range(7))
def test_a_path_leads_to_a_root_only_if_it_has_the_length_of_its_place(index: int) -> None:
    leaf, right = leaves()[index], len(inclusion(index, 7, forest().nodes))

    found = [length for length in range(7) if root_from_inclusion(index, 7, leaf, [bytes(32)] * length) is not None]

    assert found == [right]


@pytest.mark.parametrize(("index", "size"), [(-1, 7), (7, 7), (8, 7), (0, 0), (0, -1), (-1, 0)])
def test_no_path_leads_to_a_root_from_where_there_is_no_leaf(index: int, size: int) -> None:
    found = [root_from_inclusion(index, size, bytes(32), [bytes(32)] * length) for length in range(7)]

    assert found == [None] * 7


def test_a_proof_leads_to_the_root_it_was_made_for() -> None:
    path = inclusion(4, 7, forest().nodes)

    found = [root_from_inclusion(index, 7, leaves()[4], path) == naive_root(7) for index in range(-1, 8)]

    assert found == [index == 4 for index in range(-1, 8)]


def test_a_consistency_proof_that_is_too_long_is_refused_even_where_its_hashes_would_fit() -> None:
    """Whoever chooses both roots could otherwise pass a larger tree off under a smaller size."""
    a, b, c, d, more = leaves()[:5]
    ab = node_hash(a, b)
    old, new = node_hash(ab, c), node_hash(ab, node_hash(c, d))
    assert verify_consistency(3, 4, old, new, [c, d, ab])

    assert not verify_consistency(3, 4, node_hash(more, old), node_hash(more, new), [c, d, ab, more])


def test_a_consistency_proof_that_is_too_short_is_refused_even_where_its_hashes_would_fit() -> None:
    c, d = leaves()[2:4]

    assert not verify_consistency(3, 4, c, node_hash(c, d), [c, d])


@settings(max_examples=100, deadline=None, derandomize=True)
@given(SIZES, SIZES, FRAGMENTS, some.data())
def test_one_bit_makes_a_consistency_proof_worthless(one: int, other: int, bit: int, data: some.DataObject) -> None:
    old, new = sorted((one, other))
    nodes = forest().nodes
    before, after, path = root(old, nodes), root(new, nodes), consistency(old, new, nodes)
    at = data.draw(some.integers(0, len(path)))
    altered = [*path[:at], flipped(path[at] if at < len(path) else before, bit), *path[at + 1 :]]

    found = (
        verify_consistency(old, new, before, after, altered),
        verify_consistency(old, new, flipped(before, bit), after, path),
        verify_consistency(old, new, before, flipped(after, bit), path),
    )

    assert found == (False, False, False)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(SIZES, SIZES, some.integers(-2, 2))
def test_a_consistency_proof_holds_for_two_trees_only(one: int, other: int, step: int) -> None:
    old, new = sorted((one, other))
    nodes = forest().nodes
    path = consistency(old, new, nodes)
    wrong = max(0, min(old + step, new))

    found = verify_consistency(wrong, new, root(wrong, nodes), root(new, nodes), path)

    assert found == (wrong == old)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(SIZES, SIZES)
def test_a_consistency_proof_has_one_length(one: int, other: int) -> None:
    old, new = sorted((one, other))
    nodes = forest().nodes
    before, after, path = root(old, nodes), root(new, nodes), consistency(old, new, nodes)
    wrong = [path[:-1], path[1:], [*path, after], [before, *path]] if path else [[before]]

    found = {verify_consistency(old, new, before, after, other) for other in wrong}

    assert found == {False}


def test_t31_hash_ambiguity_bytes_cannot_move_from_one_side_of_a_node_to_the_other() -> None:
    left, right = leaves()[:2]
    whole = node_hash(left, right)
    assert verify_inclusion(0, 2, left, [right], whole)

    assert not verify_inclusion(0, 2, left[:-1], [left[-1:] + right], whole)


def test_t31_hash_ambiguity_a_consistency_proof_is_made_of_hashes() -> None:
    a, b, c = leaves()[:3]
    before, after = node_hash(a, b), naive_root(3)
    assert verify_consistency(2, 3, before, after, [c])

    assert not verify_consistency(2, 3, before, node_hash(before, c + b"!"), [c + b"!"])


def test_about_an_empty_tree_nothing_is_proved() -> None:
    found = [verify_consistency(0, new, EMPTY_ROOT, naive_root(new), []) for new in (0, 1, 2)]

    assert found == [False, False, False]


def test_a_tree_is_consistent_with_itself_without_a_path() -> None:
    same = naive_root(5)

    found = (
        verify_consistency(5, 5, same, same, []),
        verify_consistency(5, 5, same, same, [same]),
        verify_consistency(5, 5, same, naive_root(4), []),
    )

    assert found == (True, False, False)


def test_an_endless_path_is_refused() -> None:
    path = [bytes(32)] * 100

    found = (
        verify_inclusion(0, 2**63, bytes(32), path, bytes(32)),
        verify_consistency(1, 2**63, bytes(32), bytes(32), path),
    )

    assert found == (False, False)


# --- the frontier ----------------------------------------------------------------------------------------------


def test_the_frontier_has_the_root_at_every_size() -> None:
    frontier, roots = Frontier(), []
    for leaf in leaves()[:600]:
        frontier.push(leaf)
        roots.append(frontier.root())

    assert roots == [root(size, forest().nodes) for size in range(1, 601)]


@pytest.mark.parametrize("size", AROUND)
def test_the_frontier_keeps_one_hash_for_each_complete_subtree(size: int) -> None:
    frontier = Frontier()
    for leaf in leaves()[:size]:
        frontier.push(leaf)

    assert (frontier.size, len(frontier.hashes), frontier.root()) == (size, size.bit_count(), naive_root(size))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(some.integers(0, 600), some.integers(0, 300))
def test_a_frontier_resumes_where_another_one_stopped(size: int, more: int) -> None:
    first = Frontier()
    for leaf in leaves()[:size]:
        first.push(leaf)

    resumed = Frontier.at(size, first.hashes)
    for leaf in leaves()[size : size + more]:
        resumed.push(leaf)

    assert (resumed.size, resumed.root()) == (size + more, root(size + more, forest().nodes))


def test_the_frontiers_hashes_are_subtrees_largest_first() -> None:
    frontier = Frontier()
    for leaf in leaves()[:7]:
        frontier.push(leaf)

    assert frontier.hashes == (naive(leaves()[:4]), naive(leaves()[4:6]), leaves()[6])


def test_a_resumed_frontier_does_not_change_what_it_came_from() -> None:
    kept = [naive(leaves()[:2]), leaves()[2]]

    Frontier.at(3, kept).push(leaves()[3])

    assert kept == [naive(leaves()[:2]), leaves()[2]]


@pytest.mark.parametrize(
    ("size", "hashes"),
    [(3, [bytes(32)]), (4, [bytes(32)] * 2), (0, [bytes(32)]), (2, [bytes(31)]), (1, [bytes(33)]), (-1, [bytes(32)])],
)
def test_a_frontier_cannot_resume_from_what_is_not_there(size: int, hashes: list[bytes]) -> None:
    with pytest.raises(ValueError, match=f"not the {size.bit_count()} subtrees of a tree of {size} leaves"):
        Frontier.at(size, hashes)


# --- parts of a tree -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 1, 2, 7, 300])
def test_the_tree_over_some_leaves_alone_needs_no_nodes(size: int) -> None:
    assert root_of(leaves()[:size]) == naive(leaves()[:size])


@pytest.mark.parametrize("size", [0, 1, 2, 6, 7, 255, 256, 300, 65_537])
def test_a_tree_hangs_together_from_its_complete_subtrees(size: int) -> None:
    """Largest first: one for each bit of the size, over as many leaves."""
    left, expected = 0, []
    for height in range(17, -1, -1):
        if size >> height & 1:
            expected.append(naive(leaves()[left : left + (1 << height)]))
            left += 1 << height

    assert (left, subtrees(size, forest().nodes)) == (size, expected)
