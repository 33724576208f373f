"""Lines of registers: every record of one says its whole state, numbers follow, texts are beside, tables agree."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.audit.house import House
from tests.unit.audit.projects import LATER, TS, Project, asked, auth, counted

from flowgov.audit import entry_shapes, fields, judges, register, replay
from flowgov.audit.bases import basis_of
from flowgov.audit.chain import Chain
from flowgov.audit.compare import ProjectRows, entries, project
from flowgov.audit.definition import ALWAYS, LAST
from flowgov.audit.finding import Findings
from flowgov.audit.held import EntryCheck, EntryShape, Judged
from flowgov.audit.kinds import fits, group


def line(on: Project, n: int = 1, key: str = "R-01", texts: dict[str, str] | None = None, **changes: Any) -> int:
    """A record of a line that the project's owner entered."""
    given: dict[str, Any] = {"key": key, "n": n, "act": "record", "facts": {"gravity": 3}, "auth": auth("alice")}
    given |= {"c": dict.fromkeys(texts, "")} if texts else {}
    return on.say("risk.recorded", texts, version=on.replay.version + 1, **{**given, **changes})


def filed(house: House, n: int = 1, texts: dict[str, str] | None = None, **changes: Any) -> int:
    """A record of a line in a register of the organisation."""
    given: dict[str, Any] = {"key": "A1", "n": n, "act": "record", "facts": {"criticality": 4}}
    given |= {"c": dict.fromkeys(texts, "")} if texts else {}
    return house.say("asset.recorded", texts, **{**given, **changes})


@pytest.fixture
def crm() -> Project:
    return Project()


@pytest.fixture
def house(monkeypatch: pytest.MonkeyPatch) -> House:

    found = House()
    found.register.complete = True
    return found


@pytest.fixture(autouse=True)
def _known(monkeypatch: pytest.MonkeyPatch) -> None:

    for area in (register, replay):
        monkeypatch.setattr(area, "RULES", {})


def test_a_line_is_as_its_newest_record_says(crm: Project) -> None:
    line(crm)
    seq = line(crm, 2, facts={"gravity": 4})

    held = crm.replay.entries["risk", "R-01"]
    assert (held.n, held.seq, held.facts, held.actor, crm.found) == (2, seq, {"gravity": 4}, "alice", [])


@pytest.mark.parametrize("n", [1, 3])
def test_the_records_of_a_line_follow_one_another(crm: Project, n: int) -> None:
    line(crm)
    seq = line(crm, n)

    assert crm.found == [("RULE_VIOLATION", "entry_number", seq)]


def test_where_records_are_missing_the_number_proves_nothing(crm: Project) -> None:
    crm.chain.lost = True
    line(crm, 7)

    assert crm.found == []


def test_texts_stay_until_they_are_said_anew_cleared_or_redacted(crm: Project) -> None:
    first = line(crm, texts={"title": "Panne", "measure": "Export"})
    second = line(crm, 2, texts={"title": "Panne longue"}, c={"title": "", "os_user": ""})
    assert crm.replay.entries["risk", "R-01"].texts == {"measure": (first, "Export"), "title": (second, "Panne longue")}

    line(crm, 3, cleared=["measure"], c={"title": ""})

    assert crm.replay.entries["risk", "R-01"].texts == {}


def test_whoever_enters_a_line_holds_the_role_he_names(crm: Project) -> None:
    seq = line(crm, auth=auth("bob"))

    assert crm.found == [("ROLE_VIOLATION", "not_held", seq)]


def test_a_role_that_only_reads_enters_nothing(crm: Project) -> None:
    seq = line(crm, actor="requester", auth=auth("requester"))

    assert crm.found == [("ROLE_VIOLATION", "not_entitled", seq)]


def test_without_its_definition_a_role_cannot_be_judged(crm: Project) -> None:
    crm.replay.definition = None
    line(crm, actor="requester", auth=auth("requester"))

    assert crm.found == []


def test_some_registers_ask_for_no_role(crm: Project) -> None:
    line(crm, auth=None) if False else crm.say(
        "risk.recorded", key="R-01", n=1, act="record", facts={}, version=crm.replay.version + 1
    )

    assert crm.found == []


def test_a_refused_line_is_refused_for_something(crm: Project) -> None:
    from tests.unit.audit import projects

    projects.DEFAULTS.setdefault("entry.refused", {})
    seq = crm.say("entry.refused", kind="risk", key="R-01", act="record", blockers=[])

    assert crm.found == [("RULE_VIOLATION", "refused_for_nothing", seq)]


def test_the_rule_of_a_register_is_asked(crm: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[EntryCheck] = []

    def rule(check: EntryCheck) -> None:
        seen.append(check)
        check.find("guard", said="no")

    monkeypatch.setattr(replay, "RULES", {"risk": rule})
    seq = line(crm)

    assert crm.found == [("RULE_VIOLATION", "guard", seq)]
    assert (seen[0].facts, seen[0].act, seen[0].former) == ({"gravity": 3}, "record", None)


@pytest.mark.parametrize(("chain", "auth_needed"), [("prj", False), ("org", True)])
def test_a_record_of_a_line_has_what_its_register_says(chain: str, auth_needed: bool) -> None:
    shape = fields._entry(EntryShape(chain, group({"gravity": int}), ("record",), ("measure",), ("title",)))

    assert shape.chain == chain
    assert ("auth" in shape.required, "cycle" in shape.required) == (auth_needed, not auth_needed)
    assert {"key", "n", "act", "facts"} <= shape.required
    assert (shape.texts, shape.texts_required) == ({"measure", "title", "os_user"}, {"title"})
    assert (fits("record", shape.kinds["act"]), fits("drop", shape.kinds["act"])) == (True, False)


# --- the organisation's ---------------------------------------------------------------------------------------------


def test_a_register_of_the_organisation_keeps_every_state(house: House) -> None:
    first, second = filed(house), filed(house, 2, facts={"criticality": 2})

    at = house.register.entries_at
    assert [at("asset", place)["A1"].n for place in (first + 1, second, second + 1)] == [1, 1, 2]
    assert (at("asset", first), at("plan", 99), house.found) == ({}, {}, [])


def test_its_rule_is_asked_where_the_chain_is_whole(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(register, "RULES", {"asset": lambda check: check.find("guard", said="no")})
    seq = filed(house)
    house.lost()
    filed(house, 2)

    assert house.found == [("RULE_VIOLATION", "guard", seq)]


def test_an_acting_role_may_enter_lines_but_administer_nothing(house: House) -> None:
    from tests.unit.audit.lifecycles import body

    from flowgov.audit.definition import parse

    definition = parse(body())
    assert definition is not None
    house.register.definitions["aa"] = definition
    house.say("person.added")
    granted = house.say("role.granted", role="owner")
    his = {"role": "owner", "grant": f"h{granted}"}
    filed(house, actor="u2", auth=his)
    seq = house.say("person.added", person="u3", actor="u2", auth=his)

    assert house.found == [("ROLE_VIOLATION", "not_held", seq)]


def test_a_role_that_acts_nowhere_enters_nothing(house: House) -> None:
    house.say("person.added")
    granted = house.say("role.granted", role="sponsor")
    seq = filed(house, actor="u2", auth={"role": "sponsor", "grant": f"h{granted}"})

    assert house.found == [("ROLE_VIOLATION", "not_held", seq)]


def test_who_a_line_is_entered_for_is_who_lent_the_role(house: House) -> None:
    seq = filed(house, auth={"role": "administrator", "grant": house.chain.head, "for": "u9"})

    assert house.found == [("ROLE_VIOLATION", "on_behalf", seq)]


# --- what decisions are made on -------------------------------------------------------------------------------------


def based(on: Project, **changes: Any) -> int:
    """Carol's approval and alice's move, both saying what they are made on."""
    basis = basis_of(on.replay, ())
    seq = on.approve("carol", basis=basis)
    guards = asked(*ALWAYS, *LAST, counted=counted(("carol", seq)))
    return on.move("submit", **{"basis": basis, "guards": guards, **changes})


def test_what_a_decision_was_made_on_is_computed_again(crm: Project) -> None:
    line(crm)
    crm.add("note")
    based(crm)

    assert crm.found == []
    assert basis_of(crm.replay, ("note",)).keys() == {"project", "evidence", "risks"}


def test_a_decision_made_on_something_else_is_found(crm: Project) -> None:
    wrong = {"project": "00"}
    seq = based(crm, basis=wrong)

    assert ("RULE_VIOLATION", "basis", seq) in crm.found


def test_an_approval_of_something_else_is_not_counted(crm: Project) -> None:
    approved = crm.approve("carol", basis=basis_of(crm.replay, ()))
    line(crm)
    guards = asked(*ALWAYS, *LAST, counted=counted(("carol", approved)))
    seq = crm.move("submit", basis=basis_of(crm.replay, ()), guards=guards)

    assert crm.found == [("RULE_VIOLATION", "approval", seq)]


def test_a_decision_that_does_not_say_is_found_once_earlier_ones_do(crm: Project) -> None:
    crm.approve("carol", basis=basis_of(crm.replay, ()))
    seq = crm.approve("carol")

    assert crm.found == [("RULE_VIOLATION", "basis_missing", seq)]


def test_the_lines_relied_on_stood(crm: Project) -> None:
    line(crm)
    guards = [*asked(*ALWAYS, *LAST)]
    guards[-1] |= {"relied": [{"scope": "prj", "kind": "risk", "key": "R-01", "n": 2}]}
    seq = crm.move("submit", basis=basis_of(crm.replay, ()), guards=guards)

    assert ("RULE_VIOLATION", "relied", seq) in crm.found


@pytest.mark.parametrize(("n", "complete", "wrong"), [(1, True, False), (2, True, True), (2, False, False)])
def test_the_organisations_lines_relied_on_stood(
    crm: Project, house: House, n: int, complete: bool, wrong: bool
) -> None:
    filed(house)
    crm.register.entries, crm.register.complete = house.register.entries, complete
    guards = [*asked(*ALWAYS, *LAST)]
    guards[-1] |= {"relied": [{"scope": "org", "kind": "asset", "key": "A1", "n": n}]}
    seq = crm.move("submit", basis=basis_of(crm.replay, ()), guards=guards)

    assert (("RULE_VIOLATION", "relied", seq) in crm.found) == wrong


def test_a_guard_is_judged_again(crm: Project, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Judged] = []

    def judge(judged: Judged) -> list[str]:
        seen.append(judged)
        return ["high_risk"]

    monkeypatch.setattr(replay, "JUDGES", {"conditions": judge})
    filed(house)
    crm.register.entries = house.register.entries
    line(crm)
    guards = [*asked(*ALWAYS, *LAST)]
    seq = crm.move("submit", basis=basis_of(crm.replay, ()), guards=guards)

    assert ("RULE_VIOLATION", "guard", seq) in crm.found
    judged = seen[0]
    assert ([*judged.entries("risk")], [*judged.shared("asset")], judged.ts) == (["R-01"], ["A1"], TS)
    assert (judged.saw("conditions"), judged.saw("nothing")) == ({"n": "conditions", "ok": True}, {})


def test_every_area_is_among_those_looked_at() -> None:
    assert (len(entry_shapes._AREAS), len(judges._AREAS)) == (9, 6)


# --- the table ------------------------------------------------------------------------------------------------------


def row(scope: str, held: Any, **changes: Any) -> list[Any]:
    given = {"scope": scope, "kind": held.kind, "key": held.key, "n": held.n, "seq": held.seq, "at": held.at}
    given |= {"facts": '{"gravity":3}', "texts": f'{{"title":[{held.seq},"Panne"]}}'}
    return [*{**given, **changes}.values()]


@pytest.mark.parametrize(
    ("column", "value", "about"),
    [
        ("n", 2, None),
        ("seq", 9, None),
        ("at", LATER, None),
        ("facts", '{"gravity":1}', None),
        ("texts", "{}", "text"),
    ],
)
def test_every_cell_of_a_line_is_compared(crm: Project, column: str, value: Any, about: str | None) -> None:
    line(crm, texts={"title": "Panne"})
    held = crm.replay.entries["risk", "R-01"]
    rows = ProjectRows(entries=[row("1", held, **{column: value})])
    project(crm.chain, crm.replay, crm.register, rows)

    mine = [f for f in crm.findings.kept if f.params.get("table") == "entry"]
    assert [(f.code, f.params.get("column"), f.params.get("about")) for f in mine] == [
        ("STATE_MISMATCH", column, about)
    ]


def test_a_line_that_is_missing_or_too_much_is_found(crm: Project) -> None:
    line(crm, texts={"title": "Panne"})
    held = crm.replay.entries["risk", "R-01"]
    rows = ProjectRows(entries=[row("1", held, key="R-02")])
    project(crm.chain, crm.replay, crm.register, rows)

    mine = [f.params for f in crm.findings.kept if f.params.get("table") == "entry"]
    assert [(p["about"], p["row"]) for p in mine] == [("extra", "1/risk/R-02"), ("missing", "1/risk/R-01")]


def test_the_lines_of_the_organisation_are_compared_too(house: House) -> None:
    filed(house)
    chain = Chain("org", 1, None, Findings())
    held = house.register.entries["asset", "A1"][-1]
    entries(chain, house.register, [row("org", held, facts='{"criticality":4}', texts="{}")])
    assert chain.findings.count == 0

    entries(chain, house.register, [])
    assert chain.findings.count == 1
