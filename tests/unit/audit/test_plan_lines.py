"""What verification asks of the records about plans: whoever forged one gets found."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.audit.house import LATER, TS, House
from tests.unit.audit.lifecycles import body, document

from flowgov.audit.definition import parse
from flowgov.audit.entries_plan import CONTENT, SHAPES
from flowgov.audit.held import Held
from flowgov.audit.kinds import fits

ROLES = [
    {"id": "owner", "acts": True, "side": "business"},
    {"id": "checker", "acts": True, "side": "technical"},
    {"id": "dreamer", "acts": False, "side": "business"},
]
PEOPLE = {"u2": "owner", "u3": "checker", "u4": "checker"}
"""u1 administers; u5 owns A1 and A2, u6 holds A1; neither has a role; u7 is a service account that speaks for the
business; u8 stands in for u3 on the business side."""
TODAY = TS[:10]


class Shelf(House):
    """Maison Tallec with plans; an act starts from the state the plan is in, and says what it changes."""

    def __init__(self) -> None:
        super().__init__()
        definition = parse(body({**document(), "roles": ROLES}))
        assert definition is not None
        self.register.definitions["aa"] = definition
        self.register.complete = True
        self._admin = self.chain.head
        for person in ("u2", "u3", "u4", "u5", "u6", "u8"):
            self.say("person.added", person=person)
        self.say("person.added", person="u7", service=True)
        self._by: dict[str, dict[str, str]] = {"u1": {"role": "administrator", "grant": self._admin}}
        for person, role in PEOPLE.items():
            self._by[person] = {"role": role, "grant": f"h{self.say('role.granted', person=person, role=role)}"}
        self._by["u7"] = {"role": "owner", "grant": f"h{self.say('role.granted', person='u7', role='owner')}"}
        for key in ("A1", "A2"):
            self.asset(key, "u5", "u6" if key == "A1" else None)

    def asset(self, key: str, owner: str, holder: str | None = None, *, retired: bool = False) -> None:
        facts = {"owner": owner, "holder": holder, "retired": retired}
        held = Held("asset", key, 1, self.chain.seq, TS, self.chain.idx, facts)
        self.register.entries.setdefault(("asset", key), []).append(held)

    def plan(self, act: str, actor: str = "u1", /, c: tuple[str, ...] | None = None, **changes: Any) -> list[str]:
        """What is found about the next record of PL-01."""
        former = self.register.entries.get(("plan", "PL-01"), [])
        usual = former[-1].facts if former else plan(author=actor)
        more = {name: changes.pop(name) for name in ("auth", "cleared", "clock", "ts", "key") if name in changes}
        given: dict[str, Any] = {"key": "PL-01", "n": former[-1].n + 1 if former else 1, "act": act}
        given |= {"facts": {**usual, **changes}, "auth": self._by.get(actor), "c": dict.fromkeys(c or (), "")}
        before = len(self.found)
        self.say("plan.recorded", actor=actor, **{**given, **more})
        return [str(about) for _, about, _ in self.found[before:]]

    def lend(self, role: str, lender: str, to: str) -> dict[str, str]:
        """The authority of somebody who was lent a role."""
        base = next(g.id for g in self.register.grants.values() if (g.person, g.role) == (lender, role))
        seq = self.say(
            "role.delegated", actor=lender, person=to, role=role, base=base, until=LATER, auth=self._by[lender]
        )
        return {"role": role, "grant": f"h{seq}", "for": lender}

    def written(
        self, kind: str = "emergency", by: str = "u3", c: tuple[str, ...] | None = None, **changes: Any
    ) -> None:
        """PL-01 in its first edition, by the technical side, whole."""
        texts = tuple(sorted(CONTENT)) if c is None else c
        assert self.plan("record", by, texts, **{"kind": kind, "assets": ["A1", "A2"], **changes}) == []

    def approved(self, by: str, /, **changes: Any) -> list[str]:
        """What is found about an approval of the edition that stands."""
        edition = self.register.entries["plan", "PL-01"][-1].facts["edition"]
        return self.plan("approve", by, **{"approved": approval(by, edition), **changes})


def plan(**changes: Any) -> dict[str, Any]:
    """What administrator u1 has just recorded."""
    given = {"kind": "emergency", "assets": [], "edition": 1, "author": "u1", "author_for": None, "approved": None}
    return {**given, "exercise": None, "next_exercise": None, "retired": False, **changes}


def approval(by: str, edition: int = 1, on: str = TODAY) -> dict[str, Any]:
    return {"by": by, "on": on, "edition": edition}


def held(on: str = TODAY, result: str = "passed") -> dict[str, Any]:
    return {"on": on, "result": result}


@pytest.fixture
def house() -> Shelf:
    return Shelf()


# --- the values -------------------------------------------------------------------------------------------------------


def test_a_plan_has_the_shape_of_its_kind() -> None:
    whole = plan(approved=approval("u2"), exercise=held(), next_exercise="2027-01-05", author_for="u3", assets=["A1"])

    assert (fits(plan(), SHAPES["plan"].facts), fits(whole, SHAPES["plan"].facts)) == (True, True)


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": "wish"},
        {"edition": "1"},
        {"approved": {"by": "u2", "on": TODAY}},
        {"exercise": held(result="perfect")},
        {"next_exercise": "soon"},
        {"owner": "u2"},
    ],
)
def test_anything_else_is_no_plan(changes: dict[str, Any]) -> None:
    assert not fits(plan(**changes), SHAPES["plan"].facts)


def test_a_plan_may_be_recorded_without_a_role_where_its_rule_says_so() -> None:
    assert SHAPES["plan"].anybody


# --- writing ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", ["u1", "u2", "u3"])
def test_an_administrator_and_roles_that_act_write_plans(house: Shelf, by: str) -> None:
    assert house.plan("record", by, ("title", "os_user"), assets=["A1"], next_exercise="2026-06-01") == []


@pytest.mark.parametrize(
    ("by", "c", "changes"),
    [
        ("u5", ("title",), {"assets": ["A1"]}),
        ("u3", (), {}),
        ("u3", ("title", "findings"), {}),
        ("u3", ("title", "reason"), {}),
        ("u3", ("title",), {"edition": 2}),
        ("u3", ("title",), {"author": "u2"}),
        ("u3", ("title",), {"author_for": "u2"}),
        ("u3", ("title",), {"approved": approval("u2")}),
        ("u3", ("title",), {"exercise": held()}),
        ("u3", ("title",), {"retired": True}),
        ("u3", ("title",), {"assets": ["A9"]}),
        ("u3", ("title",), {"assets": ["A2", "A1"]}),
        ("u3", ("title",), {"assets": ["A1", "A1"]}),
    ],
)
def test_a_plan_begins_unapproved_with_its_author_and_what_there_is(
    house: Shelf, by: str, c: tuple[str, ...], changes: dict[str, Any]
) -> None:
    assert house.plan("record", by, c, **changes) == ["plan"]


def test_a_plan_covers_no_more_than_is_printed(house: Shelf) -> None:
    keys = [f"B{number:02d}" for number in range(13)]
    for key in keys:
        house.asset(key, "u5")

    assert house.plan("record", "u3", ("title",), assets=keys) == ["plan"]


def test_a_plan_covers_nothing_that_is_retired(house: Shelf) -> None:
    house.asset("A3", "u5", retired=True)

    assert house.plan("record", "u3", ("title",), assets=["A3"]) == ["plan"]


def test_a_plan_is_recorded_once(house: Shelf) -> None:
    house.written()

    assert house.plan("record", "u3", ("title",)) == ["plan"]


def test_nothing_is_done_to_a_plan_that_is_not_there(house: Shelf) -> None:
    assert house.plan("change", "u3", ("title",), edition=2) == ["plan"]


def test_who_stands_in_for_somebody_says_so_of_his_edition(house: Shelf) -> None:
    lent = house.lend("checker", "u3", "u8")

    assert house.plan("record", "u8", ("title",), author_for="u3", auth=lent) == []
    assert house.plan("change", "u8", ("link",), edition=2, author_for=None, auth=lent) == ["plan"]


def test_a_change_is_the_next_edition_which_nobody_has_approved(house: Shelf) -> None:
    house.written()
    assert house.approved("u2") == []

    assert house.plan("change", "u4", ("link",), edition=2, author="u4", approved=None) == []
    assert house.plan("change", "u4", edition=3, assets=["A1"]) == []
    assert house.plan("change", "u4", cleared=["link"], edition=4, next_exercise="2026-09-01") == []


@pytest.mark.parametrize(
    "changes",
    [
        {"c": ("link",), "approved": approval("u2")},
        {"c": ("link",), "edition": 1},
        {"c": ("link",), "edition": 3},
        {"c": ("link",), "author": "u3"},
        {"c": ("link",), "kind": "recovery"},
        {"c": ("link",), "exercise": held()},
        {"c": ("link",), "retired": True},
        {"c": ("link",), "assets": ["A9"]},
        {"c": ("link", "findings")},
        {"c": ("link",), "auth": None},
        {"cleared": ["title"]},
        {"cleared": ["reason"]},
        {},
    ],
)
def test_a_change_is_nothing_else(house: Shelf, changes: dict[str, Any]) -> None:
    house.written()
    assert house.approved("u2") == []

    assert house.plan("change", "u4", **{"edition": 2, "author": "u4", "approved": None, **changes}) == ["plan"]


def test_an_asset_that_was_covered_before_it_was_retired_may_stay(house: Shelf) -> None:
    house.written()
    house.asset("A1", "u5", retired=True)
    house.asset("A3", "u5")

    assert house.plan("change", "u4", edition=2, author="u4", assets=["A1", "A2", "A3"]) == []


def test_another_day_for_the_exercise_alone_makes_no_edition(house: Shelf) -> None:
    house.written()
    assert house.approved("u2") == []

    assert house.plan("schedule", "u3", next_exercise="2026-06-01") == []
    assert house.plan("schedule", "u3", next_exercise=None) == []
    assert house.register.entries["plan", "PL-01"][-1].facts["approved"] == approval("u2")


@pytest.mark.parametrize(
    "changes",
    [
        {"assets": ["A1"]},
        {"edition": 2},
        {"c": ("contacts",)},
        {"cleared": ["contacts"]},
        {"auth": None},
        {"approved": approval("u3")},
    ],
)
def test_content_is_not_smuggled_in_beside_the_day_of_an_exercise(house: Shelf, changes: dict[str, Any]) -> None:
    house.written()

    assert house.plan("schedule", "u3", **{"next_exercise": "2026-06-01", **changes}) == ["plan"]


# --- approving --------------------------------------------------------------------------------------------------------


def test_the_business_approves_and_so_does_the_owner_of_everything_covered(house: Shelf) -> None:
    house.written()

    assert (house.approved("u2"), house.approved("u5")) == ([], [])


@pytest.mark.parametrize("by", ["u1", "u4", "u6", "u7"])
def test_nobody_else_approves(house: Shelf, by: str) -> None:
    house.written()

    assert house.approved(by) == ["plan_approver"]


def test_a_role_that_does_not_act_does_not_speak_for_the_business(house: Shelf) -> None:
    house.written()
    seq = house.say("role.granted", person="u6", role="dreamer")

    assert "plan_approver" in house.approved("u6", auth={"role": "dreamer", "grant": f"h{seq}"})


@pytest.mark.parametrize("assets", [["A1"], []])
def test_an_owner_approves_only_where_everything_is_his(house: Shelf, assets: list[str]) -> None:
    house.asset("A2", "u6")
    house.written(assets=assets)

    assert house.approved("u6") == ["plan_approver"]


def test_an_owner_of_a_part_does_not_approve(house: Shelf) -> None:
    house.asset("A2", "u6")
    house.written()

    assert house.approved("u5") == ["plan_approver"]


def test_an_asset_that_nobody_recorded_is_owned_by_nobody(house: Shelf) -> None:
    house.written()
    del house.register.entries["asset", "A2"]

    assert house.approved("u5") == ["plan_approver"]


def test_its_author_does_not_approve_an_edition(house: Shelf) -> None:
    house.written(by="u2")

    assert house.approved("u2") == ["plan_author"]


def test_an_owner_does_not_approve_what_he_wrote(house: Shelf) -> None:
    house.written(by="u2")
    house.asset("A1", "u2")
    house.asset("A2", "u2")

    assert house.approved("u2", auth=None) == ["plan_author"]


def test_for_whom_an_edition_was_written_does_not_approve_it(house: Shelf) -> None:
    house.written(by="u8", author_for="u2", auth=house.lend("owner", "u2", "u8"))

    assert house.approved("u2") == ["plan_author"]


def test_whoever_stands_in_for_the_author_does_not_approve(house: Shelf) -> None:
    house.written(by="u2")

    assert house.approved("u8", auth=house.lend("owner", "u2", "u8")) == ["plan_author"]


def test_whoever_stands_in_for_somebody_else_approves(house: Shelf) -> None:
    house.written(by="u3")

    assert house.approved("u8", auth=house.lend("owner", "u2", "u8")) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"approved": None},
        {"approved": approval("u3")},
        {"approved": approval("u2", 2)},
        {"approved": approval("u2", 1, "2026-01-04")},
        {"retired": True},
        {"edition": 2},
        {"c": ("contacts",)},
        {"cleared": ["contacts"]},
    ],
)
def test_an_approval_says_of_itself_what_is_so(house: Shelf, changes: dict[str, Any]) -> None:
    house.written()

    assert house.approved("u2", **changes) == ["plan"]


def test_where_the_clock_had_gone_back_the_stamp_may_be_later_than_the_day(house: Shelf) -> None:
    house.written()

    assert house.approved("u2", approved=approval("u2", 1, "2026-01-04"), clock=TS) == []


@pytest.mark.parametrize("missing", ["decides", "actions", "contacts", "fallback"])
def test_an_emergency_plan_is_approved_with_its_four_texts(house: Shelf, missing: str) -> None:
    house.written(c=tuple(sorted(CONTENT - {missing})))

    assert house.approved("u2") == ["plan"]


def test_a_text_that_was_cleared_is_missing_and_one_that_was_redacted_is_not(house: Shelf) -> None:
    house.written()
    assert house.plan("change", "u3", edition=2, cleared=["contacts"]) == []
    assert house.register.entries["plan", "PL-01"][-1].texts == {}

    assert house.approved("u2") == ["plan"]


@pytest.mark.parametrize(
    ("c", "found"),
    [
        (("title", "link"), []),
        (("title", "decides", "actions", "contacts", "fallback"), []),
        (("title", "decides"), ["plan"]),
    ],
)
def test_another_plan_is_approved_with_a_link_or_the_texts(house: Shelf, c: tuple[str, ...], found: list[str]) -> None:
    house.written("continuity", c=c)

    assert house.approved("u2") == found


# --- exercises --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", ["u1", "u2", "u3", "u5", "u6"])
def test_whom_it_concerns_records_an_exercise(house: Shelf, by: str) -> None:
    house.written()

    assert house.plan("exercise", by, exercise=held(), next_exercise="2026-01-06") == []


def test_a_stranger_records_none(house: Shelf) -> None:
    house.written()

    assert house.plan("exercise", "u8", exercise=held()) == ["plan"]


def test_an_exercise_that_did_not_pass_has_findings(house: Shelf) -> None:
    house.written()

    assert house.plan("exercise", "u3", exercise=held(result="failed")) == ["plan"]
    assert house.plan("exercise", "u3", ("findings",), exercise=held(result="failed")) == []
    assert house.plan("exercise", "u3", exercise=held(), cleared=["findings"]) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"exercise": None},
        {"exercise": held("2026-01-06")},
        {"exercise": held("2026-01-02")},
        {"exercise": held("2026-01-04"), "next_exercise": "2026-01-04"},
        {"exercise": held("2026-01-04"), "next_exercise": None},
        {"exercise": held("2026-01-04"), "edition": 2},
        {"exercise": held("2026-01-04"), "c": ("contacts",)},
    ],
)
def test_an_exercise_has_been_is_after_the_last_and_before_the_next(house: Shelf, changes: dict[str, Any]) -> None:
    house.written(next_exercise="2026-01-05")
    assert house.plan("exercise", "u3", exercise=held("2026-01-03")) == []

    assert house.plan("exercise", "u3", **changes) == ["plan"]


def test_a_planned_day_that_has_come_is_dropped(house: Shelf) -> None:
    house.written(next_exercise="2026-01-05")

    assert house.plan("exercise", "u3", exercise=held(), next_exercise=None) == []


@pytest.mark.parametrize("act", ["schedule", "change"])
def test_the_next_exercise_is_not_set_to_before_the_last(house: Shelf, act: str) -> None:
    house.written()
    assert house.plan("exercise", "u3", exercise=held()) == []
    more = {"edition": 2, "c": ("link",)} if act == "change" else {}

    assert house.plan(act, "u3", next_exercise=TODAY, **more) == ["plan"]


# --- the end ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("by", "found"), [("u1", []), ("u2", []), ("u5", []), ("u3", ["plan"]), ("u6", ["plan"]), ("u8", ["plan"])]
)
def test_who_answers_for_it_retires_a_plan(house: Shelf, by: str, found: list[str]) -> None:
    house.written()

    assert house.plan("retire", by, ("reason",), retired=True) == found


@pytest.mark.parametrize(("c", "changes"), [((), {"retired": True}), (("reason",), {}), (("reason",), {"edition": 2})])
def test_a_plan_is_retired_for_a_reason(house: Shelf, c: tuple[str, ...], changes: dict[str, Any]) -> None:
    house.written()

    assert house.plan("retire", "u1", c, **changes) == ["plan"]


@pytest.mark.parametrize(
    ("act", "changes"),
    [
        ("change", {"c": ("link",), "edition": 2}),
        ("schedule", {"next_exercise": "2026-06-01"}),
        ("approve", {"approved": approval("u2")}),
        ("exercise", {"exercise": held()}),
        ("retire", {"c": ("reason",)}),
    ],
)
def test_nothing_more_is_done_to_a_retired_plan(house: Shelf, act: str, changes: dict[str, Any]) -> None:
    house.written()
    assert house.plan("retire", "u1", ("reason",), retired=True) == []

    assert house.plan(act, "u2", **{"author": "u3", **changes}) == ["plan"]
