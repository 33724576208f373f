"""The charter of each project: what follows from the assignments now, what was issued, who has acknowledged it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from flowgov.acts import chartering
from flowgov.acts.house import known_project
from flowgov.dossier.charter import KEY, KIND, SIGNED, Matrix, derive, signatories
from flowgov.registers.register import LIBRARY, Register
from flowgov.store import entries_of, people, projects
from flowgov.workflow.model import Workflow

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from flowgov.audit.record import Source
    from flowgov.project import Receipt


@dataclass(frozen=True, slots=True)
class Signature:
    """Somebody who has to acknowledge the charter, and the version he acknowledged last."""

    person: str
    """Login."""
    version: int | None
    at: str | None


@dataclass(frozen=True, slots=True)
class Charter:
    """A project's charter as it follows now, and what was issued of it. Persons are logins."""

    project: str
    title: str
    workflow: Workflow
    matrix: Matrix
    version: int | None
    """Of the charter issued last; None if there is none."""
    issued_at: str | None
    sha256: str | None
    """Of the canonical form of what was issued."""
    current: bool
    """Whether the charter issued last says what follows now."""
    signatures: tuple[Signature, ...]

    @property
    def missing(self) -> tuple[str, ...]:
        """Who has yet to acknowledge the version issued last, or would have to if it was issued anew."""
        return tuple(s.person for s in self.signatures if not self.current or s.version != self.version)

    @property
    def acknowledged(self) -> bool:
        """Whether it is current, and everybody has acknowledged it."""
        return self.version is not None and self.current and not self.missing


class Charters(Register):
    """The projects' charters."""

    def of(self, project: str, *, session: Session | None = None) -> Charter:
        """The charter of a project, as it follows from the assignments now, beside what was issued.

        Raises:
            NotFound: there is no such project.
        """
        return self._read(lambda connection: self._charter(connection, project), session)

    def start(
        self,
        project: str,
        *,
        business: str,
        technical: str,
        arbiter: str,
        by: str,
        session: Session | None = None,
        source: Source = LIBRARY,
    ) -> Receipt:
        """Three answers make a charter: grant these roles on the project, and issue it. Needs the administrator role.

        Args:
            business: who decides for the business.
            technical: who builds.
            arbiter: who arbitrates.

        Raises:
            BadInput: the workflow has no role for one of the questions.
            Refused: *by* is no administrator, or names himself; recorded, and nothing is granted.
            NotFound: there is no such project or person.
        """
        answers = {"business": business, "technical": technical, "arbiter": arbiter}
        return self._write(lambda unit: chartering.start(unit, project, by, answers), source, session)

    def issue(self, project: str, *, by: str, session: Session | None = None, source: Source = LIBRARY) -> Receipt:
        """Record the charter as it follows from the assignments now; everybody then acknowledges this version.

        Where the workflow asks for evidence of the kind ``charter``, it is put on the project, by its hash.

        Raises:
            BadInput: nothing changed since the version issued last.
            Refused: *by* has no role that acts on the project, did not open it and is no administrator; or the project
                is closed; recorded.
            NotFound: there is no such project or person.
        """
        return self._write(lambda unit: chartering.issue(unit, project, by), source, session)

    def acknowledge(
        self, project: str, *, by: str, session: Session | None = None, source: Source = LIBRARY
    ) -> Receipt:
        """Acknowledge the charter issued last, for oneself.

        Raises:
            BadInput: no charter was issued, or *by* has acknowledged this version.
            Refused: it is outdated, or *by* holds no role in it himself, or is a service account; recorded.
            NotFound: there is no such project or person.
        """
        return self._write(lambda unit: chartering.acknowledge(unit, project, by), source, session)

    def _charter(self, connection: Connection, key: str) -> Charter:
        row = known_project(connection, key)
        workflow = self._house.lifecycle(connection, row.workflow).workflow
        holders = projects.holders(connection, row.id, self._house.now())
        matrix = derive(workflow, holders, personal_data=bool(row.personal_data))
        names = people.logins(connection)
        lines = entries_of.by_kind(entries_of.of_scope(connection, row.id, KIND, SIGNED))
        issued, signed = lines.get(KIND, {}).get(KEY), lines.get(SIGNED, {})
        asked = signatories(workflow, holders, projects.services(connection))
        signatures = [
            Signature(names.get(p, p), signed[p].facts["charter"], signed[p].at)
            if p in signed
            else Signature(names.get(p, p), None, None)
            for p in asked
        ]
        return Charter(
            project=row.key,
            title=row.title,
            workflow=workflow,
            matrix=named(matrix, names),
            version=issued.n if issued else None,
            issued_at=issued.at if issued else None,
            sha256=str(issued.facts["sha256"]) if issued else None,
            current=issued is not None and issued.facts["sha256"] == matrix.hash,
            signatures=tuple(sorted(signatures, key=lambda signature: signature.person)),
        )


def named(matrix: Matrix, names: Mapping[str, str]) -> Matrix:
    """*matrix* with logins for ids, in their order."""

    def people(ids: Sequence[str]) -> tuple[str, ...]:
        return tuple(sorted(names.get(id_, id_) for id_ in ids))

    gates = tuple(
        replace(gate, parts=tuple(replace(part, persons=people(part.persons)) for part in gate.parts))
        for gate in matrix.gates
    )
    return replace(
        matrix,
        holders={role: people(ids) for role, ids in matrix.holders.items()},
        gates=gates,
        gaps=tuple(replace(gap, persons=people(gap.persons)) for gap in matrix.gaps),
        overlaps=tuple(
            sorted((replace(o, person=people([o.person])[0]) for o in matrix.overlaps), key=lambda o: o.person)
        ),
    )
