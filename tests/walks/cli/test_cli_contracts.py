"""Contracts and the matrix of accesses, as people type and read them."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from tests.walks.cli.conftest import Type

from flowgov import Engine
from flowgov.dossier.assets import AssetDescription

TODAY = datetime.now(UTC).date()


def day(days: int) -> str:
    """So many days from today."""
    return (TODAY + timedelta(days=days)).isoformat()


@pytest.fixture
def kept(crm: Type, url: str) -> Type:
    """A1 belongs to kbenali, has personal data, and is what CT-01 is about, which is due in 200 days."""
    with Engine.open(url) as engine:
        said = AssetDescription(name="Fichier clients", owner="jprigent", holder="ykerbrat", personal_data=True)
        engine.assets.record(said, key="A1", by="htallec")
    added = crm(
        f'contract add --supplier "Nuage SARL" --subject "Hosting" --asset A1 --owner jprigent --start {day(-100)} '
        f"--end {day(260)} --notice-days 60 --renewal tacit --as htallec"
    )
    assert added.code == 0
    return crm


# --- contracts --------------------------------------------------------------------------------------------------------


def test_a_contract_takes_one_command_that_tells_what_it_lacks(kept: Type) -> None:
    added = kept(
        "contract add --supplier S --subject T --asset A1 --owner jprigent --start 2026-01-01 --renewal tacit "
        "--as kbenali"
    )

    assert added.out.splitlines() == [
        "CT-02 is recorded.",
        "  No clause says how the data come back (reversibility).",
        "  One of its assets has personal data, and no clause says how they are processed.",
        "  It renews by itself, and no day to give notice is recorded.",
    ]


def test_the_list_begins_with_what_is_due_first_and_says_what_is_late(kept: Type) -> None:
    kept(
        f"contract add --supplier Tard --subject T --owner jprigent --start {day(-100)} --end {day(-1)} "
        "--renewal express --reversibility yes --as htallec"
    )

    listed = kept("contract list")

    assert [line.split("  ")[0] for line in listed.out.splitlines()] == ["Contract", "CT-02", "CT-01"]
    assert f"late since {day(-1)}" in listed.out.splitlines()[1]
    assert "CT-01: No clause says how the data come back" in listed.err


def test_the_list_is_cut_to_what_is_due_soon(kept: Type) -> None:
    later, sooner = kept("contract list --within 199"), kept("contract list --within 200")

    assert (later.out, later.err) == ("", "No contract is to be shown.\n")
    assert "CT-01" in sooner.out


def test_the_card_says_everything_in_the_readers_language(kept: Type) -> None:
    shown = kept("contract show CT-01", FLOWGOV_LANG="fr").out

    assert all(
        said in shown
        for said in (
            "CT-01  Nuage SARL",
            "Objet : Hosting",
            f"Préavis avant le : {day(200)} (60 jours avant la fin)",
            "Renouvellement : tacite",
            "Clause de réversibilité : non",
            "aucune clause ne dit comment elles sont traitées",
        )
    )


def test_a_contract_is_changed_renewed_given_away_and_ended(kept: Type) -> None:
    outs = [
        kept(line).out.splitlines()[0]
        for line in (
            "contract change CT-01 --reversibility yes --personal-data-clause yes --as ykerbrat",
            f"contract renew CT-01 --end {day(600)} --as jprigent",
            "contract change CT-01 --owner nroussel --as jprigent",
            f'contract end CT-01 --on {day(600)} --reason "Notice was given" --as nroussel',
        )
    ]

    assert outs == [
        "CT-01 is changed.",
        f"CT-01 is renewed until {day(600)}.",
        "CT-01 is changed.",
        f"CT-01 is ended; its last day is {day(600)}.",
    ]
    assert (kept("contract list").out, "ended" in kept("contract list --all").out) == ("", True)
    assert kept("audit verify").code == 0


def test_what_is_typed_as_nothing_is_taken_away(kept: Type) -> None:
    kept("contract change CT-01 --asset '' --notice '' --end '' --as jprigent")

    data = kept("contract show CT-01 --json").json["data"]
    assert (data["assets"], data["notice"], data["end"], data["due"]) == ([], None, None, None)


def test_what_is_due_is_told_with_everything_else(kept: Type) -> None:
    shown = kept("due --within 365").out

    assert f"the notice on the contract CT-01 · Nuage SARL · due by {day(200)}\n  waits for jprigent" in shown


REFUSED = {
    "a stranger records": (
        "contract add --supplier S --subject T --owner nroussel --start 2026-01-01 --renewal tacit --as nroussel",
        "Only an administrator",
    ),
    "a stranger changes": ("contract change CT-01 --owner nroussel --as nroussel", "jprigent"),
    "a stranger renews": ("contract renew CT-01 --end 2999-12-31 --as nroussel", "Only jprigent, who owns CT-01"),
    "somebody who may act gives it away": ("contract change CT-01 --owner kbenali --as kbenali", "another owner"),
    "somebody who may act ends it": ("contract end CT-01 --reason No --as kbenali", "may end it"),
    "a stranger gives a right": ("access set A1 COMPTA admin --as nroussel", "Only jprigent, who owns A1"),
    "a stranger takes a right": ("access remove A1 RH --as nroussel", "Only jprigent, who owns A1"),
    "an administrator reviews": ("access review A1 --as htallec", "Only jprigent, who owns A1, may review"),
    "the holder reviews": ("access review A1 --as ykerbrat", "Only jprigent, who owns A1, may review"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_who_may_not_is_told_who_may_and_the_attempt_is_recorded(
    kept: Type, records: Callable[[], int], what: str
) -> None:
    line, said = REFUSED[what]
    kept("access set A1 RH read --as jprigent")
    before = records()

    answer = kept(line)

    assert (answer.code, answer.out, records()) == (1, "", before + 1)
    assert said in answer.err


def test_nothing_follows_on_an_end(kept: Type) -> None:
    kept("contract end CT-01 --reason Over --as jprigent")

    answers = [
        kept(line)
        for line in (
            "contract change CT-01 --reversibility yes --as jprigent",
            "contract renew CT-01 --end 2999-12-31 --as htallec",
            "contract end CT-01 --reason Again --as htallec",
        )
    ]

    assert {(answer.code, "CT-01 was ended" in answer.err) for answer in answers} == {(1, True)}


# --- rights of access -------------------------------------------------------------------------------------------------


def test_the_matrix_has_assets_groups_and_what_is_to_review(kept: Type) -> None:
    for line in ("access set A1 COMPTA read --as jprigent", "access set A1 direction write --as ykerbrat"):
        assert kept(line).code == 0
    kept("access set A1 compta write --as htallec")

    before = kept("access list").out.splitlines()
    kept("access review A1 --as jprigent")
    after = kept("access list").out.splitlines()

    assert before == [
        "Asset  Name             COMPTA       direction  Rights reviewed",
        "A1     Fichier clients  read, write  write      to review",
    ]
    assert after[1].endswith(f"{TODAY.isoformat()} (jprigent)")


def test_rights_are_told_as_they_stand(kept: Type) -> None:
    kept("access set A1 COMPTA write --as jprigent")
    kept("access set A1 COMPTA read --as jprigent")

    removed = kept("access remove A1 COMPTA --right write --as jprigent", FLOWGOV_LANG="fr")
    reviewed = kept("access review A1 --as jprigent")

    assert removed.out.splitlines() == [
        "Les droits sur A1 sont enregistrés ; son propriétaire doit les revoir.",
        "A1  Fichier clients",
        "  COMPTA : lecture",
        "  Propriétaire (métier) : jprigent",
        "  Droits revus : à revoir",
    ]
    assert reviewed.out.splitlines()[0] == "The rights to A1 are reviewed."
    assert kept("access show A1").out.splitlines() == reviewed.out.splitlines()[1:]


def test_the_matrix_is_written_for_spreadsheets(kept: Type) -> None:
    kept("access set A1 COMPTA read --as jprigent")

    table = [*csv.reader(kept("access list --format csv").out.removeprefix("\ufeff").splitlines())]

    assert table == [
        ["Asset", "Name", "Owner", "COMPTA", "Reviewed on", "Reviewed by"],
        ["A1", "Fichier clients", "jprigent", "read", "", ""],
    ]


def test_an_empty_matrix_says_so(kept: Type) -> None:
    assert (kept("access list").out, kept("access list").err) == ("", "No right to any asset is recorded.\n")


WRONG = {
    "unknown contract": ("contract show CT-09", 4, "Did you mean CT-01"),
    "unknown contract to change": ("contract change CT-09 --link x --as jprigent", 4, "CT-09"),
    "unknown owner": ("contract change CT-01 --owner jprigen --as htallec", 4, "Did you mean jprigent"),
    "unknown asset": ("contract change CT-01 --asset A9 --as jprigent", 4, "A9"),
    "no owner": (
        "contract add --supplier S --subject T --start 2026-01-01 --renewal tacit --as htallec",
        2,
        "--owner is missing",
    ),
    "no such renewal": ("contract change CT-01 --renewal maybe --as jprigent", 2, "express"),
    "no such day": ("contract change CT-01 --end soon --as jprigent", 2, "'soon' is not a date"),
    "an end before the start": ("contract change CT-01 --end 2001-01-01 --notice '' --as jprigent", 2, "cannot end"),
    "a notice without an end": ("contract change CT-01 --end '' --as jprigent", 2, "--notice ''"),
    "two notices": ("contract change CT-01 --notice 2026-12-01 --notice-days 3 --as jprigent", 2, "not both"),
    "no days": ("contract change CT-01 --notice-days 0 --as jprigent", 2, "--notice-days"),
    "nothing to change": ("contract change CT-01 --as jprigent", 2, "Nothing is said"),
    "renewed until yesterday": ("contract renew CT-01 --end 2001-01-01 --as jprigent", 2, "Give a later day"),
    "an end without a reason": ("contract end CT-01 --as jprigent", 2, "--reason is missing"),
    "an end for an empty reason": ("contract end CT-01 --reason '' --as jprigent", 2, "reason"),
    "a hidden character": ('contract change CT-01 --subject "x\u202e" --as jprigent', 2, "U+202E"),
    "unknown asset of a right": ("access set A9 COMPTA read --as htallec", 4, "A9"),
    "no such right": ("access set A1 COMPTA all --as jprigent", 2, "admin"),
    "no name of a group": ("access set A1 karim.benali read --as jprigent", 2, "COMPTA"),
    "a right that is not there": ("access remove A1 COMPTA --as jprigent", 4, "COMPTA"),
    "nothing to review": ("access review A1 --as jprigent", 4, "flowgov access set A1"),
    "nothing to show": ("access show A1", 4, "A1"),
    "nobody acts": ("access review A1", 2, "--as PERSON"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_is_typed_wrong_is_told_and_writes_nothing(kept: Type, records: Callable[[], int], what: str) -> None:
    line, code, said = WRONG[what]
    before = records()

    answer = kept(line)

    assert (answer.code, answer.out, records()) == (code, "", before)
    assert said in answer.err
