"""The public face as a host's type checker sees it. mypy reads this file strictly; pytest runs what it asserts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, assert_type

import flowgov
from flowgov import (
    AnchorFailed,
    Approval,
    Assignment,
    AuditBroken,
    BadInput,
    Blocker,
    Clock,
    Conflict,
    DatabaseError,
    Decision,
    Engine,
    Evidence,
    ExceptionGrant,
    FixedClock,
    FlowgovError,
    IdempotencyMismatch,
    MissingExtra,
    MoveRefused,
    NotFound,
    NotSent,
    OutcomeUnknown,
    Person,
    Piece,
    Project,
    Receipt,
    Refused,
    Request,
    Source,
    SystemClock,
    Workflow,
    WorkflowInvalid,
    load_workflow,
)
from flowgov.anchors.gathering import gather
from flowgov.anchors.vault import Vault
from flowgov.audit.bundle import Manifest
from flowgov.audit.verdict import Level, Verdict
from flowgov.keeper import Anchored, Checkpointed
from flowgov.workflow.shipped import load_shipped

if TYPE_CHECKING:
    from sqlalchemy import Engine as Database
    from sqlalchemy.ext.asyncio import AsyncSession
    from sqlalchemy.orm import Session


class Sundial:
    """A clock of the host's own, without a base class."""

    def now(self) -> datetime:
        return datetime(2026, 1, 5, 12, tzinfo=UTC)


def within_budget(request: Request) -> Blocker | None:
    assert_type(request.key, str)
    assert_type(request.context, Mapping[str, object])
    return Blocker("over_budget", {"limit": 10_000}, ("sponsor",)) if request.personal_data else None


def opening(database: Database) -> None:
    clocks: list[Clock] = [SystemClock(), FixedClock(), Sundial()]
    with Engine.open(database, clock=clocks[0], guards={"within_budget": within_budget}) as engine:
        assert_type(engine, Engine)
    assert_type(load_workflow(Path("workflow.yaml")), Workflow)


def writing(engine: Engine, session: Session) -> None:
    assert_type(engine.open_project("CRM", workflow="standard", title="CRM", by="ebihan"), Receipt)
    assert_type(engine.move("CRM", "validate_need", by="kbenali", expect_version=3, session=session), Receipt)
    brought = [Piece("need_statement", link="https://example.org/need"), Piece("charter", file=Path("charter.pdf"))]
    assert_type(engine.move("CRM", "validate_need", by="kbenali", evidence=brought), Receipt)
    assert_type(engine.add_pieces("CRM", brought, by="kbenali"), tuple[Receipt, ...])
    assert_type(engine.approve("CRM", "deploy", by="kbenali", role="business_owner"), Receipt)
    assert_type(engine.withdraw_approval("CRM", "deploy", by="kbenali"), Receipt)
    assert_type(engine.add_evidence("CRM", "charter", by="kbenali", file=Path("charter.pdf")), Receipt)
    assert_type(engine.add_person("new", name="New", by="htallec", source=Source("web")), Receipt)
    assert_type(engine.grant_role("sponsor", "new", until=date(2026, 12, 31), by="htallec"), Receipt)
    assert_type(engine.revoke_role("sponsor", "new", by="htallec"), Receipt)


async def asynchronously(engine: Engine, session: AsyncSession) -> None:
    receipt = await session.run_sync(lambda s: engine.move("CRM", "deploy", by="kbenali", session=s))
    assert_type(receipt, Receipt)


def asking(engine: Engine) -> None:
    assert_type(engine.explain("CRM", "deploy", by="kbenali"), Decision)
    assert_type(engine.project("CRM"), Project)
    assert_type(engine.projects(), tuple[Project, ...])
    assert_type(engine.people(), tuple[Person, ...])
    assert_type(engine.assignments(), tuple[Assignment, ...])
    assert_type(engine.approvals("CRM"), tuple[Approval, ...])
    assert_type(engine.evidence("CRM"), tuple[Evidence, ...])
    assert_type(engine.exceptions(), tuple[ExceptionGrant, ...])
    assert_type(engine.workflows(), tuple[Workflow, ...])
    assert isinstance(engine.log(), Iterator)


def proving(engine: Engine, folder: Path) -> None:
    vault = Vault.open(folder)
    assert_type(engine.checkpoint(vault), Checkpointed)
    assert_type(engine.checkpoint(vault).anchored, tuple[Anchored, ...])
    assert_type(engine.anchor(vault, ()), Checkpointed)
    assert_type(engine.newest_checkpoint(), str)
    assert_type(engine.origin(), str)
    assert_type(engine.signing_keys(), tuple[str, ...])
    assert_type(engine.prove("CRM").text(), str)
    assert_type(engine.export(folder / "all.fgev", vault=vault), Manifest)
    taken = engine.archive(folder / "old.fgev", until=date(2026, 12, 31), reason="Old", vault=vault, by="htallec")
    assert_type(taken, tuple[Receipt, Checkpointed])
    outside = gather(folder, [], keys=engine.signing_keys())
    verdict = engine.verify(outside=outside, archives=[folder / "old.fgev"], since=engine.newest_checkpoint())
    assert_type(verdict, Verdict)
    assert_type(verdict.level, Level)
    assert_type(verdict.proved.sealed, int)
    assert_type(engine.project("CRM").archived, int | None)


def failing(engine: Engine) -> None:
    try:
        engine.move("CRM", "deploy", by="kbenali")
    except MoveRefused as refused:
        assert_type(refused.decision, Decision)
        assert_type(refused.decision.blockers, tuple[Blocker, ...])
        assert_type(refused.decision.blockers[0].message("fr"), str)
    except WorkflowInvalid as invalid:
        assert invalid.mistakes
    except FlowgovError as error:
        assert_type(error.code, str)
        assert_type(error.retryable, bool)
        assert_type(error.message(), str)
        assert_type(error.hint("fr"), str | None)


def test_every_public_name_can_be_had() -> None:
    assert all(getattr(flowgov, name) is not None for name in flowgov.__all__)


def test_errors_are_also_what_a_host_expects_them_to_be() -> None:
    families: dict[type[FlowgovError], type[Exception]] = {
        AnchorFailed: FlowgovError,
        AuditBroken: FlowgovError,
        BadInput: ValueError,
        Conflict: FlowgovError,
        DatabaseError: FlowgovError,
        IdempotencyMismatch: ValueError,
        MissingExtra: ImportError,
        MoveRefused: Refused,
        NotFound: LookupError,
        NotSent: FlowgovError,
        OutcomeUnknown: FlowgovError,
        WorkflowInvalid: ValueError,
    }

    assert all(issubclass(error, family) for error, family in families.items())


def test_a_clock_needs_no_base_class(tmp_path: Path) -> None:
    with Engine.init(
        f"sqlite:///{tmp_path / 'governance.db'}",
        organisation="Maison Tallec SAS",
        administrator="htallec",
        name="Hélène Tallec",
        workflows=[load_shipped("pme-light")],
        clock=Sundial(),
    ) as engine:
        receipt = engine.open_project("CRM", workflow="pme-light", title="CRM", by="htallec")

    assert receipt.at == "2026-01-05T12:00:00.000000Z"
