"""What records about charters and their acknowledgements may contain, and what verification asks of them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Any

from flowgov.audit.definition import ADMINISTRATOR, Definition, Step
from flowgov.audit.held import EntryCheck, EntryShape, Rule
from flowgov.audit.kinds import each, group, hash_, one_of

CHARTER = ("charter", "CHARTER")
_GATES = frozenset({"gate", "break_glass"})

_role = group({"role": str, "p": each(str)})
_part = group({"role": str, "does": one_of("A", "AR", "R", "C", "I")})
_gate = group({"t": str, "parts": each(_part)})

SHAPES: Mapping[str, EntryShape] = {
    "charter": EntryShape(
        "prj", group({"wf": hash_, "roles": each(_role), "gates": each(_gate), "sha256": hash_}), ("issue",)
    ),
    "acknowledgement": EntryShape("prj", group({"charter": int, "sha256": hash_}), ("acknowledge",)),
}


def charter_of(
    definition: Definition, hash_of_it: str, holders: Mapping[str, list[str]], *, personal_data: bool
) -> dict[str, Any]:
    """The charter that follows from a definition and from who holds which role."""
    roles = [role["id"] for role in definition.document["roles"]]
    facts = {
        "wf": hash_of_it,
        "roles": [{"role": role, "p": holders.get(role, [])} for role in roles],
        "gates": [
            {"t": name, "parts": [*_parts(step, roles, holders, personal_data)]}
            for name, step in definition.steps.items()
            if step.kind in _GATES
        ],
    }
    text = json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return {**facts, "sha256": sha256(text.encode("utf-8")).hexdigest()}


def _parts(
    step: Step, roles: list[str], holders: Mapping[str, list[str]], personal_data: bool
) -> Iterator[dict[str, str]]:
    demands = step.demands_on(personal_data=personal_data)
    fire = [*step.entry["fire"]]
    alone = [demand.role for demand in demands if demand.minimum == 1]
    answers = (alone or [demand.role for demand in demands] or fire)[0]
    asked = {demand.role for demand in demands}
    for role in roles:
        if role == answers:
            yield {"role": role, "does": "AR" if role in fire else "A"}
        elif role in fire or role in asked or holders.get(role):
            yield {"role": role, "does": "R" if role in fire else "C" if role in asked else "I"}


def signing(facts: Mapping[str, Any], check_acting: frozenset[str], services: Iterator[str]) -> set[str]:
    """Who has to acknowledge a charter: whoever holds a role that acts, but for service accounts."""
    acting = {person for line in facts["roles"] if line["role"] in check_acting for person in line["p"]}
    return acting - {*services}


def _charter(check: EntryCheck) -> None:
    """It says what followed from the definition and the assignments; issued by somebody with a say in the project."""
    replay, register, document = check.replay, check.register, check.document
    assert replay is not None, "a register of projects"
    ts, place, late = document["ts"], check.chain.place, "clock" in document
    if check.document["key"] != CHARTER[1]:
        check.find("charter_key")
    if not register.complete or replay.definition is None or replay.workflow is None:
        return
    expected = charter_of(
        replay.definition,
        replay.workflow,
        register.holders(replay.id, ts, place, late=late),
        personal_data=replay.personal_data,
    )
    if check.facts != expected:
        check.find("charter_content")
    administers = register.holding(document["actor"], ADMINISTRATOR, replay.id, ts, place, late=late)
    if "auth" not in document and document["actor"] != replay.creator and not administers:
        check.find("charter_issuer", person=document["actor"])


def _acknowledgement(check: EntryCheck) -> None:
    """Each for himself, and of the charter that was issued last."""
    replay = check.replay
    assert replay is not None, "a register of projects"
    person, issued = check.document["actor"], replay.entries.get(CHARTER)
    if check.document["key"] != person:
        check.find("acknowledges_for_another", person=person)
    if issued is None or check.facts != {"charter": issued.n, "sha256": issued.facts["sha256"]}:
        check.find("acknowledges_another")
        return
    if replay.definition is None:
        return
    asked = signing(issued.facts, replay.definition.acting, check.register.services())
    if check.register.complete and person not in asked:
        check.find("acknowledges_unasked", person=person)


RULES: Mapping[str, Rule] = {"charter": _charter, "acknowledgement": _acknowledgement}
