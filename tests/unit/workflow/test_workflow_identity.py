"""A definition is what it says: its hash follows every change of meaning, and nothing else."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from flowgov.canonical import misfit
from flowgov.workflow.load import load_text
from flowgov.workflow.model import Workflow, build
from flowgov.workflow.shipped import load_shipped, shipped

PURCHASE_HASH = "29b8679dde299f2ddbac49da97654d1e846f5851e59453bcbb8bec34e61dc423"

SAME_MEANING = {
    "a comment": ("separation:", "# who may do what\nseparation:"),
    "an empty line": ("roles:", "\n\nroles:"),
    "quotes": ("en: Buyer", 'en: "Buyer"'),
    "block style": ("  quote: {en: Quote, fr: Devis}", "  quote:\n    en: Quote\n    fr: Devis"),
    "one source as a list": ("from: on_hold", "from: [on_hold]"),
    "keys of an entry in another order": ("{en: Buyer, fr: Acheteur}", "{fr: Acheteur, en: Buyer}"),
    "a default written out: acts": ("en: Buyer,", "acts: true, en: Buyer,"),
    "a default written out: kind": (
        "stage: business_validated,",
        "stage: business_validated, kind: normal,",
    ),
    "a default written out: stage": ("{kind: suspended,", "{stage: null, kind: suspended,"),
    "a default written out: min": ("{role: manager, min: 1}", "{role: manager}"),
    "a default written out: reason": ("en: Agree,", "reason: optional, approvals: [], en: Agree,"),
    "an accent composed another way": ("fr: Demandé", "fr: Demande\u0301"),
}

OTHER_MEANING = {
    "id": ("id: purchase", "id: buying"),
    "version": ("1.0.0", "1.0.1"),
    "title": ("fr: Achat", "fr: Achats"),
    "separation": ("separation: exception", "separation: block"),
    "role label": ("en: Buyer", "en: Purchaser"),
    "role that acts": (", acts: false", ""),
    "role added": ("  auditor:", "  sponsor: {en: Sponsor, fr: Commanditaire}\n  auditor:"),
    "evidence label": ("fr: Devis", "fr: Offre"),
    "state label": ("fr: Demandé", "fr: Souhaité"),
    "state stage": ("stage: deployed, ", ""),
    "state kind": ("kind: final", "kind: final_negative"),
    "order of states": (
        "  agreed:  {stage: business_validated, en: Agreed, fr: Accepté}\n"
        "  bought:  {stage: deployed, kind: final, en: Bought, fr: Acheté}",
        "  bought:  {stage: deployed, kind: final, en: Bought, fr: Acheté}\n"
        "  agreed:  {stage: business_validated, en: Agreed, fr: Accepté}",
    ),
    "sources": ("from: [asked, agreed]", "from: [agreed]"),
    "order of sources": ("from: [asked, agreed]", "from: [agreed, asked]"),
    "destination": ("to: $previous", "to: asked"),
    "kind": ("to: agreed, kind: gate", "to: agreed, kind: escalate"),
    "fire": ("fire: [manager]", "fire: [manager, buyer]"),
    "approvals": ("approvals: [{role: manager, min: 1}],", ""),
    "minimum": ("min: 1", "min: 2"),
    "condition": ("min: 1", "min: 1, when: personal_data"),
    "evidence asked for": ("evidence: [order]", "evidence: [order, quote]"),
    "distinct_from": ("[agree]", "[agree, $creator]"),
    "guards": ("guards: [rework_evidence_is_current],", ""),
    "reason": ("reason: required", "reason: optional"),
    "transition label": ("fr: Accepter}", "fr: Approuver}"),
}


def test_the_hash_stays_the_same_for_ever(purchase: str) -> None:
    """Projects are pinned to it: when this fails, every stored definition changes its identity."""
    assert load_text(purchase).hash == PURCHASE_HASH


@pytest.mark.parametrize("name", SAME_MEANING)
def test_the_hash_does_not_depend_on_how_it_is_written(purchase: str, name: str) -> None:
    old, new = SAME_MEANING[name]
    assert old in purchase

    again = load_text(purchase.replace(old, new, 1))

    assert again == load_text(purchase)


@pytest.mark.parametrize("name", OTHER_MEANING)
def test_the_hash_follows_every_change_of_meaning(purchase: str, name: str) -> None:
    old, new = OTHER_MEANING[name]
    assert old in purchase

    changed = load_text(purchase.replace(old, new, 1))

    assert changed.hash != load_text(purchase).hash


@pytest.mark.parametrize("name", shipped())
def test_a_definition_comes_back_whole_from_its_body(name: str) -> None:
    workflow = load_shipped(name)

    again = build(json.loads(workflow.body))

    assert again == workflow


@pytest.mark.parametrize("name", shipped())
def test_a_body_fits_the_canonical_profile(name: str) -> None:
    workflow = load_shipped(name)

    assert misfit(json.loads(workflow.body)) is None


def test_the_canonical_document_fills_in_every_default(purchase: str) -> None:
    document = json.loads(load_text(purchase).body)

    assert document["transitions"][3] == {
        "id": "resume",
        "en": "Resume",
        "fr": "Reprendre",
        "from": ["on_hold"],
        "to": "$previous",
        "kind": "resume",
        "fire": ["buyer"],
        "approvals": [],
        "evidence": [],
        "distinct_from": [],
        "guards": [],
        "reason": "optional",
    }


def test_what_a_definition_says_is_what_the_workflow_holds(purchase: str) -> None:
    workflow = load_text(purchase)

    assert _facts(workflow) == {
        "initial": "asked",
        "acts": {"buyer": True, "manager": True, "auditor": False},
        "stages": ["need_expressed", "business_validated", "deployed", None],
        "approvals": [("manager", 1, None)],
        "back to": ("asked", "agreed"),
        "reason": {"agree": False, "buy": False, "hold": True, "resume": False},
    }


def test_a_stored_definition_is_read_without_yaml_or_pydantic() -> None:
    heavy = "{'ruamel', 'ruamel.yaml', 'pydantic'}"
    imports = "import sys, flowgov.workflow.model, flowgov.workflow.shipped"
    code = f"{imports}; sys.exit(bool({heavy} & set(sys.modules)))"

    finished = subprocess.run([sys.executable, "-c", code], check=False)

    assert finished.returncode == 0


def _facts(workflow: Workflow) -> dict[str, object]:
    transitions = workflow.transitions
    return {
        "initial": workflow.initial.id,
        "acts": {role.id: role.acts for role in workflow.roles.values()},
        "stages": [state.stage for state in workflow.states.values()],
        "approvals": [(rule.role, rule.minimum, rule.when) for rule in transitions["buy"].approvals],
        "back to": workflow.destinations(transitions["resume"]),
        "reason": {name: transition.reason_required for name, transition in transitions.items()},
    }
