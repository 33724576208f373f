"""The engine: the face that the command line, the library and the reports share."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from sqlalchemy import Engine as Database

from flowgov.acts import (
    administering,
    approving,
    dating,
    founding,
    moving,
    occurring,
    opening,
    permitting,
)
from flowgov.acts.administering import Day
from flowgov.acts.house import House
from flowgov.audit.record import Entropy, Source
from flowgov.clock import Clock, SystemClock
from flowgov.dossier.given import Given
from flowgov.dossier.working_days import Calendar
from flowgov.filing import Filing
from flowgov.guarding.known import registry
from flowgov.guards import NOTHING, HostGuard
from flowgov.keeper import LIBRARY
from flowgov.project import Receipt
from flowgov.store.database import connect, create_file, is_new_file
from flowgov.workflow.model import Workflow

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from flowgov.audit.note import VerifierKey
    from flowgov.dossier.deadlines import Tick
    from flowgov.dossier.outcomes import Condition
    from flowgov.dossier.pieces import Piece


NO_DATES: dating.Days = MappingProxyType({})


class Engine(Filing):
    """Governs the projects of one database. Make one per process; threads may share it.

    Every writing method commits a transaction of its own, or, given *session*, joins the host's transaction
    and leaves the commit to the host. Persons are named by login, projects by key.
    """

    @classmethod
    def open(
        cls,
        database: str | Database,
        *,
        clock: Clock | None = None,
        guards: Mapping[str, HostGuard] | None = None,
        entropy: Entropy = os.urandom,
        backdating_days: int = 7,
        calendar: Calendar | None = None,
    ) -> Engine:
        """An engine on *database*; nothing is connected until the first call.

        Args:
            database: a URL (``sqlite:///governance.db``, ``postgresql+psycopg://…``) or a SQLAlchemy engine of
                the host's, synchronous.
            clock: what tells the time; the system's clock by default.
            guards: the host's own guards by the names definitions use: from a `Request` to None, or a `Blocker`.
            entropy: gives so many random bytes; the operating system's by default.
            backdating_days: how many days ago something may have happened that is recorded now; at most 31.
            calendar: whose working days count, and where days begin and end; France's by default.

        Raises:
            BadInput: the URL is malformed or names an unsupported database, or *backdating_days* is out of range.
            DatabaseError: the database's driver is not installed.
        """
        url = None if isinstance(database, Database) else database
        made = database if isinstance(database, Database) else connect(database)
        house = House(made, clock or SystemClock(), entropy, registry(guards), own=url is not None, url=url)
        house.calendar = calendar or house.calendar
        house.backdating_days = occurring.checked(backdating_days)
        return cls(house)

    @classmethod
    def init(
        cls,
        database: str,
        *,
        organisation: str,
        administrator: str,
        name: str,
        email: str | None = None,
        workflows: Sequence[Workflow] = (),
        key: Callable[[str], VerifierKey] | None = None,
        clock: Clock | None = None,
        guards: Mapping[str, HostGuard] | None = None,
        entropy: Entropy = os.urandom,
        source: Source = LIBRARY,
    ) -> Engine:
        """Create flowgov's tables in *database*, begin the log, and make the first administrator.

        Args:
            organisation: name of the organisation.
            administrator: login of the first administrator, whose *name* and *email* go on the identity card.
            workflows: definitions to register at once.
            key: makes the key that will sign the log, given the log's origin; without it, `register_key` later.

        Raises:
            BadInput: the database already holds a log, or a name cannot be recorded; nothing is left behind.
            DatabaseError: the database cannot be created or written.
        """
        from flowgov.store.migrate import upgrade

        engine = cls.open(database, clock=clock, guards=guards, entropy=entropy)
        created = is_new_file(database)
        if created:
            create_file(database)
        try:
            upgrade(engine._house.database)
            for workflow in workflows:
                engine._house.bring_to_life(workflow)
            founding.found(engine._house, organisation, administrator, name, email, workflows, key, source)
        except BaseException:
            engine.close()
            if created:
                _remove(engine._house.database.url.database)
            raise
        return engine

    # --- moving -----------------------------------------------------------------------------------------------

    def open_project(
        self,
        key: str,
        *,
        workflow: str,
        title: str,
        by: str,
        personal_data: bool = False,
        objective: str | None = None,
        idempotency_key: str | None = None,
        session: Session | None = None,
        source: Source = LIBRARY,
    ) -> Receipt:
        """Express a need: open project *key* at the initial state of *workflow*.

        Args:
            key: short and unique, such as ``CRM`` or ``P-2026-001``; capital letters, digits, ``-._``.
            workflow: id of a registered definition (its newest version), or ``id@version``.
            by: anybody known may open a project; he is its creator.
            personal_data: whether the project deals with personal data.

        Raises:
            BadInput: the key is taken or malformed, or a text cannot be recorded.
            NotFound: there is no such workflow or person.
        """
        return self._write(
            lambda unit: opening.open_project(unit, key, workflow, title, by, personal_data, objective),
            source,
            session,
            idempotency_key,
        )

    def move(
        self,
        key: str,
        transition: str,
        *,
        by: str,
        reason: str | None = None,
        expect_version: int | None = None,
        idempotency_key: str | None = None,
        dates: dating.Days = NO_DATES,
        context: Mapping[str, object] = NOTHING,
        evidence: Sequence[Piece] = (),
        conditions: Sequence[Condition] = (),
        verbal: bool = False,
        occurred: Day | None = None,
        session: Session | None = None,
        source: Source = LIBRARY,
    ) -> Receipt:
        """Make a transition, if every guard of its gate allows it.

        Args:
            expect_version: the `Project.version` the caller looked at; the move fails if it has changed since.
            idempotency_key: at most 200 characters; a retried call with the same key gets the first receipt.
            dates: the dates that the gate sets, by name, as days.
            context: handed to the host's own guards; not recorded.
            evidence: put on the project with the move, each piece in a record of its own; not if it is refused.
            conditions: what a gate is passed on condition of.
            verbal: authorised by word of mouth, where the definition lets it: what is missing becomes conditions.
            occurred: the day (UTC) or moment it happened, if that was before; roles are judged now all the same.

        Raises:
            BadInput: a date is none, or a file cannot be read.
            MoveRefused: `MoveRefused.decision` lists every blocker; the attempt is in the log.
            Conflict: the version is another, or another writer was faster.
            NotFound: there is no such project, transition, evidence kind or person.
            IdempotencyMismatch: the key was used by another call.
            OutcomeUnknown: the connection broke around the commit; retry with the same idempotency key.
            AuditBroken: the project's row and its last record disagree; nothing was written.
        """
        said = moving.checked_reason(reason)
        given = Given(
            dating.checked_dates(dates),
            tuple(conditions),
            verbal,
            occurring.written(occurred),
            evidence=tuple(piece.taken() for piece in evidence),
        )
        return self._write(
            lambda unit: moving.move(unit, key, transition, by, said, expect_version, context, given),
            source,
            session,
            idempotency_key,
        )

    def tick(self, *, by: str, session: Session | None = None, source: Source = LIBRARY) -> tuple[Tick, ...]:
        """Make every transition that is reserved to time and whose time has come; each once, however many do so.

        What fails on one project does not stop the others; in the host's *session*, it does.

        Args:
            by: whose tick it is, often a service account's; no role is needed, and none is used.

        Returns:
            what was made, with its `Tick.receipt`, and what could not be made, with its `Tick.error`.

        Raises:
            NotFound: there is no such person.
        """
        from flowgov.acts import ticking

        found = self.due_to_time(by=by, session=session)
        made = (ticking.tick(self._house, one, by, source, session) for one in found)
        return tuple(one for one in made if one is not None)

    def approve(
        self,
        key: str,
        transition: str,
        *,
        by: str,
        role: str | None = None,
        comment: str | None = None,
        reservation: str | None = None,
        evidence: Sequence[Piece] = (),
        occurred: Day | None = None,
        session: Session | None = None,
        source: Source = LIBRARY,
    ) -> Receipt:
        """Consent to a gate before the move, as a holder of one of the roles whose approval it asks for.

        Args:
            role: in which role, for somebody who holds several of them; by default the first one held.
            reservation: what about; the approval counts all the same, and everybody sees it.
            evidence: put on the project with the approval, which rests on it; not if it is refused.
            occurred: the day (UTC) or moment it was given, if that was before.

        Raises:
            Refused: the gate is not open now, does not ask for it, or *by* is not entitled; recorded.
            BadInput: a file cannot be read.
            NotFound: there is no such project, transition, evidence kind, role or person.
        """
        said, about = moving.checked_reason(comment), approving.checked_reservation(reservation)
        at, pieces = occurring.written(occurred), tuple(piece.taken() for piece in evidence)
        return self._write(
            lambda unit: approving.approve(unit, key, transition, by, role, said, at, about, pieces), source, session
        )

    def withdraw_approval(
        self,
        key: str,
        transition: str,
        *,
        by: str,
        comment: str | None = None,
        session: Session | None = None,
        source: Source = LIBRARY,
    ) -> Receipt:
        """Take back one's own approvals of a gate that was not passed yet.

        Raises:
            Refused: there is nothing to withdraw; recorded.
            NotFound: there is no such project, transition or person.
        """
        given = moving.checked_reason(comment)
        return self._write(lambda unit: approving.withdraw(unit, key, transition, by, given), source, session)

    # --- administering ----------------------------------------------------------------------------------------

    def add_person(
        self,
        login: str,
        *,
        name: str,
        email: str | None = None,
        service: bool = False,
        by: str,
        session: Session | None = None,
        source: Source = LIBRARY,
    ) -> Receipt:
        """Make a person known. Needs the administrator role.

        Args:
            service: whether this is an account of a program, which never approves anything.

        Raises:
            BadInput: the login is taken or malformed, or the name cannot be recorded.
            Refused: *by* is no administrator; recorded.
        """
        return self._write(
            lambda unit: administering.add_person(unit, login, name, email, by, service=service), source, session
        )

    def grant_role(
        self,
        role: str,
        person: str,
        *,
        project: str | None = None,
        start: Day | None = None,
        until: Day | None = None,
        by: str,
        session: Session | None = None,
        source: Source = LIBRARY,
    ) -> Receipt:
        """Assign a role to a person, on one project or everywhere. Needs the administrator role.

        Args:
            start: first day (UTC) or moment; now by default, never in the past.
            until: last day, included, or the moment it ends; without end by default.

        Raises:
            BadInput: the period is empty, in the past, or overlaps another assignment of the same role.
            Refused: *by* is no administrator, or grants a role to himself; recorded.
            NotFound: there is no such role, person or project.
        """
        return self._write(
            lambda unit: administering.grant_role(unit, role, person, project, start, until, by), source, session
        )

    def revoke_role(
        self,
        role: str,
        person: str,
        *,
        project: str | None = None,
        reason: str | None = None,
        by: str,
        session: Session | None = None,
        source: Source = LIBRARY,
    ) -> Receipt:
        """End a person's assignments to a role at once. Needs the administrator role.

        Raises:
            Refused: *by* is no administrator, or it would leave none; recorded.
            NotFound: the person does not hold the role there.
        """
        given = moving.checked_reason(reason)
        return self._write(
            lambda unit: administering.revoke_role(unit, role, person, project, by, given), source, session
        )

    def register_workflow(
        self, workflow: Workflow, *, by: str, session: Session | None = None, source: Source = LIBRARY
    ) -> Receipt:
        """Make a definition available to new projects. Needs the administrator role.

        Raises:
            BadInput: this id and version are registered already.
            WorkflowInvalid: it names guards this engine does not have.
            Refused: *by* is no administrator; recorded.
        """
        return self._write(lambda unit: administering.register_workflow(unit, workflow, by), source, session)

    def add_exception(
        self,
        project: str | None,
        *,
        rules: Sequence[str],
        person: str,
        until: Day,
        reason: str,
        compensating: str,
        reviewer: str | None = None,
        start: Day | None = None,
        roles: Sequence[str] = (),
        risk: str | None = None,
        control: str | None = None,
        every_days: int | None = None,
        by: str,
        session: Session | None = None,
        source: Source = LIBRARY,
    ) -> Receipt:
        """Permit *person* to depart from *rules* until a date. *by* approves it, as administrator.

        Args:
            project: the key of the one where it applies; None for every project, also those opened later. Such an
                exception has a *control*, *every_days*, the first time before it ends, and a *reviewer*.
            rules: of `flowgov.dossier.exceptions.RULES`.
            until: last day, included; twelve months after *start* at most.
            compensating: the control that makes up for the departure.
            reviewer: login of who checks that control; not the beneficiary.
            roles: those that one person combines.
            risk: what can go wrong because of it.
            control: kind of the control, of `flowgov.dossier.exceptions.CONTROLS`.
            every_days: how often the reviewer says that the control works; while that is due and not done, the
                exception permits nothing. See `Exemptions.review`.

        Raises:
            BadInput: a rule, a text, the period, or what makes up for the departure is not acceptable.
            Refused: *by* is no administrator, or the beneficiary; recorded.
            NotFound: there is no such project, person or role.
        """
        terms = permitting.Terms(
            project,
            tuple(rules),
            person,
            until,
            reason,
            compensating,
            reviewer,
            start,
            roles=tuple(roles),
            risk=risk,
            control=control,
            every_days=every_days,
        )
        return self._write(lambda unit: permitting.add_exception(unit, terms, by), source, session)


def _remove(path: str | None) -> None:
    for suffix in ("", "-wal", "-shm", "-journal"):
        Path(f"{path}{suffix}").unlink(missing_ok=True)
