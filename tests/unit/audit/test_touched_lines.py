"""What projects touch, in their chains; and the guards that look at assets, judged again."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.audit import projects
from tests.unit.audit.lifecycles import document, transition
from tests.unit.audit.projects import TS, Project, asked, auth
from tests.unit.audit.test_asset_lines import facts as asset_facts

from flowgov.audit.bases import basis_of
from flowgov.audit.definition import LAST
from flowgov.audit.entries_touch import SHAPES
from flowgov.audit.held import Held
from flowgov.audit.kinds import fits

TODAY = "2026-01-05"
COVERED, RESTORED = "critical_assets_covered", "restore_test_since_deployment"
STATES = [
    {"id": "draft", "kind": "initial", "stage": "need_expressed"},
    {"id": "checked", "kind": "normal", "stage": "deployed"},
    {"id": "live", "kind": "final", "stage": "deployed"},
    {"id": "hold", "kind": "suspended", "stage": None},
]
SAFE = {
    "backup": {"frequency": "daily", "place": "offsite", "on": TODAY},
    "test": {"on": TODAY, "result": "passed"},
}
PLAN = {
    "kind": "recovery",
    "assets": ["A-01"],
    "edition": 2,
    "approved": {"by": "alice", "on": TODAY, "edition": 2},
    "exercise": {"on": TODAY, "result": "passed"},
    "next_exercise": None,
    "retired": False,
}


class Touching(Project):
    """A project whose gate `check` deploys, and whose gates `cover` and `restore` look at assets."""

    def __init__(self, mode: str = "block", **changes: Any) -> None:
        ours = (
            transition("check", ["draft"], "checked"),
            transition("cover", ["draft", "checked"], "live", guards=[COVERED]),
            transition("restore", ["checked"], "live", guards=[RESTORED]),
        )
        lifecycle = {
            "states": STATES,
            "continuity": {"mode": mode},
            "transitions": [*document()["transitions"], *ours],
        }
        super().__init__(**{**lifecycle, **changes})
        for key in ("A-01", "A-02"):
            self.own(key)

    def own(self, key: str, kind: str = "asset", /, **changes: Any) -> None:
        """An asset of the organisation that bob answers for, or a plan."""
        usual = asset_facts(owner="bob", criticality=4, **SAFE) if kind == "asset" else PLAN
        held = Held(kind, key, 1, 5, TS, 5, {**usual, **changes})
        self.register.entries[kind, key] = [held]

    def touch(
        self, key: str = "A-01", act: str = "touch", by: str | None = "alice", *, reason: bool = False, **said: Any
    ) -> int:
        former = self.replay.entries.get(("touches", key))
        usual = {"touched": act != "release", "deployed": former.facts["deployed"] if former else None}
        given: dict[str, Any] = {"key": key, "n": former.n + 1 if former else 1, "act": act, "facts": {**usual, **said}}
        given |= {"actor": by} if by else {}
        given |= {"auth": auth(by)} if by and projects.PEOPLE[by] != "reader" else {}
        given |= {"c": {"reason": ""}} if reason else {}
        return self.say("touches.recorded", version=self.replay.version + 1, **given)

    def pass_(self, name: str, **saw: Any) -> int:
        """A gate as it is recorded now, with what its named guard saw."""
        step = self.register.definitions["aa"].steps[name]
        guards = [
            {**guard, **(saw if guard["n"] in (COVERED, RESTORED) else {})} for guard in asked(*step.asked, *LAST)
        ]
        return self.move(name, guards=guards, basis=basis_of(self.replay, ()))

    @property
    def wrong(self) -> list[str | None]:
        return [f.params.get("said") if f.params.get("about") == "guard" else f.params.get("about") for f in self.kept]

    @property
    def kept(self) -> list[Any]:
        return self.findings.kept


@pytest.fixture
def crm() -> Touching:
    return Touching()


@pytest.fixture
def touching(crm: Touching) -> Touching:
    """It touches A-01, which is safe and covered."""
    crm.touch()
    crm.own("PL-01", "plan")
    return crm


# --- what is touched --------------------------------------------------------------------------------------------------


def test_what_the_engine_records_has_the_shape() -> None:
    assert fits({"touched": True, "deployed": None}, SHAPES["touches"].facts)
    assert not fits({"touched": True, "deployed": "soon"}, SHAPES["touches"].facts)


@pytest.mark.parametrize("by", ["alice", "requester"])
def test_who_acts_or_opened_the_project_says_what_it_touches(crm: Touching, by: str) -> None:
    crm.touch(by=by)
    crm.touch("A-02", by=by)

    assert crm.wrong == []


def test_a_stranger_does_not(crm: Touching) -> None:
    crm.replay.creator = "dora"
    crm.touch(by="requester")

    assert crm.wrong == ["touches"]


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("A-09", {}),
        ("A-03", {}),
        ("A-01", {"deployed": TODAY}),
        ("A-01", {"touched": False}),
        ("NONE", {}),
    ],
)
def test_it_touches_assets_there_are_and_has_deployed_none_of_them(
    crm: Touching, key: str, said: dict[str, Any]
) -> None:
    crm.own("A-03", retired=True)
    crm.touch(key, **said)

    assert crm.wrong == ["touches"]


def test_an_asset_is_touched_once(touching: Touching) -> None:
    touching.touch()

    assert touching.wrong == ["touches"]


def test_where_the_organisations_records_are_missing_assets_cannot_be_judged(crm: Touching) -> None:
    crm.register.complete = False
    crm.touch("A-09")
    crm.touch("A-09", "release", reason=True)

    assert crm.wrong == []


def test_that_it_touches_none_is_said_with_a_reason_and_taken_back_by_who_names_one(crm: Touching) -> None:
    crm.touch("NONE", reason=True)
    crm.touch("NONE", "release")
    crm.touch()
    assert crm.wrong == []

    crm.touch("NONE", reason=True)

    assert crm.wrong == ["touches"]


@pytest.mark.parametrize(
    ("by", "reason", "said", "wrong"),
    [
        ("bob", True, {}, []),
        ("alice", True, {}, ["touches"]),
        ("bob", False, {}, ["touches"]),
        ("bob", True, {"deployed": TODAY}, ["touches"]),
    ],
)
def test_only_the_owner_releases_the_project(
    touching: Touching, by: str, reason: bool, said: dict[str, Any], wrong: list[str]
) -> None:
    touching.touch("A-01", "release", by, reason=reason, **said)

    assert touching.wrong == wrong


def test_what_is_not_touched_is_not_released(crm: Touching) -> None:
    crm.touch("A-01", "release", "bob", reason=True)

    assert crm.wrong == ["touches"]


# --- deployments ------------------------------------------------------------------------------------------------------


def test_a_deployment_is_recorded_with_each_asset_that_it_touched(touching: Touching) -> None:
    touching.touch("A-02")
    touching.touch("A-02", "release", "bob", reason=True)
    touching.pass_("check")
    touching.touch(act="deploy", deployed=TODAY)
    touching.add()

    assert touching.wrong == []


def test_one_that_is_not_is_found(touching: Touching) -> None:
    touching.pass_("check")
    touching.add()

    assert touching.wrong == ["deployment_not_recorded"]


def test_where_records_are_missing_it_proves_nothing(touching: Touching) -> None:
    touching.pass_("check")
    touching.chain.lost = True
    touching.add()

    assert touching.wrong == []


@pytest.mark.parametrize("said", [{"deployed": "2026-01-04"}, {"touched": False}])
def test_the_day_of_a_deployment_is_that_of_the_move(touching: Touching, said: dict[str, Any]) -> None:
    touching.pass_("check")
    touching.touch(act="deploy", **{"deployed": TODAY, **said})

    assert touching.wrong == ["touches"]


@pytest.mark.parametrize(("by", "found"), [("alice", []), ("bob", ["touches"])])
def test_who_deploys_records_it(touching: Touching, by: str, found: list[str]) -> None:
    touching.pass_("check")
    touching.touch(act="deploy", by=by, deployed=TODAY)

    assert touching.wrong == found


def test_without_a_deployment_none_is_recorded(touching: Touching) -> None:
    touching.touch(act="deploy", deployed=None)

    assert touching.wrong == ["touches"]


@pytest.mark.parametrize(("kind", "wrong"), [("normal", []), ("recovery", ["deployment_not_recorded"])])
def test_what_was_rolled_back_is_not_in_service(kind: str, wrong: list[str]) -> None:
    crm = Touching(states=[{**state, "kind": kind} if state["id"] == "checked" else state for state in STATES])
    crm.touch()
    crm.own("PL-01", "plan")
    crm.pass_("check")
    crm.touch(act="deploy", deployed=TODAY)
    crm.pass_("cover")
    crm.add()

    assert crm.wrong == wrong


def test_a_move_from_service_to_service_or_back_from_a_hold_deploys_nothing(touching: Touching) -> None:
    touching.pass_("check")
    touching.touch(act="deploy", deployed=TODAY)
    touching.pass_("suspend")
    touching.pass_("resume")
    touching.pass_("cover")
    touching.add()

    assert touching.wrong == []


@pytest.mark.parametrize("act", ["touch", "release"])
def test_nothing_more_is_said_of_a_project_that_ended(touching: Touching, act: str) -> None:
    touching.replay.state = "cancelled"

    touching.touch("A-02" if act == "touch" else "A-01", act, "bob", reason=True)

    assert touching.wrong == ["touches"]


# --- the guards -------------------------------------------------------------------------------------------------------


def gap(changes: dict[str, Any] | None = None, plan: dict[str, Any] | None = None) -> Touching:
    """A project that touches A-01, of which something is missing."""
    crm = Touching()
    crm.touch()
    crm.own("A-01", **(changes or {}))
    if plan is None or plan:
        crm.own("PL-01", "plan", **(plan or {}))
    return crm


def test_what_is_covered_passes(touching: Touching) -> None:
    touching.pass_("cover")

    assert touching.wrong == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"backup": {"frequency": "none", "place": None, "on": None}}, "asset_not_backed_up"),
        ({"backup": {"frequency": "daily", "place": "offsite", "on": None}}, "asset_without_backup"),
        ({"test": {"on": None, "result": "never"}}, "asset_never_restored"),
        ({"test": {"on": TODAY, "result": "failed"}}, "asset_restore_failed"),
        ({"test": {"on": "2025-01-03", "result": "passed"}}, "asset_restore_stale"),
    ],
)
def test_what_is_missing_of_a_critical_asset_is_found(changes: dict[str, Any], code: str) -> None:
    crm = gap(changes)
    crm.pass_("cover")

    assert crm.wrong == [code]


@pytest.mark.parametrize(
    ("plan", "code"),
    [
        ({"kind": "reversibility"}, "asset_without_plan"),
        ({"retired": True}, "asset_without_plan"),
        ({"assets": ["A-02"]}, "asset_without_plan"),
        ({"approved": None}, "asset_plan_unapproved"),
        ({"edition": 3}, "asset_plan_unapproved"),
    ],
)
def test_a_plan_covers_it_and_is_approved_as_it_stands(plan: dict[str, Any], code: str) -> None:
    crm = gap(plan=plan)
    crm.pass_("cover")

    assert crm.wrong == [code]


def test_where_the_organisations_records_are_missing_no_guard_can_be_judged() -> None:
    crm = gap({"test": {"on": None, "result": "never"}})
    crm.register.complete = False
    crm.pass_("cover")

    assert crm.wrong == []


def test_that_nothing_was_named_is_found(crm: Touching) -> None:
    crm.pass_("cover")

    assert crm.wrong == ["assets_unnamed"]


def test_that_it_touches_none_is_enough(crm: Touching) -> None:
    crm.touch("NONE", reason=True)
    crm.pass_("cover")

    assert crm.wrong == []


def test_what_is_not_critical_needs_nothing(crm: Touching) -> None:
    crm.own("A-01", criticality=2, test={"on": None, "result": "never"})
    crm.touch()
    crm.pass_("cover")

    assert crm.wrong == []


def test_what_it_needs_counts_too_but_for_what_is_no_more(touching: Touching) -> None:
    touching.own("A-01", needs=["A-02", "A-03"])
    touching.own("A-03", retired=True)
    touching.pass_("cover")

    assert touching.wrong == ["asset_without_plan"]


@pytest.mark.parametrize(
    "plan",
    [
        {"exercise": None},
        {"exercise": {"on": "2025-01-03", "result": "passed"}},
        {"next_exercise": "2026-01-04"},
    ],
)
def test_a_plan_that_was_not_exercised_is_told(plan: dict[str, Any]) -> None:
    told, silent = gap(plan=plan), gap(plan=plan)
    told.pass_("cover", warned=["plan_unexercised"])
    silent.pass_("cover")

    assert (told.wrong, silent.wrong) == ([], ["warned"])


NEVER = {"code": "asset_never_restored", "asset": "A-01"}
ALL_OF_IT = {"warned": ["asset_never_restored"], "values": {"gaps": [NEVER]}}


@pytest.mark.parametrize(
    ("saw", "wrong"),
    [
        (ALL_OF_IT, []),
        ({}, ["warned"]),
        ({**ALL_OF_IT, "warned": []}, ["warned"]),
        ({"warned": ["asset_never_restored"]}, ["warned"]),
        ({**ALL_OF_IT, "values": {"gaps": [{**NEVER, "asset": "A-02"}]}}, ["warned"]),
        ({**ALL_OF_IT, "values": {"gaps": [NEVER, {**NEVER, "asset": "A-02"}]}}, ["warned"]),
        ({**ALL_OF_IT, "values": ["gaps"]}, ["warned"]),
    ],
)
def test_where_gaps_only_warn_they_are_told_and_of_which_asset(saw: dict[str, Any], wrong: list[str]) -> None:
    crm = Touching("warn")
    crm.touch()
    crm.own("PL-01", "plan")
    crm.own("A-01", test={"on": None, "result": "never"})
    crm.pass_("cover", **saw)

    assert crm.wrong == wrong


def test_a_clock_that_was_held_says_nothing_of_ages() -> None:
    crm = gap({"test": {"on": "2025-01-03", "result": "passed"}}, {"exercise": None})
    step = crm.register.definitions["aa"].steps["cover"]
    crm.move("cover", guards=asked(*step.asked, *LAST), basis=basis_of(crm.replay, ()), clock="held")

    assert crm.wrong == []


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({}, ["restore_test_due"]),
        ({"test": {"on": "2026-01-06", "result": "passed"}}, []),
        ({"test": {"on": "2026-01-06", "result": "failed"}}, ["restore_test_due"]),
        ({"retired": True}, []),
        ({"criticality": 2}, []),
    ],
)
def test_a_later_gate_asks_for_a_test_since_the_deployment(
    touching: Touching, changes: dict[str, Any], wrong: list[str]
) -> None:
    touching.pass_("check")
    touching.touch(act="deploy", deployed=TODAY)
    touching.own("A-01", **changes)
    touching.pass_("restore")

    assert touching.wrong == wrong


def test_what_was_not_deployed_or_is_unknown_needs_no_test(touching: Touching) -> None:
    touching.pass_("check")
    touching.touch(act="deploy", deployed=TODAY)
    touching.touch("A-02")
    del touching.register.entries["asset", "A-01"]
    touching.pass_("restore")

    assert touching.wrong == []
