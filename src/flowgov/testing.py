"""Helpers for the tests of applications that govern their projects with flowgov.

They use the real engine on a real SQLite file, with a clock that stands still and entropy that repeats, so that
a test written with them gives the same records every time it runs::

    from flowgov.testing import assert_refused, engine, pass_gate

    def test_a_design_is_not_approved_by_who_validated_the_need(tmp_path):
        with engine(tmp_path, people={"alice": ["business_owner", "technical_owner"]}) as flow:
            flow.open_project("CRM", workflow="pme-light", title="CRM", by="alice")
            pass_gate(flow, "CRM", "validate_need", by="alice")

            codes = {"own_duty", "evidence_missing"}
            assert_refused(flow, "CRM", "approve_design", by="alice", codes=codes)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from flowgov.anchors.vault import Vault
from flowgov.audit.signing import Signer
from flowgov.clock import Clock, FixedClock
from flowgov.dossier.risks import SIDES
from flowgov.engine import NO_DATES, Engine
from flowgov.errors import MoveRefused, Refused
from flowgov.guarding.known import registry
from flowgov.workflow.load import load_file
from flowgov.workflow.model import Workflow
from flowgov.workflow.shipped import load_shipped

if TYPE_CHECKING:
    from flowgov.acts.dating import Days
    from flowgov.audit.record import Entropy
    from flowgov.guards import Blocker, Decision, HostGuard
    from flowgov.project import Receipt

__all__ = [
    "ADMINISTRATOR",
    "FixedClock",
    "assert_refused",
    "engine",
    "pass_gate",
    "ready",
    "seeded",
    "vault",
]

ADMINISTRATOR = "admin"
"""Login of the administrator of every engine made here."""

_LOOKS = 2
_APPROVALS = {"approval_missing", "counts_once"}


def engine(
    folder: Path,
    *,
    workflow: str | Path | Workflow = "pme-light",
    people: Mapping[str, Sequence[str]] | None = None,
    clock: Clock | None = None,
    guards: Mapping[str, HostGuard] | None = None,
    seed: int = 0,
) -> Engine:
    """An engine on a fresh SQLite file in *folder*, with a definition and people who may act.

    Args:
        folder: where ``governance.db`` is made, such as pytest's ``tmp_path``.
        workflow: name of a shipped definition, path of a definition file, or a definition.
        people: logins with the roles each holds on every project; by default one person for each acting role,
            whose login is the role's id.
        clock: what tells the time; by default a `FixedClock` on 5 January 2026, nine o'clock UTC.
        guards: the host's own guards.
        seed: another seed gives other ids and salts.
    """
    definition = _definition(workflow, guards)
    if people is None:
        people = {role: [role] for role in definition.acting}
    made = Engine.init(
        f"sqlite:///{folder / 'governance.db'}",
        organisation="Test organisation",
        administrator=ADMINISTRATOR,
        name="Test administrator",
        workflows=[definition],
        clock=clock or FixedClock(),
        guards=guards,
        entropy=seeded(seed),
    )
    for login, roles in people.items():
        made.add_person(login, name=login, by=ADMINISTRATOR)
        for role in roles:
            made.grant_role(role, login, by=ADMINISTRATOR)
    return made


def seeded(seed: int = 0) -> Entropy:
    """Entropy that repeats: the same seed gives the same bytes. Never for a real log."""
    return Random(seed).randbytes  # noqa: S311 - tests want the same bytes every time


def vault(engine: Engine, folder: Path, *, by: str = ADMINISTRATOR, seed: int = 0) -> Vault:
    """A key for the log of *engine*, registered, and the vault that signs its checkpoints with it.

    Needs flowgov's extra ``sign``. A key in the environment is not looked at.

    Args:
        folder: made if it is not there, such as ``tmp_path / "vault"``; not where the database is.
        by: an administrator.
        seed: another seed gives another key. Never for a real log.
    """
    signer = Signer.generate(engine.origin(), seeded(seed))
    made = Vault.create(folder, signer.encode(), environ={})
    engine.register_key(signer.key, by=by)
    return made


def ready(
    engine: Engine,
    key: str,
    transition: str,
    *,
    by: str,
    reason: str | None = None,
    dates: Days = NO_DATES,
) -> Decision:
    """Put on the table what the gate of *transition* asks for: evidence, as links, risks, and approvals.

    Where there is no risk yet, a low one is recorded; both sides confirm those that wait; no impact assessment is
    required; a project of which nobody said what it touches touches no asset.

    Returns:
        The decision for *by*, which now allows the move.

    Raises:
        AssertionError: something blocks that nothing of this can lift, such as a missing role or a high risk.
    """
    _fill_registers(engine, key, transition, by)
    decision = engine.explain(key, transition, by=by, reason=reason, dates=dates)
    for blocker in decision.blockers:
        if blocker.code in {"evidence_missing", "evidence_stale"}:
            kind = str(blocker.params["kind"])
            engine.add_evidence(key, kind, by=_first(by, blocker), link=f"https://example.org/{kind}")
    for person, role in _approvers(engine, key, transition, by):
        if not _APPROVALS & {b.code for b in engine.explain(key, transition, by=by).blockers}:
            break
        with suppress(Refused):  # has approved already
            engine.approve(key, transition, by=person, role=role)
    decision = engine.explain(key, transition, by=by, reason=reason, dates=dates)
    assert decision.allowed, _told(f"'{transition}' cannot be made ready on {key} for {by}", decision)
    return decision


def pass_gate(
    engine: Engine,
    key: str,
    transition: str,
    *,
    by: str,
    reason: str | None = None,
    dates: Days = NO_DATES,
) -> Receipt:
    """Make *transition* after having put on the table what its gate asks for; see `ready`.

    Args:
        dates: the dates that the gate sets.

    Raises:
        AssertionError: something blocks that neither evidence nor approvals can lift.
    """
    ready(engine, key, transition, by=by, reason=reason, dates=dates)
    return engine.move(key, transition, by=by, reason=reason, dates=dates)


def assert_refused(
    engine: Engine,
    key: str,
    transition: str,
    *,
    by: str,
    codes: Collection[str] | None = None,
    reason: str | None = None,
) -> Decision:
    """Try *transition* and expect it to be refused.

    Args:
        codes: exactly the blockers expected, by code and in any order; any, if left out.

    Returns:
        The decision, with every blocker.

    Raises:
        AssertionError: the move was made, moved the project all the same, or was refused for other reasons.
    """
    before = engine.project(key)
    try:
        receipt = engine.move(key, transition, by=by, reason=reason)
    except MoveRefused as refused:
        decision = refused.decision
    else:
        raise AssertionError(f"'{transition}' was not refused: {key} is now in '{receipt.target}'")
    assert engine.project(key) == before, f"{key} changed although '{transition}' was refused"
    found = {blocker.code for blocker in decision.blockers}
    assert codes is None or found == set(codes), _told(f"expected {sorted(set(codes or ()))}", decision)
    return decision


def _definition(workflow: str | Path | Workflow, guards: Mapping[str, HostGuard] | None) -> Workflow:
    if isinstance(workflow, Path):
        return load_file(workflow, registry(guards))
    return load_shipped(workflow) if isinstance(workflow, str) else workflow


def _fill_registers(engine: Engine, key: str, transition: str, by: str) -> None:
    # recording for one side, then confirming for the others, may take as many looks
    for _ in range(_LOOKS):
        blockers = {b.code: b for b in engine.explain(key, transition, by=by).blockers if b.holders}
        if "dpia_unknown" in blockers:
            holder = blockers["dpia_unknown"].holders[0]
            engine.dpia.record(key, required=False, reason="A test", by=holder)
        if "assets_unnamed" in blockers:
            engine.assets.touch_none(key, reason="A test", by=blockers["assets_unnamed"].holders[0])
        if "risk_none" in blockers:
            holder = blockers["risk_none"].holders[0]
            engine.risks.record(key, starter="service_interruption", gravity=1, likelihood=1, by=holder)
        for side in SIDES:
            blocker = blockers.get(f"risk_unconfirmed_{side}")
            if blocker:
                engine.risks.confirm(key, by=blocker.holders[0], side=side)


def _first(by: str, blocker: Blocker) -> str:
    return by if by in blocker.holders or not blocker.holders else blocker.holders[0]


def _approvers(engine: Engine, key: str, transition: str, by: str) -> list[tuple[str, str]]:
    """Who can approve as what; first those who can fill one seat only, last the one who makes the move."""
    asked = {rule.role for rule in engine.project(key).workflow.transitions[transition].approvals}
    held = {
        (assignment.person, assignment.role)
        for assignment in engine.assignments(at=engine._house.clock.now())
        if assignment.role in asked and assignment.project in (None, key)
    }
    seats = Counter(person for person, _ in held)
    return sorted(held, key=lambda one: (one[0] == by, seats[one[0]], one))


def _told(what: str, decision: Decision) -> str:
    reasons = [f"- {blocker.code}: {blocker.message()}" for blocker in decision.blockers]
    return "\n".join([f"{what}; it is refused because:", *reasons])
