"""Assets in the organisation's chain: what the rules did not permit is found."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.audit.house import House
from tests.unit.audit.lifecycles import body, document

from flowgov.audit.definition import parse
from flowgov.audit.entries_asset import SHAPES
from flowgov.audit.kinds import fits

TODAY, TOMORROW = "2026-01-05", "2026-01-06"
BACKED_UP = {"frequency": "daily", "place": "offsite", "on": None}


def facts(**changes: Any) -> dict[str, Any]:
    """An asset that the owner answers for and the holder operates, just recorded."""
    given: dict[str, Any] = {
        "type": "primary",
        "classification": "confidential",
        "criticality": 3,
        "personal_data": True,
        "owner": "owner",
        "holder": "holder",
        "needs": [],
        "single": False,
        "rto": 24,
        "rpo": None,
        "rto_proved": None,
        "rpo_proved": None,
        "backup": {"frequency": "none", "place": None, "on": None},
        "test": {"on": None, "result": "never"},
        "retired": False,
    }
    return {**given, **changes}


class Company(House):
    """u1 administers, `actor` holds a role that acts, `robot` is a program's account."""

    def __init__(self) -> None:
        super().__init__()
        self.register.complete = True
        definition = parse(body(document()))
        assert definition is not None
        self.register.definitions["aa"] = definition
        for person in ("owner", "holder", "actor", "other"):
            self.say("person.added", person=person)
        self.say("person.added", person="robot", service=True)
        self.say("person.added", person="gone")
        self.say("person.ended", person="gone", grants=[])
        granted = self.say("role.granted", person="actor", role="checker")
        self.acting = {"role": "checker", "grant": f"h{granted}"}

    def enter(self, act: str, key: str = "A-01", by: str = "u1", *, no_reason: bool = False, **changes: Any) -> int:
        """A record of an asset that says what changes; by whom decides on what role it stands."""
        held = self.register.entries.get(("asset", key), [])
        said = {**(held[-1].facts if held else facts()), **changes}
        given: dict[str, Any] = {"key": key, "n": len(held) + 1, "act": act, "facts": said, "actor": by}
        given |= {"auth": self.acting if by == "actor" else None} if by != "u1" else {}
        given |= {"c": {"reason": ""}} if act == "retire" and not no_reason else {}
        return self.say("asset.recorded", **given)

    @property
    def wrong(self) -> list[str]:
        return [about for _, about, _ in self.found]


@pytest.fixture
def company() -> Company:
    return Company()


@pytest.fixture
def ours(company: Company) -> Company:
    """With an asset that is backed up."""
    company.enter("record")
    company.enter("change", backup=BACKED_UP)
    assert company.wrong == []
    return company


def test_what_the_engine_records_has_the_shape() -> None:
    assert fits(facts(backup=BACKED_UP), SHAPES["asset"].facts)
    assert not fits(facts(criticality=5), SHAPES["asset"].facts)
    assert not fits(facts(rto=-1), SHAPES["asset"].facts)


@pytest.mark.parametrize("by", ["u1", "actor"])
def test_whoever_administers_or_acts_records_an_asset(company: Company, by: str) -> None:
    company.enter("record", by=by)

    assert company.wrong == []


@pytest.mark.parametrize("by", ["owner", "holder", "other"])
def test_nobody_else_does(company: Company, by: str) -> None:
    company.enter("record", by=by)

    assert company.wrong == ["asset"]


@pytest.mark.parametrize(
    "changes",
    [
        {"retired": True},
        {"test": {"on": TODAY, "result": "passed"}},
        {"backup": {**BACKED_UP, "on": TODAY}},
        {"rto_proved": 3},
        {"rpo_proved": 3},
        {"owner": "robot"},
        {"owner": "nobody"},
        {"owner": "gone"},
        {"holder": "nobody"},
        {"holder": "gone"},
        {"key": "NONE"},
        {"needs": ["A-09"]},
        {"needs": ["A-01"]},
        {"backup": {"frequency": "daily", "place": None, "on": None}},
        {"backup": {"frequency": "none", "place": None, "on": TODAY}},
        {"backup": {"frequency": "none", "place": "offsite", "on": None}},
    ],
)
def test_a_new_asset_has_proved_nothing_and_makes_sense(company: Company, changes: dict[str, Any]) -> None:
    company.enter("record", **changes)

    assert company.wrong == ["asset"]


def test_an_asset_is_recorded_once(ours: Company) -> None:
    ours.enter("record")

    assert ours.wrong == ["asset"]


@pytest.mark.parametrize("act", ["change", "backup", "test", "retire"])
def test_nothing_is_done_to_an_asset_that_is_not(company: Company, act: str) -> None:
    company.enter(act)

    assert company.wrong == ["asset"]


@pytest.mark.parametrize("by", ["u1", "actor", "owner", "holder"])
@pytest.mark.parametrize(
    ("act", "changes"),
    [
        ("change", {"criticality": 4, "classification": "secret", "rto": 4, "single": True, "holder": None}),
        ("backup", {"backup": {**BACKED_UP, "on": TODAY}}),
        ("test", {"test": {"on": TODAY, "result": "passed"}, "rto_proved": 3, "rpo_proved": 1}),
        ("test", {"test": {"on": TODAY, "result": "failed"}}),
    ],
)
def test_those_who_look_after_it_say_more_of_it(ours: Company, by: str, act: str, changes: dict[str, Any]) -> None:
    ours.enter(act, by=by, **changes)

    assert ours.wrong == []


@pytest.mark.parametrize("act", ["change", "backup", "test"])
def test_a_stranger_does_not(ours: Company, act: str) -> None:
    said = {"change": {"rto": 4}, "backup": {"backup": {**BACKED_UP, "on": TODAY}}}
    ours.enter(act, by="other", **said.get(act, {"test": {"on": TODAY, "result": "passed"}}))

    assert ours.wrong == ["asset"]


LOWER: list[dict[str, Any]] = [
    {"criticality": 2},
    {"classification": "internal"},
    {"personal_data": False},
    {"needs": []},
    {"owner": "other"},
]


@pytest.mark.parametrize("changes", LOWER)
@pytest.mark.parametrize(("by", "permitted"), [("u1", True), ("owner", True), ("actor", False), ("holder", False)])
def test_what_makes_it_count_for_less_is_for_its_owner(
    ours: Company, by: str, permitted: bool, changes: dict[str, Any]
) -> None:
    ours.enter("record", "A-02")
    ours.enter("change", needs=["A-02"])
    ours.enter("change", by=by, **changes)

    assert ours.wrong == ([] if permitted else ["asset"])


@pytest.mark.parametrize(
    ("act", "changes"),
    [
        ("change", {"test": {"on": TODAY, "result": "passed"}}),
        ("change", {"retired": True}),
        ("change", {"backup": {**BACKED_UP, "on": TODAY}}),
        ("change", {"backup": {"frequency": "daily", "place": None, "on": None}}),
        ("change", {"owner": "robot"}),
        ("change", {"owner": "gone"}),
        ("change", {"holder": "nobody"}),
        ("change", {"backup": {"frequency": "none", "place": "offsite", "on": None}}),
        ("change", {"needs": ["A-01"]}),
        ("backup", {"backup": {**BACKED_UP, "on": TOMORROW}}),
        ("backup", {"backup": {"frequency": "hourly", "place": "offsite", "on": TODAY}}),
        ("backup", {"criticality": 4}),
        ("backup", {}),
        ("test", {"test": {"on": TOMORROW, "result": "passed"}}),
        ("test", {"test": {"on": None, "result": "passed"}}),
        ("test", {"test": {"on": TODAY, "result": "failed"}, "rto_proved": 4}),
        ("test", {"test": {"on": TODAY, "result": "failed"}, "rpo_proved": 4}),
        ("test", {"test": {"on": None, "result": "never"}}),
        ("retire", {}),
    ],
)
def test_an_act_changes_what_it_may_and_tells_the_truth(ours: Company, act: str, changes: dict[str, Any]) -> None:
    ours.enter(act, **changes)

    assert ours.wrong == ["asset"]


@pytest.mark.parametrize("act", ["backup", "test"])
def test_an_older_day_does_not_take_the_place_of_a_newer_one(ours: Company, act: str) -> None:
    new = {"backup": {**BACKED_UP, "on": TODAY}} if act == "backup" else {"test": {"on": TODAY, "result": "failed"}}
    old = {"backup": {**BACKED_UP, "on": "2026-01-04"}}
    ours.enter(act, **new)
    ours.enter(act, **(old if act == "backup" else {"test": {"on": "2026-01-04", "result": "passed"}}))

    assert ours.wrong == ["asset"]


def test_what_is_not_backed_up_has_no_successful_backup(company: Company) -> None:
    company.enter("record")
    company.enter("backup", backup={"frequency": "none", "place": None, "on": TODAY})

    assert company.wrong == ["asset"]


def test_assets_need_others_but_never_themselves(ours: Company) -> None:
    ours.enter("record", "A-02", needs=["A-01"])
    ours.enter("record", "A-03", needs=["A-01", "A-02"])
    assert ours.wrong == []

    ours.enter("change", needs=["A-03"])
    ours.enter("change", "A-03", needs=["A-02", "A-01"])

    assert ours.wrong == ["asset", "asset"]


def test_what_is_retired_is_needed_by_nothing_and_stays_as_it_is(ours: Company) -> None:
    ours.enter("record", "A-02", needs=["A-01"])
    ours.enter("retire", retired=True)
    assert ours.wrong == ["asset"]

    ours = Company()
    ours.enter("record")
    ours.enter("retire", by="owner", retired=True)
    assert ours.wrong == []

    ours.enter("change", criticality=4)
    ours.enter("record", "A-02", needs=["A-01"])

    assert ours.wrong == ["asset", "asset"]


@pytest.mark.parametrize("by", ["actor", "holder", "other"])
def test_only_its_owner_or_an_administrator_retires_it(ours: Company, by: str) -> None:
    ours.enter("retire", by=by, retired=True)

    assert ours.wrong == ["asset"]


def test_retiring_says_why(ours: Company) -> None:
    ours.enter("retire", retired=True, no_reason=True)

    assert ours.wrong == ["asset"]


@pytest.mark.parametrize(
    "said",
    [
        {"c": {"name": "", "os_user": ""}},
        {"c": {"supplier": ""}, "cleared": ["supplier"]},
        {"c": {"evidence": ""}},
        {"c": {"name": ""}, "cleared": ["name"]},
    ],
)
def test_only_texts_of_the_act_lie_beside_it_and_a_name_stays(ours: Company, said: dict[str, Any]) -> None:
    held = ours.register.entries["asset", "A-01"][-1]
    content = {"key": "A-01", "n": held.n + 1, "act": "change", "facts": {**held.facts, "rto": 4}}
    ours.say("asset.recorded", **content, **said)

    wrong = "evidence" in said["c"] or "name" in said.get("cleared", ())
    assert ours.wrong == (["asset"] if wrong else [])


def test_a_record_of_another_kind_needs_a_role_all_the_same(company: Company) -> None:
    company.say("workflow.registered", auth=None, wf={"id": "x", "ver": "1", "sha256": "bb"})

    assert company.wrong == ["no_authority"]
