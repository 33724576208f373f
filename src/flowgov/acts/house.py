"""What all acts of one engine share: its database, clock, guards, and the definitions already brought to life."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Row
from sqlalchemy import Engine as Database

from flowgov.audit.record import Entropy, Scribe
from flowgov.clock import Clock, stamp
from flowgov.dossier.working_days import Calendar
from flowgov.errors import AuditBroken, DatabaseError, NotFound, WorkflowInvalid
from flowgov.guards import Guard
from flowgov.machine import Lifecycle
from flowgov.store import people, projects
from flowgov.store.database import check_schema, place
from flowgov.store.kept import Kept
from flowgov.suggest import closest
from flowgov.workflow.mistake import START, Mistake
from flowgov.workflow.model import Workflow, build

_LOG = "flowgov_log"
_REMEMBERED = 10_000
"""Of how many projects the definition is remembered."""


@dataclass
class House:
    """Shared by every act of one engine; safe to use from several threads."""

    database: Database
    clock: Clock
    entropy: Entropy
    guards: Mapping[str, Guard]
    own: bool
    """Whether flowgov made the database engine (and its connection settings), or a host did."""
    url: str | None = field(default=None, repr=False)
    """What flowgov made it from, secrets included; None for a host's."""
    calendar: Calendar = field(default_factory=Calendar)
    """Where the organisation is, for what is due."""
    backdating_days: int = 7
    """How many days ago something may have happened that is recorded now."""
    kept: Kept = field(init=False)
    wrote: bool = False
    """Whether anything was written by it."""
    _scribe: Scribe | None = None
    _lifecycles: dict[str, Lifecycle] = field(default_factory=dict)
    _workflow_by_key: dict[str, str] = field(default_factory=dict)
    _last_workflow: str = ""

    def __post_init__(self) -> None:
        self.kept = Kept(self.database, deque())

    def close(self) -> None:
        """Close the kept and the pooled connections; the next act opens new ones."""
        self.kept.close()
        self.database.dispose()

    @cached_property
    def where(self) -> str:
        """The database as it may be shown."""
        return place(self.database)

    def now(self) -> str:
        """The present moment as a stamp."""
        return stamp(self.clock.now())

    def scribe(self, connection: Connection) -> Scribe:
        """Who writes the records of the log that *connection* leads to; looked up once.

        Raises:
            DatabaseError: the database is not flowgov's, not current, or `init` was never run; or a host's
                connection leads to another log than this engine's own database.
        """
        if connection.engine is not self.database:
            return self._hosts_scribe(connection)
        if self._scribe is None:
            self._scribe = Scribe(self._log(connection), self.entropy)
        return self._scribe

    def _hosts_scribe(self, connection: Connection) -> Scribe:
        log = connection.info.get(_LOG)
        if log is None:
            log = connection.info[_LOG] = self._log(connection)
        if self._scribe is not None and self._scribe.log != log:
            raise DatabaseError("another_log", database=place(connection.engine), expected=self.where)
        return Scribe(log, self.entropy)

    def _log(self, connection: Connection) -> str:
        check_schema(connection, place(connection.engine))
        found = people.read_organisation(connection)
        if found is None:
            raise DatabaseError("not_initialised", database=place(connection.engine))
        return str(found.log)

    def lifecycle_of(self, connection: Connection, key: str) -> Lifecycle:
        """The lifecycle that project *key* is on.

        Raises:
            NotFound: there is no such project.
        """
        hash_ = projects.workflow_of(connection, key)
        if hash_ is None:
            raise unknown_project(connection, key)
        self.remember(key, hash_)
        return self.lifecycle(connection, hash_)

    def likely_lifecycle(self, connection: Connection, key: str, transition: str) -> Lifecycle:
        """The lifecycle that project *key* was on, or else the last project looked at, if it has *transition*.

        A guess that saves a statement; whoever takes it compares it with the project's row.

        Raises:
            NotFound: there is no such project.
        """
        likely = self._lifecycles.get(self._workflow_by_key.get(key) or self._last_workflow)
        if likely is not None and transition in likely.workflow.transitions:
            return likely
        return self.lifecycle_of(connection, key)

    def remember(self, key: str, hash_: str) -> None:
        """Note which definition project *key* is on."""
        if len(self._workflow_by_key) >= _REMEMBERED:
            self._workflow_by_key.clear()
        self._workflow_by_key[key] = self._last_workflow = hash_

    def lifecycle(self, connection: Connection, hash_: str) -> Lifecycle:
        """The lifecycle of the definition with this hash.

        Raises:
            AuditBroken: the stored definition no longer has the hash it is stored under.
        """
        found = self._lifecycles.get(hash_)
        if found is None:
            row = people.find_workflow(connection, hash_)
            if row is None or sha256(row.body).hexdigest() != hash_:
                raise AuditBroken("definition", hash=hash_)
            found = self._lifecycles[hash_] = self.bring_to_life(build(json.loads(row.body)))
        return found

    def bring_to_life(self, workflow: Workflow) -> Lifecycle:
        """
        Raises:
            WorkflowInvalid: the definition names guards that this engine does not have.
        """
        unknown = [
            Mistake("unknown_guard", START, workflow.name, {"name": name, "transition": t.id})
            for t in workflow.transitions.values()
            for name in t.guards
            if name not in self.guards
        ]
        if unknown:
            raise WorkflowInvalid(unknown, workflow.name)
        return Lifecycle(workflow, self.guards)


def known_project(connection: Connection, key: str) -> Row[Any]:
    """The project *key*, with its creator's login.

    Raises:
        NotFound: there is no such project.
    """
    found = projects.find(connection, key)
    if found is None:
        raise unknown_project(connection, key)
    return found


def unknown_project(connection: Connection, key: str) -> NotFound:
    """The error for a project key that does not exist."""
    known = projects.keys(connection).values()
    return NotFound("project", name=key, suggestions=closest(key, known))


def archived(row: Row[Any]) -> NotFound:
    """The error for records of a project that were moved to an archive."""
    return NotFound("archived", name=row.key, record=row.archived)


def unknown_person(connection: Connection, login: str) -> NotFound:
    """The error for a login that does not exist, or whose owner left."""
    found = people.find_anybody(connection, login)
    if found is not None and found.ended is not None and found.login != found.id:
        return NotFound("person_ended", name=login, day=found.ended[:10])
    known = people.living(connection).values()
    return NotFound("person", name=login, suggestions=closest(login, known))
