"""Every text is there, or a record says that it was removed; never both."""

from __future__ import annotations

from typing import Any

import pytest

from flowgov.audit.finding import Findings
from flowgov.audit.redaction import CARD, Beside, Claim, Redactions

HASH = "ab" * 32


class House:
    """Removals on record, and what is found about them."""

    def __init__(self) -> None:
        self.findings = Findings()
        self.redactions = Redactions(self.findings)
        self._judged: list[tuple[str, int | None, str | None, str | None]] = []

    def claims(self, seq: int, field: str, *, place: int = 50, hash_: str = HASH, stream: str = "prj:1") -> None:
        """Record *seq* of the organisation's chain says that a text beside a project's third record was removed."""
        self.redactions.claim(1, {"stream": stream, "seq": 3}, Claim(seq, place, hash_, field))

    def judge(self, fields: str = "title", there: str = "", **changes: Any) -> None:
        self.redactions.judge(beside(fields, there, **changes), self._find)

    def _find(self, code: str, seq: int | None, about: str | None = None, field: str | None = None) -> None:
        self._judged.append((code, seq, about, field))

    @property
    def found(self) -> list[tuple[str, int | None, str | None, str | None]]:
        """Code, record, what it is about, and the text, of every finding about a record with texts."""
        return self._judged

    @property
    def objected(self) -> list[tuple[int | None, str, str, str]]:
        """Record, what is wrong, target and text, of every redaction that is wrong."""
        return [(f.seq, f.params["about"], f.params["target"], f.params["field"]) for f in self.findings.kept]


def beside(fields: str = "title", there: str = "", **changes: Any) -> Beside:
    given: dict[str, Any] = {
        "stream": "prj:1",
        "seq": 3,
        "hash": HASH,
        "place": 10,
        "actor": "u1",
        "card": None,
        "fields": frozenset(fields.split()),
        "there": frozenset(there.split()),
    }
    return Beside(**{**given, **changes})


def test_a_text_that_is_there_is_as_it_should_be() -> None:
    house = House()

    house.judge("title", "title")

    assert (house.found, house.objected, house.redactions.count) == ([], [], 0)


def test_a_text_that_is_gone_without_a_record_is_found() -> None:
    house = House()

    house.judge("title objective", "title")

    assert house.found == [("UNLOGGED_ERASURE", 3, None, "objective")]


def test_a_text_that_is_gone_on_record_is_counted() -> None:
    house = House()
    house.claims(7, "title")
    house.claims(8, "objective")

    house.judge("title objective")

    assert (house.found, house.objected, house.redactions.count) == ([], [], 2)


def test_a_text_that_was_removed_on_record_and_is_there_is_found() -> None:
    house = House()
    house.claims(7, "title")

    house.judge("title", "title")

    assert house.found == [("DISCLOSURE_ORPHAN", 3, "redacted", "title")]
    assert house.redactions.count == 0


@pytest.mark.parametrize(
    ("claim", "flaw"),
    [({"hash_": "00" * 32}, "redacts_another"), ({"field": "objective"}, "redacts_nothing")],
)
def test_a_redaction_of_something_else_is_found_and_excuses_nothing(claim: dict[str, Any], flaw: str) -> None:
    house = House()
    house.claims(7, **{"field": "title", **claim})

    house.judge("title")

    assert house.objected == [(7, flaw, "prj:1 3", claim.get("field", "title"))]
    assert house.found == [("UNLOGGED_ERASURE", 3, None, "title")]
    assert [(f.code, f.stream, f.project) for f in house.findings.kept] == [("RULE_VIOLATION", "org", None)]
    assert house.findings.first_place == (1, 7)


@pytest.mark.parametrize("field", sorted(CARD))
def test_a_card_is_erased_as_a_whole_and_not_redacted(field: str) -> None:
    house = House()
    house.claims(7, field)

    house.judge(field, card="u2")

    assert house.objected == [(7, "redacts_card", "prj:1 3", field)]


def test_what_else_lies_beside_a_card_can_be_redacted() -> None:
    house = House()
    house.claims(7, "os_user")

    house.judge("os_user", card="u2")

    assert (house.objected, house.found) == ([], [])


def test_a_text_called_like_one_of_a_card_can_be_redacted_elsewhere() -> None:
    house = House()
    house.claims(7, "name")

    house.judge("name")

    assert (house.objected, house.found) == ([], [])


@pytest.mark.parametrize(("places", "objected"), [((50, 51), [8]), ((50, 50), []), ((51, 50), [])])
def test_a_text_is_redacted_once(places: tuple[int, int], objected: list[int]) -> None:
    house = House()
    house.claims(7, "title", place=places[0])
    house.claims(8, "title", place=places[1])

    house.judge("title")

    assert house.objected == [(seq, "redacted_twice", "prj:1 3", "title") for seq in objected]
    assert house.redactions.count == 1


def test_a_redaction_belongs_to_one_record() -> None:
    house = House()
    house.claims(7, "title")

    house.judge("title", seq=4)

    assert house.found == [("UNLOGGED_ERASURE", 4, None, "title")]


# --- erasure --------------------------------------------------------------------------------------------------------


def test_the_erasure_of_a_person_takes_the_whole_card() -> None:
    house = House()
    house.redactions.erase("u2", 40)

    house.judge("login name email title", "title", card="u2")

    assert (house.found, house.redactions.count) == ([], 3)


def test_the_card_of_somebody_else_stays() -> None:
    house = House()
    house.redactions.erase("u3", 40)

    house.judge("login", card="u2")

    assert house.found == [("UNLOGGED_ERASURE", 3, None, "login")]


@pytest.mark.parametrize(("place", "gone"), [(10, True), (39, True), (40, False), (41, False)])
def test_an_erasure_takes_the_name_at_the_terminal_of_what_was_written_before_it(place: int, gone: bool) -> None:
    house = House()
    house.redactions.erase("u1", 40)

    house.judge("os_user", place=place)

    assert house.found == ([] if gone else [("UNLOGGED_ERASURE", 3, None, "os_user")])


@pytest.mark.parametrize("place", [-7, 0, 10])
def test_nobody_was_erased_whatever_the_place_of_a_record(place: int) -> None:
    house = House()

    house.judge("os_user", "os_user", place=place)

    assert house.found == []


@pytest.mark.parametrize(("place", "erased"), [(39, False), (40, False), (41, True)])
def test_a_person_is_erased_from_the_next_record_on(place: int, erased: bool) -> None:
    house = House()
    house.redactions.erase("u1", 40)
    house.redactions.erase("u1", 30)

    assert house.redactions.erased("u1", place) is erased
    assert not house.redactions.erased("u2", place)


@pytest.mark.parametrize(("place", "objected"), [(39, []), (41, [7])])
def test_a_text_that_an_erasure_removed_cannot_be_redacted_afterwards(place: int, objected: list[int]) -> None:
    house = House()
    house.redactions.erase("u1", 40)
    house.claims(7, "os_user", place=place)

    house.judge("os_user")

    assert [seq for seq, *_ in house.objected] == objected


# --- the organisation's own, and what never came --------------------------------------------------------------------


def test_the_organisations_own_records_are_judged_when_its_chain_has_ended() -> None:
    house = House()
    house.redactions.wait(beside("reason", stream="org"))
    house.claims(7, "reason", stream="org")
    assert house.redactions.count == 0

    house.redactions.settle(house._find)
    house.redactions.settle(house._find)

    assert (house.found, house.redactions.count) == ([], 1)


def test_a_redaction_of_a_record_that_never_came_removes_nothing() -> None:
    house = House()
    house.claims(7, "title")

    house.redactions.close(())

    assert house.objected == [(7, "redacts_nothing", "prj:1 3", "title")]


def test_a_redaction_that_was_judged_is_not_judged_again() -> None:
    house = House()
    house.claims(7, "title")
    house.judge("title")

    house.redactions.close(())

    assert house.objected == []


def test_a_redaction_in_a_chain_of_which_records_are_missing_is_forgiven() -> None:
    house = House()
    house.claims(7, "title")
    house.claims(8, "title", stream="prj:2")
    house.redactions.forgive("prj:1")

    house.redactions.close(())

    assert [seq for seq, *_ in house.objected] == [8]


def test_a_redaction_in_an_archived_project_is_not_missed() -> None:
    house = House()
    house.claims(7, "title")
    house.claims(8, "title", stream="prj:2")

    house.redactions.close({"1"})

    assert [seq for seq, *_ in house.objected] == [8]


# --- shared out -----------------------------------------------------------------------------------------------------


def test_a_share_judges_apart_and_the_whole_learns_of_it() -> None:
    house, apart = House(), Findings()
    for stream in ("prj:1", "prj:2", "prj:3"):
        house.claims(7, "title", stream=stream)
    house.redactions.erase("u1", 40)
    share = house.redactions.share(apart)

    share.judge(beside("title os_user"), house._find)
    share.judge(beside("title", stream="prj:1", hash="00" * 32), house._find)
    share.forgive("prj:2")
    judged, lost = share.judged(house.redactions)
    house.redactions.join(judged, lost, share.count)
    house.redactions.close(())

    assert (judged, lost) == ({("prj:1", 3)}, {("prj:2", 3)})
    assert (house.redactions.count, [target for _, _, target, _ in house.objected]) == (2, ["prj:3 3"])


def test_what_a_share_objects_to_is_told_of_the_organisations_chain() -> None:
    house, apart = House(), Findings()
    house.claims(7, "title")

    house.redactions.share(apart).judge(beside("title", hash="00" * 32), house._find)

    assert ([f.params["about"] for f in apart.kept], apart.first_place) == (["redacts_another"], (1, 7))
    assert house.objected == []
