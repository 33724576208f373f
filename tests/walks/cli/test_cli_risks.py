"""Risks, requirements and impact assessments, as people type and read them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.walks.cli.conftest import Type
from tests.walks.risky import definition

from flowgov import Engine

SOON = (datetime.now(UTC) + timedelta(days=30)).date().isoformat()


@pytest.fixture
def risky(cli: Type, url: str) -> Type:
    """CRM on a lifecycle with sides; kbenali speaks for the business, ykerbrat for the technical side."""
    with Engine.open(url) as engine:
        engine.register_workflow(definition(), by="htallec")
    for line in (
        "open CRM --workflow risky --title CRM --personal-data --as ebihan",
        "role grant business_owner kbenali --project CRM --as htallec",
        "role grant technical_owner ykerbrat --project CRM --as htallec",
    ):
        assert cli(line).code == 0
    return cli


@pytest.fixture
def risk(risky: Type) -> Type:
    """R-01 is high, as both sides have confirmed, with a measure that is late."""
    for line in (
        'risk add CRM --title "Code on the payment page" --gravity 4 --likelihood 3 --residual 4 2 '
        '--measure ykerbrat 2026-01-15 "Hosted page" --owner kbenali --as kbenali',
        "risk confirm CRM --as ykerbrat",
    ):
        assert risky(line).code == 0
    return risky


def test_two_commands_make_a_joint_assessment(risky: Type) -> None:
    added = risky("risk add CRM --from service_interruption --gravity 3 --likelihood 2 --as kbenali")

    confirmed = risky("risk confirm CRM --as ykerbrat")

    assert (added.out, confirmed.out) == (
        "R-01 is recorded on CRM.\n",
        "Confirmed on CRM, technical_owner: R-01\n",
    )


def test_the_list_says_what_is_high_late_and_confirmed(risk: Type) -> None:
    lines = risk("risk list CRM").out.splitlines()

    assert lines[1].split("  ")[0] == "R-01"
    assert all(word in lines[1] for word in ("4 × 3", "high", "0/1, late since 2026-01-15", "both", "open"))


def test_the_card_says_everything(risk: Type) -> None:
    shown = risk("risk show CRM R-01", FLOWGOV_LANG="fr").out

    assert "Gravité : 4 (critique)" in shown
    assert "Métier : kbenali (business_owner), cycle 1" in shown
    assert "1. Hosted page – ykerbrat, 2026-01-15 : en retard" in shown


def test_the_matrix_shows_where_risks_are(risk: Type) -> None:
    shown = risk("risk matrix CRM").out.splitlines()

    assert "[3] R-01" in shown[2]
    assert shown[2].startswith("4")


def test_what_blocks_the_gate_is_named_with_what_would_lift_it(risk: Type) -> None:
    data = risk("risk show CRM R-01 --json").json["data"]

    assert (data["untreated"], data["agreed"], data["level"], data["measures"][0]["overdue"]) == (True, True, 3, True)


def test_a_measure_that_is_done_lowers_the_risk(risk: Type) -> None:
    assert risk("risk measure CRM R-01 --as ykerbrat").out == "Measure done on R-01; its level is now medium.\n"


def test_a_risk_is_accepted_and_the_acceptance_taken_back(risk: Type) -> None:
    from datetime import UTC, datetime, timedelta

    until = (datetime.now(UTC) + timedelta(days=30)).date().isoformat()

    accepted = risk(f"risk accept CRM R-01 --until {until} --reason Soon --as kbenali")
    withdrawn = risk("risk accept CRM R-01 --withdraw --as kbenali")

    assert (accepted.out, withdrawn.out) == (
        f"R-01 is accepted until {until}.\n",
        "R-01 is accepted no more.\n",
    )


def test_a_risk_is_changed_closed_and_reopened(risk: Type) -> None:
    outs = [
        risk(line).out
        for line in (
            "risk change CRM R-01 --gravity 1 --likelihood 1 --residual 1 1 --as ykerbrat",
            "risk confirm CRM R-01 --as kbenali",
            "risk close CRM R-01 --reason Gone --as kbenali",
            "risk reopen CRM R-01 --reason Back --as kbenali",
        )
    ]

    assert outs == [
        "R-01 is assessed anew; both sides have to confirm it.\n",
        "Confirmed on CRM, business_owner: R-01\n",
        "R-01 is closed.\n",
        "R-01 is open again; both sides have to confirm it.\n",
    ]


def test_suggestions_are_in_the_readers_language(risky: Type) -> None:
    shown = risky("risk suggest --kind supplier", FLOWGOV_LANG="fr").out

    assert "Le fournisseur fait défaut, est racheté ou arrête le service" in shown


def test_requirements_are_answered_by_the_business(risky: Type) -> None:
    risky('requirement add CRM --title "Export of all data" --priority must --as ebihan')

    refused = risky("requirement accept CRM Q-01 --as ykerbrat")
    accepted = risky("requirement accept CRM Q-01 --as kbenali")

    assert (refused.code, accepted.out) == (1, "Q-01 is accepted.\n")
    assert "must" in risky("requirement list CRM").out


def test_the_impact_assessment_is_stated(risky: Type) -> None:
    risky("role grant dpo nroussel --project CRM --as htallec")

    outs = [
        risky(line).out.splitlines()[0]
        for line in (
            "dpia record CRM --required yes --as nroussel",
            "dpia record CRM --required yes --done 2026-01-02 --document https://e.org/dpia --as nroussel",
            'dpia record CRM --required no --reason "No criterion is met" --as nroussel',
            "dpia show CRM",
        )
    ]

    assert outs == [
        "An impact assessment is required on CRM, and not done yet.",
        "The impact assessment of CRM is done.",
        "No impact assessment is required on CRM.",
        "No impact assessment is required on CRM.",
    ]


WRONG = {
    "unknown project": ("risk list CRN", 4, "Did you mean CRM"),
    "unknown risk": ("risk show CRM R-99", 4, "R-99"),
    "unknown risk to confirm": ("risk confirm CRM R-99 --as kbenali", 4, "R-99"),
    "unknown suggestion": ("risk add CRM --from fire --gravity 1 --likelihood 1 --as kbenali", 2, "ransomware"),
    "no gravity": ("risk add CRM --title x --likelihood 1 --as kbenali", 2, "--gravity is missing"),
    "no number": ("risk add CRM --title x --gravity high --likelihood 1 --as kbenali", 2, "--gravity"),
    "off the scales": ("risk add CRM --title x --gravity 9 --likelihood 1 --as kbenali", 2, "from 1 to 4"),
    "no title": ("risk add CRM --gravity 1 --likelihood 1 --as kbenali", 2, "title"),
    "an invisible character": ('risk add CRM --title "x\u202e" --gravity 1 --likelihood 1 --as kbenali', 2, "U+202E"),
    "an unknown owner": ("risk change CRM R-01 --owner nobody --as kbenali", 4, "nobody"),
    "an unknown asset": ("risk change CRM R-01 --asset A9 --as kbenali", 4, "A9"),
    "no day": ('risk change CRM R-01 --measure kbenali soon "x" --as kbenali', 2, "'soon' is not a date"),
    "half a measure": ("risk change CRM R-01 --as kbenali --measure kbenali 2026-05-01", 2, "--measure"),
    "nothing to change": ("risk change CRM R-01 --as kbenali", 2, "Nothing is said"),
    "no such measure": ("risk measure CRM R-01 --number 9 --as kbenali", 4, "9"),
    "a day to come": ("risk measure CRM R-01 --on 2999-01-01 --as kbenali", 2, "2999-01-01"),
    "neither until nor withdraw": ("risk accept CRM R-01 --as kbenali", 2, "--until"),
    "both until and withdraw": ("risk accept CRM R-01 --until 2999-01-01 --withdraw --as kbenali", 2, "--withdraw"),
    "accepted for ever": ("risk accept CRM R-01 --until 2999-01-01 --as kbenali", 2, "366 days"),
    "accepted until yesterday": ("risk accept CRM R-01 --until 2020-01-01 --as kbenali", 2, "expired already"),
    "closed without a reason": ("risk close CRM R-01 --as kbenali", 2, "--reason is missing"),
    "changed since": ("risk confirm CRM R-01 --expect 9 --as kbenali", 5, "R-01"),
    "nobody acts": ("risk confirm CRM", 2, "--as PERSON"),
    "unknown requirement": ("requirement accept CRM Q-99 --as kbenali", 4, "Q-99"),
    "unknown priority": ("requirement add CRM --title x --priority soon --as kbenali", 2, "should"),
    "no assessment for no reason": ("dpia record CRM --required no --as kbenali", 2, "reason"),
    "done without a document": ("dpia record CRM --required yes --done 2026-01-01 --as kbenali", 2, "document"),
    "done though not required": (
        "dpia record CRM --required no --reason r --done 2026-01-01 --document d --as kbenali",
        2,
        "not required",
    ),
}


@pytest.mark.parametrize("line", WRONG, ids=str)
def test_what_is_typed_wrong_is_told_and_writes_nothing(risk: Type, records: Callable[[], int], line: str) -> None:
    typed, code, said = WRONG[line]
    before = records()

    answer = risk(typed)

    assert (answer.code, answer.out, records()) == (code, "", before)
    assert said in answer.err
    assert Path.cwd().exists()


@pytest.fixture
def lent(risky: Type) -> Type:
    """kbenali speaks for both sides, and lends the technical role to jprigent."""
    for line in (
        "role grant technical_owner kbenali --project CRM --as htallec",
        f"role delegate technical_owner jprigent --project CRM --until {SOON} --as kbenali",
    ):
        assert risky(line).code == 0
    return risky


def test_a_delegate_and_who_lent_him_the_role_are_not_two_sides(lent: Type) -> None:
    lent("risk add CRM --from service_interruption --gravity 1 --likelihood 1 --as kbenali")

    answer = lent("risk confirm CRM --as jprigent")

    assert (answer.code, "jprigent and kbenali count as one person" in answer.err) == (1, True)
    assert "flowgov risk confirm CRM R-01 --as ykerbrat" in answer.err


def test_the_card_says_for_whom_somebody_confirmed(lent: Type) -> None:
    lent("risk add CRM --from service_interruption --gravity 1 --likelihood 1 --as jprigent")

    shown, given = lent("risk show CRM R-01").out, lent("risk show CRM R-01 --json").json["data"]["technical"]

    assert ("jprigent for kbenali" in shown, given["delegator"]) == (True, "kbenali")


@pytest.mark.parametrize(
    "line",
    [
        "risk confirm CRM R-01 --as scanner",
        f"risk accept CRM R-01 --until {SOON} --as scanner",
        "requirement accept CRM Q-01 --as scanner",
        "requirement refuse CRM Q-01 --reason No --as scanner",
        "dpia record CRM --required no --reason No --as scanner",
    ],
)
def test_a_program_consents_to_nothing(risk: Type, line: str) -> None:
    for typed in (
        "people add scanner --name Scanner --service --as htallec",
        "role grant business_owner scanner --project CRM --as htallec",
        "risk change CRM R-01 --likelihood 4 --as ykerbrat",
        'requirement add CRM --title "Export of all data" --priority must --as scanner',
    ):
        assert risk(typed).code == 0

    answer = risk(f"{line} --json")

    blocked = {blocker["code"] for blocker in answer.json["error"]["data"]["blockers"]}
    assert (answer.code, "service_approves" in blocked) == (1, True)
