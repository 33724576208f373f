"""The matrix of accesses: groups, rights, reviews, and nobody who gets round the rules."""

from __future__ import annotations

import csv
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from tests.walks.company import codes, open_crm
from tests.walks.test_contracts import on, refused, wrong

from flowgov import Engine, FixedClock, NotFound, Refused
from flowgov.acts.entering import go_in
from flowgov.acts.unit import Unit, write
from flowgov.dossier.accesses import RIGHTS, Access
from flowgov.dossier.assets import AssetDescription
from flowgov.keeper import LIBRARY
from flowgov.report.matrix_csv import matrix

ENTITLED = ["htallec", "kbenali", "jprigent", "ykerbrat"]
"""The administrator, the asset's owner, its holder, and somebody with a role that acts."""


@pytest.fixture
def held(engine: Engine) -> Engine:
    """A1 and A2 belong to kbenali and are held by jprigent, who hold no role; ykerbrat holds one that acts."""
    open_crm(engine, "pme-light")
    engine.grant_role("technical_owner", "ykerbrat", project="CRM", by="htallec")
    for key, name in (("A1", "Fichier clients"), ("A2", "=HYPERLINK(1)")):
        said = AssetDescription(name=name, owner="kbenali", holder="jprigent")
        engine.assets.record(said, key=key, by="htallec")
    return engine


@pytest.fixture
def matrixed(held: Engine) -> Engine:
    """On A1, COMPTA reads and writes and direction reads; kbenali has reviewed that."""
    for group, right in (("COMPTA", "write"), ("direction", "read"), ("COMPTA", "read")):
        held.access.set("A1", group, right, by="kbenali")
    held.access.review("A1", by="kbenali")
    return held


def rights(engine: Engine, asset: str = "A1") -> dict[str, tuple[str, ...]]:
    return {one.group: tuple(one.rights) for one in engine.access.one(asset).granted}


def forged(engine: Engine, act: str, by: str, facts: dict[str, Any], key: str = "A1") -> set[Any]:
    """What verification finds once somebody wrote a record past the rules."""

    def enter(unit: Unit) -> None:
        office = go_in(unit, by)
        before = office.entries("access")["A1"].facts
        said = {**before, **{n: office.person(v) if n == "reviewer" and v else v for n, v in facts.items()}}
        office.enter("access", key, act, said, grant=office.administrator or office.acting())

    write(engine._house, enter, LIBRARY)
    return {finding.params.get("about") for finding in engine.verify().findings}


# --- giving and taking ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", ENTITLED)
def test_rights_are_given_and_taken_by_whom_the_asset_concerns_or_by_a_role(held: Engine, by: str) -> None:
    held.access.set("A1", "COMPTA", "read", by=by)
    held.access.set("A1", "COMPTA", "admin", by=by)
    held.access.set("A1", "direction", "read", by=by)
    both = rights(held)
    held.access.remove("A1", "COMPTA", "read", by=by)
    one = rights(held)
    held.access.remove("A1", "COMPTA", by=by)

    assert (both, one, rights(held)) == (
        {"COMPTA": ("read", "admin"), "direction": ("read",)},
        {"COMPTA": ("admin",), "direction": ("read",)},
        {"direction": ("read",)},
    )
    assert held.verify().holds


@pytest.mark.parametrize("by", ["nroussel", "ebihan"])
def test_nobody_else_changes_rights(matrixed: Engine, by: str) -> None:
    assert refused(lambda: matrixed.access.set("A1", "COMPTA", "admin", by=by)) == {"access_not_yours"}
    assert refused(lambda: matrixed.access.remove("A1", "COMPTA", by=by)) == {"access_not_yours"}
    assert [e.event for e in matrixed.log()][-2:] == ["administration.refused"] * 2


def test_who_was_the_owner_has_no_say_any_more(matrixed: Engine) -> None:
    matrixed.assets.change("A1", AssetDescription(owner="nroussel"), by="htallec")

    assert refused(lambda: matrixed.access.remove("A1", "COMPTA", by="kbenali")) == {"access_not_yours"}
    assert refused(lambda: matrixed.access.review("A1", by="kbenali")) == {"access_review_not_yours"}


def test_a_role_that_is_over_changes_nothing(matrixed: Engine) -> None:
    matrixed.revoke_role("technical_owner", "ykerbrat", project="CRM", by="htallec")

    assert refused(lambda: matrixed.access.set("A1", "RH", "read", by="ykerbrat")) == {"access_not_yours"}


def test_a_group_whose_name_differs_by_case_only_is_the_same_group(matrixed: Engine) -> None:
    matrixed.access.set("A2", "Compta", "read", by="kbenali")
    matrixed.access.set("A1", "DIRECTION", "write", by="kbenali")
    matrixed.access.remove("A1", "compta", by="kbenali")

    assert (rights(matrixed), rights(matrixed, "A2")) == ({"direction": ("read", "write")}, {"COMPTA": ("read",)})
    assert matrixed.verify().holds


@pytest.mark.parametrize("group", ["", " ", "karim.benali", "a b", "-x", "_x", "été", "x" * 41, "COMPTA\u202e", "=1+1"])
def test_a_group_has_a_name_that_nobody_mistakes(held: Engine, group: str) -> None:
    assert wrong(lambda: held.access.set("A1", group, "read", by="kbenali")) == "bad_group"


@pytest.mark.parametrize(("right", "reason"), [("read", "access_held"), ("all", "no_choice"), ("READ", "no_choice")])
def test_a_right_is_one_there_is_and_not_there_yet(matrixed: Engine, right: str, reason: str) -> None:
    assert wrong(lambda: matrixed.access.set("A1", "compta", right, by="kbenali")) == reason


def test_what_a_group_has_not_cannot_be_taken(matrixed: Engine) -> None:
    for group, right in (("RH", None), ("RH", "read"), ("direction", "write")):
        with pytest.raises(NotFound):
            matrixed.access.remove("A1", group, right, by="kbenali")
    assert wrong(lambda: matrixed.access.remove("A1", "COMPTA", "all", by="kbenali")) == "no_choice"


@pytest.mark.parametrize("key", ["A9", "A2"], ids=["unknown", "retired"])
def test_rights_are_to_an_asset_in_use(matrixed: Engine, key: str) -> None:
    matrixed.access.set("A2", "COMPTA", "read", by="kbenali")
    matrixed.assets.retire("A2", reason="Replaced", by="kbenali")

    for attempt in (
        lambda: matrixed.access.set(key, "COMPTA", "write", by="htallec"),
        lambda: matrixed.access.remove(key, "COMPTA", by="htallec"),
        lambda: matrixed.access.review(key, by="kbenali"),
    ):
        with pytest.raises(NotFound):
            attempt()


def test_a_retired_asset_leaves_the_matrix_and_can_still_be_looked_up(matrixed: Engine) -> None:
    matrixed.assets.retire("A1", reason="Replaced", by="kbenali")

    assert ([one.asset for one in matrixed.access.every()], matrixed.access.one("A1").retired) == ([], True)


# --- reviewing --------------------------------------------------------------------------------------------------------


def test_the_owner_of_an_asset_reviews_the_rights_to_it(matrixed: Engine) -> None:
    one = matrixed.access.one("A1")

    assert (one.reviewed, one.reviewer, one.to_review) == ("2026-01-05", "kbenali", False)
    assert matrixed.verify().holds


@pytest.mark.parametrize("by", ["htallec", "jprigent", "ykerbrat", "nroussel"])
def test_nobody_else_reviews_them_neither_administrator_nor_holder(matrixed: Engine, by: str) -> None:
    assert refused(lambda: matrixed.access.review("A1", by=by)) == {"access_review_not_yours"}


@pytest.mark.parametrize("act", ["set", "remove"])
def test_after_a_change_somebody_has_to_look_again(matrixed: Engine, act: str) -> None:
    if act == "set":
        matrixed.access.set("A1", "RH", "read", by="htallec")
    else:
        matrixed.access.remove("A1", "direction", by="htallec")

    one = matrixed.access.one("A1")
    assert (one.reviewed, one.reviewer, one.to_review) == (None, None, True)


@pytest.mark.parametrize(("day", "again"), [("2027-01-06", False), ("2027-01-07", True)])
def test_a_review_is_good_for_a_year(matrixed: Engine, clock: FixedClock, day: str, again: bool) -> None:
    on(clock, day)

    assert [one.to_review for one in matrixed.access.every()] == [again]


def test_what_nobody_has_a_right_to_is_not_reviewed(held: Engine) -> None:
    with pytest.raises(NotFound):
        held.access.review("A1", by="kbenali")
    with pytest.raises(NotFound):
        held.access.one("A1")


def test_a_program_reviews_nothing_even_what_it_holds(matrixed: Engine) -> None:
    matrixed.add_person("robot", name="Robot", service=True, by="htallec")

    with pytest.raises(Refused) as caught:
        matrixed.access.review("A1", by="robot")

    assert codes(caught.value.decision) == {"access_review_service", "access_review_not_yours"}


def test_the_reviewer_is_told_by_login_and_recorded_by_pseudonym(matrixed: Engine) -> None:
    last = [e for e in matrixed.log() if e.event == "access.recorded"][-1]

    assert matrixed.access.one("A1").reviewer == "kbenali"
    assert "kbenali" not in str(last.facts["facts"])


# --- the matrix -------------------------------------------------------------------------------------------------------


def test_the_next_review_is_due_a_year_later_by_who_reviewed(matrixed: Engine) -> None:
    due = [one for one in matrixed.deadlines(within_days=400) if one.kind == "access_review"]

    assert [(one.key, one.project, one.day, one.persons) for one in due] == [("A1", None, "2027-01-06", ("kbenali",))]


def test_the_matrix_opens_in_a_spreadsheet_and_runs_nothing(matrixed: Engine) -> None:
    matrixed.access.set("A2", "RH", "admin", by="kbenali")

    lines = [*matrix(matrixed.access.every(), "fr")]
    table = [*csv.reader((line.removeprefix("\ufeff") for line in lines), delimiter=";")]

    assert lines[0].startswith("\ufeff")
    assert table == [
        ["Actif", "Nom", "Propriétaire", "COMPTA", "direction", "RH", "Revus le", "Revus par"],
        ["A1", "Fichier clients", "kbenali", "lecture, écriture", "lecture", "", "2026-01-05", "kbenali"],
        ["A2", "'=HYPERLINK(1)", "kbenali", "", "", "administration", "", ""],
    ]


def test_a_group_without_rights_has_none() -> None:
    assert Access("A1", "", "", (), None, None, to_review=True, retired=False, n=1, recorded="").rights_of("RH") == ()
    assert RIGHTS == ("read", "write", "admin")


# --- written past the rules -------------------------------------------------------------------------------------------

_READ = {"group": "COMPTA", "right": "read"}
_BOTH = [_READ, {"group": "COMPTA", "right": "write"}, {"group": "direction", "right": "read"}]
_FRESH = {"reviewed": None, "reviewer": None}
_MORE = [*_BOTH, {"group": "direction", "right": "admin"}]
FORGED: dict[str, tuple[str, str, dict[str, Any], str]] = {
    "given by a stranger": ("set", "nroussel", {**_FRESH, "rights": _MORE}, "access"),
    "taken by a stranger": ("remove", "nroussel", {**_FRESH, "rights": _BOTH[:2]}, "access"),
    "given, the review kept": ("set", "kbenali", {"rights": _MORE}, "access"),
    "given in a taking": ("remove", "kbenali", {**_FRESH, "rights": _MORE}, "access"),
    "two rights at once": ("remove", "kbenali", {**_FRESH, "rights": []}, "access"),
    "another spelling": (
        "set",
        "kbenali",
        {**_FRESH, "rights": [*_BOTH, {"group": "compta", "right": "admin"}]},
        "access",
    ),
    "reviewed by an administrator": ("review", "htallec", {"reviewer": "htallec"}, "access_review"),
    "reviewed for the owner": ("review", "htallec", {"reviewer": "kbenali"}, "access_review"),
    "reviewed on another day": ("review", "kbenali", {"reviewed": "2026-03-01"}, "access_review"),
    "changed by a review": ("review", "kbenali", {"rights": _MORE}, "access_review"),
}


@pytest.mark.parametrize("what", FORGED)
def test_a_record_written_past_the_rules_is_found(matrixed: Engine, what: str) -> None:
    act, by, facts, about = FORGED[what]

    assert forged(matrixed, act, by, facts) == {about}


def test_rights_to_what_is_no_asset_are_found(matrixed: Engine) -> None:
    assert forged(matrixed, "set", "htallec", {**_FRESH, "rights": [_READ]}, key="A9") == {"access_asset"}


def test_a_right_slipped_into_the_table_is_found(matrixed: Engine, url: str) -> None:
    database = create_engine(url)
    with database.begin() as connection:
        connection.execute(text("UPDATE flowgov_entry SET facts = replace(facts, 'write', 'admin')"))
    database.dispose()

    assert [finding.code for finding in matrixed.verify().findings] == ["STATE_MISMATCH"]
