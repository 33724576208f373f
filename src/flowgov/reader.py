"""Everything that can be asked of an engine; nothing here changes anything."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeVar

from sqlalchemy import Connection

from flowgov.acts import changing, dating, lasting, moving, opening
from flowgov.acts.house import House, known_project, unknown_person
from flowgov.acts.reading import Day, Todo, filtered, project_id, stamp_of, todo
from flowgov.acts.unit import read
from flowgov.dossier.evidence import Approval, Evidence
from flowgov.dossier.exceptions import ExceptionGrant
from flowgov.dossier.given import Given
from flowgov.dossier.lead_time import LeadTime
from flowgov.dossier.outcomes import GateChange
from flowgov.errors import NotFound
from flowgov.guards import NOTHING, Decision
from flowgov.people import Assignment, Person
from flowgov.project import Project
from flowgov.store import people, projects, records, tree, views
from flowgov.store.database import reading
from flowgov.store.entries import Entry, entries
from flowgov.store.failures import translated
from flowgov.workflow.model import Workflow

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from flowgov.acts.proving import Proof
    from flowgov.audit.seals import Outside
    from flowgov.audit.verdict import Verdict
    from flowgov.dossier.deadlines import Deadline, GateDue, Tick
    from flowgov.store.reporting import Snapshot

T = TypeVar("T")


class Reader:
    """The questions an engine answers. Persons are named by login, projects by key."""

    def __init__(self, house: House) -> None:
        self._house = house

    def close(self) -> None:
        """Close the pooled connections. The engine can be used again; it reconnects."""
        self._house.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def explain(
        self,
        key: str,
        transition: str,
        *,
        by: str,
        reason: str | None = None,
        dates: dating.Days | None = None,
        context: Mapping[str, object] = NOTHING,
        verbal: bool = False,
        session: Session | None = None,
    ) -> Decision:
        """What `move` would decide now, with every blocker; nothing is moved or recorded.

        Args:
            by: login; or the pseudonym of somebody erased, whom no gate lets pass.
            verbal: as if authorised by word of mouth.

        Raises:
            NotFound: there is no such project, transition or person.
        """
        said, given = moving.checked_reason(reason), Given(dating.checked_dates(dates or {}), verbal=verbal)
        return self._read(
            lambda connection: moving.explain(self._house, connection, key, transition, by, said, context, given),
            session,
        )

    def project(self, key: str, *, session: Session | None = None) -> Project:
        """The project *key* as it stands.

        Raises:
            NotFound: there is no such project.
        """

        def look(connection: Connection) -> Project:
            row = known_project(connection, key)
            return self._project(connection, row)

        return self._read(look, session)

    def projects(self, *, session: Session | None = None) -> tuple[Project, ...]:
        """All projects, by key."""
        return self._read(
            lambda connection: tuple(self._project(connection, row) for row in projects.every(connection)), session
        )

    def transitions(self, key: str, *, session: Session | None = None) -> tuple[str, ...]:
        """Names of the transitions that start where project *key* stands.

        Raises:
            NotFound: there is no such project.
        """

        def look(connection: Connection) -> tuple[str, ...]:
            lifecycle = self._house.lifecycle_of(connection, key)
            row = projects.find(connection, key)
            assert row is not None
            return lifecycle.leaving(row.state)

        return self._read(look, session)

    def todo(self, person: str | None = None, *, session: Session | None = None) -> tuple[Todo, ...]:
        """What waits for *person* (or for everybody): moves he could make and approvals asked of him.

        Raises:
            NotFound: there is no such person.
        """
        return self._read(lambda connection: todo(self._house, connection, person), session)

    def lead_time(self, key: str, *, session: Session | None = None) -> LeadTime:
        """How long project *key* has been under way, with the time on hold kept apart.

        Raises:
            NotFound: there is no such project, or its records were moved to an archive.
        """
        return self._read(lambda connection: lasting.lead_time(self._house, connection, key), session)

    def changes_since_gates(self, key: str, *, session: Session | None = None) -> tuple[GateChange, ...]:
        """What has changed on project *key* since each gate was last passed; only gates that something changed for.

        Raises:
            NotFound: there is no such project, or its records were moved to an archive.
        """
        return self._read(lambda connection: changing.since_gates(self._house, connection, key), session)

    def due(
        self, *, project: str | None = None, at: Day | None = None, whom: bool = True, session: Session | None = None
    ) -> tuple[GateDue, ...]:
        """The gates that have a due time where projects stand now, the first due first. Time on hold does not count.

        Args:
            project: only this one.
            at: judge lateness at this moment, or at the beginning of this day; now by default.
            whom: say for whom each waits, which asks its gate.

        Raises:
            NotFound: there is no such project.
            MissingExtra: one of the gates counts working days, and the holidays library is not installed.
        """
        from flowgov.acts import lateness

        moment = stamp_of(at) or self._house.now()
        return self._read(lambda connection: lateness.due(self._house, connection, moment, project, whom=whom), session)

    def deadlines(
        self,
        *,
        at: Day | None = None,
        within_days: int = 30,
        project: str | None = None,
        session: Session | None = None,
    ) -> tuple[Deadline, ...]:
        """What ends or has to be done within so many days, or should have been, the first first.

        Exceptions, evidence and dates of open projects, and what the registers keep: acceptances and measures of
        risks, contracts, exercises of plans, actions, conditions, waivers. Due gates are not among it: see `due`.

        Args:
            at: counted from this day; today by default.
            project: only what is of this one.

        Raises:
            NotFound: there is no such project.
        """
        from flowgov.acts import ending

        moment = stamp_of(at) or self._house.now()
        return self._read(lambda c: ending.deadlines(self._house, c, moment, within_days, project), session)

    def dates(self, key: str, *, session: Session | None = None) -> dict[str, str]:
        """The dates that gates set on project *key*, as ISO days by name.

        Raises:
            NotFound: there is no such project.
        """
        from flowgov.acts import ending

        return self._read(lambda connection: ending.dates(connection, project_id(connection, key)), session)

    def due_to_time(self, *, by: str, session: Session | None = None) -> tuple[Tick, ...]:
        """The transitions that `Engine.tick` would make now.

        Raises:
            NotFound: there is no such person.
        """
        from flowgov.acts import ticking

        return self._read(lambda connection: ticking.waiting(self._house, connection, by), session)

    def now(self) -> datetime:
        """The present moment, by the engine's clock."""
        return self._house.clock.now()

    def history(self, key: str, *, session: Session | None = None) -> tuple[Entry, ...]:
        """Every record of project *key*, oldest first.

        Raises:
            NotFound: there is no such project, or its records were moved to an archive.
        """

        def look(connection: Connection) -> tuple[Entry, ...]:
            wanted = filtered(connection, project=key)
            return tuple(entries(connection, records.newest(connection, wanted, None)))

        return self._read(look, session)

    def log(
        self,
        *,
        project: str | None = None,
        person: str | None = None,
        event: str | None = None,
        outcome: str | None = None,
        start: Day | None = None,
        until: Day | None = None,
        newest: int | None = None,
    ) -> Iterator[Entry]:
        """Records of the audit log in the order written; a generator, so that the log may be long.

        Args:
            project: key; only this project's chain.
            person: login, or the pseudonym of somebody erased; only records of what this person did.
            event: an event such as ``project.moved``, or its first part, such as ``role``.
            outcome: ``applied`` or ``refused``.
            start: from the beginning of this day, or this moment.
            until: to the end of this day, or this moment.
            newest: only the last so many.

        Raises:
            NotFound: there is no such project, person or event, or the project's records were moved to an archive.
        """
        with translated(self._house.where), reading(self._house.database) as connection:
            self._house.scribe(connection)
            wanted = filtered(connection, project, person, event, outcome, start, until)
            rows = records.newest(connection, wanted, newest) if newest else records.walk(connection, wanted)
            yield from entries(connection, rows)

    def people(self) -> tuple[Person, ...]:
        """All persons, by login; of those who were erased only the pseudonym is left."""
        return self._read(lambda c: tuple(views.person(r) for r in people.every_person(c)))

    def person(self, login: str) -> Person:
        """The person who uses *login*, or who was erased and is known by this pseudonym.

        Raises:
            NotFound: there is no such person.
        """

        def look(connection: Connection) -> Person:
            row = people.find_anybody(connection, login)
            if row is None:
                raise unknown_person(connection, login)
            return views.person(row)

        return self._read(look)

    def assignments(
        self, *, project: str | None = None, person: str | None = None, role: str | None = None, at: Day | None = None
    ) -> tuple[Assignment, ...]:
        """Assignments, past and present, or those in force *at* a moment.

        Args:
            project: only those on this project (not those held everywhere).
        """
        return self._read(lambda c: views.assignments(c, project, person, role, stamp_of(at)))

    def exceptions(self, *, project: str | None = None) -> tuple[ExceptionGrant, ...]:
        """All exceptions, in the order they were granted.

        Args:
            project: only those that apply to it: its own, and those for every project that were not over when it
                was opened.
        """
        return self._read(lambda c: views.exceptions(c, project))

    def evidence(self, key: str) -> tuple[Evidence, ...]:
        """Everything put on project *key*, in order.

        Raises:
            NotFound: there is no such project.
        """
        return self._read(lambda c: views.evidence(c, project_id(c, key)))

    def approvals(self, key: str) -> tuple[Approval, ...]:
        """Every approval on project *key*, in order, withdrawn ones included.

        Raises:
            NotFound: there is no such project.
        """
        return self._read(lambda c: views.approvals(c, project_id(c, key)))

    def workflows(self) -> tuple[Workflow, ...]:
        """All registered definitions, by id, oldest version first."""
        return self._read(
            lambda c: tuple(self._house.lifecycle(c, row.hash).workflow for row in people.every_workflow(c))
        )

    def workflow(self, name: str) -> Workflow:
        """The newest registered version of a definition, or the one named as ``id@version``.

        Raises:
            NotFound: no such definition is registered.
        """
        return self._read(lambda c: opening.find_lifecycle(self._house, c, name).workflow)

    def organisation(self) -> str:
        """The organisation's name."""
        return self._read(lambda c: str(people.read_organisation(c).name))  # type: ignore[union-attr]  # checked before

    def newest_checkpoint(self) -> str:
        """The newest signed checkpoint, with every cosignature under it.

        Raises:
            NotFound: there is none yet.
        """

        from flowgov.acts import checkpointing

        def look(connection: Connection) -> str:
            newest = tree.newest_checkpoint(connection)
            if newest is None:
                raise NotFound("no_checkpoint")
            return checkpointing.whole(connection, newest.size)

        return self._read(look)

    def checkpoint_of(self, size: int) -> str:
        """The signed checkpoint over the first *size* records, with every cosignature under it.

        Raises:
            NotFound: there is none.
        """

        from flowgov.acts import checkpointing

        def look(connection: Connection) -> str:
            if tree.find_checkpoint(connection, size) is None:
                raise NotFound("checkpoint", size=size)
            return checkpointing.whole(connection, size)

        return self._read(look)

    def signing_keys(self) -> tuple[str, ...]:
        """Every verifier key the log ever had, in order; the last one is in force."""
        return self._read(lambda connection: tuple(people.signing_keys(connection)))

    def origin(self) -> str:
        """The log's name, unique to the installation; its keys carry it too."""
        return self._read(lambda connection: self._house.scribe(connection).log)

    def prove(self, project: str | None, seq: int | None = None) -> Proof:
        """That a record is in the log, by the newest checkpoint that covers it.

        Args:
            project: key of the project; None for the organisation's chain.
            seq: position in the chain; by default the last record.

        Raises:
            NotFound: there is no such record, it was moved to an archive, or no checkpoint covers it yet.
        """
        from flowgov.acts import proving

        return self._read(lambda connection: proving.prove(connection, project, seq))

    def verify(
        self,
        *,
        outside: Outside | None = None,
        since: str | None = None,
        store: str | Path | None = None,
        archives: Sequence[Path] = (),
        progress: Callable[[int, int], None] | None = None,
        jobs: int | None = 1,
    ) -> Verdict:
        """Check the whole audit log, in one read transaction; nothing is changed or repaired.

        Every record is parsed anew: its bytes, its columns, the texts beside it, its place and its link to the
        record before. Every chain is replayed under the definitions it names: each step must have been permitted
        when it was made. What the tables say now must be what the replay ends with, and the triggers that keep
        the log append-only must be in place. Writers are not held up; memory does not grow with the log.

        The positions of all records, the tree over them and everything that was signed are compared too. How much a
        verdict that holds shows depends on what is brought along from outside the database: see `Verdict.level`.

        Args:
            outside: trusted keys, copies of checkpoints, and witnesses. Without them, whoever owns the database
                could have rewritten all of it consistently.
            since: a signed checkpoint that was verified before; only what came after it, and the chains that have
                grown, are read.
            store: the folder where copies of evidence are kept; they are hashed and compared.
            archives: files that `Keeper.archive` wrote; their records are verified with the others.
            progress: called now and then with how many records are done, of how many.
            jobs: how many processes walk the chains, all of the same moment; None for as many as the log is worth
                and the machine has cores. The verdict is the same. One process does it all where others could not
                open the database as this one did: on an engine of the host's, with *since* or with *archives*.

        Returns:
            `Verdict.holds`, and every `Finding`; `Verdict.first` is the first record that breaks. An altered log
            is a verdict, not an error.

        Raises:
            BadInput: *since* is no checkpoint, or one of a longer log.
            DatabaseError: the database cannot be read, is not flowgov's, or was never initialised.
        """
        from flowgov.acts.verifying import verify_log
        from flowgov.audit.seals import NOTHING_OUTSIDE

        known = outside or NOTHING_OUTSIDE
        known = replace(known, now=known.now or self._house.clock.now())
        folder = None if store is None else Path(store)
        return verify_log(self._house, progress, known, since, folder, archives, jobs)

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """One unchanging view of the log, for reports."""
        from flowgov.store import reporting

        with translated(self._house.where):
            self._read(lambda _: None)
            with reporting.snapshot(self._house.database, self._house.now()) as taken:
                yield taken

    def _read(self, look: Callable[[Connection], T], session: Session | None = None) -> T:
        return read(self._house, look, session)

    def _project(self, connection: Connection, row: Any) -> Project:
        return views.project(row, self._house.lifecycle(connection, row.workflow).workflow)
