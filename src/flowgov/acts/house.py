"""What all acts of one engine share: its database, clock, guards, and the definitions already brought to life."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256

from sqlalchemy import Connection
from sqlalchemy import Engine as Database

from flowgov.audit.record import Entropy, Scribe
from flowgov.clock import Clock, stamp
from flowgov.errors import AuditBroken, DatabaseError, NotFound, WorkflowInvalid
from flowgov.guards import Guard
from flowgov.machine import Lifecycle
from flowgov.store import people, projects
from flowgov.store.database import check_schema, place
from flowgov.suggest import closest
from flowgov.workflow.mistake import START, Mistake
from flowgov.workflow.model import Workflow, build


@dataclass
class House:
    """Shared by every act of one engine; safe to use from several threads."""

    database: Database
    clock: Clock
    entropy: Entropy
    guards: Mapping[str, Guard]
    own: bool
    """Whether flowgov made the database engine (and its connection settings), or a host did."""
    _scribe: Scribe | None = None
    _lifecycles: dict[str, Lifecycle] = field(default_factory=dict)
    _workflow_by_key: dict[str, str] = field(default_factory=dict)

    @cached_property
    def where(self) -> str:
        """The database as it may be shown."""
        return place(self.database)

    def now(self) -> str:
        """The present moment as a stamp."""
        return stamp(self.clock.now())

    def scribe(self, connection: Connection) -> Scribe:
        """Who writes this log's records; the first call checks that the database is flowgov's and current.

        Raises:
            DatabaseError: it is not, or `init` was never run.
        """
        if self._scribe is None:
            check_schema(connection, self.where)
            found = people.read_organisation(connection)
            if found is None:
                raise DatabaseError("not_initialised", database=self.where)
            self._scribe = Scribe(found.log, self.entropy)
        return self._scribe

    def check_log(self, connection: Connection) -> None:
        """Whether a host's *connection* leads to the log this engine writes; looked at once a connection.

        Raises:
            DatabaseError: it leads to another one.
        """
        log = self.scribe(connection).log
        if connection.info.get("flowgov_log") == log:
            return
        found = people.read_organisation(connection)
        if found is None or found.log != log:
            raise DatabaseError("another_log", database=place(connection.engine), expected=self.where)
        connection.info["flowgov_log"] = log

    def lifecycle_of(self, connection: Connection, key: str) -> Lifecycle:
        """The lifecycle that project *key* is on.

        Raises:
            NotFound: there is no such project.
        """
        hash_ = self._workflow_by_key.get(key)
        if hash_ is None:
            hash_ = projects.workflow_of(connection, key)
            if hash_ is None:
                raise unknown_project(connection, key)
            self._workflow_by_key[key] = hash_
        return self.lifecycle(connection, hash_)

    def forget(self, key: str) -> None:
        """Look up again, next time, which definition project *key* is on."""
        self._workflow_by_key.pop(key, None)

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


def unknown_project(connection: Connection, key: str) -> NotFound:
    """The error for a project key that does not exist."""
    known = projects.keys(connection).values()
    return NotFound("project", name=key, suggestions=closest(key, known))


def unknown_person(connection: Connection, login: str) -> NotFound:
    """The error for a login that does not exist."""
    known = people.logins(connection).values()
    return NotFound("person", name=login, suggestions=closest(login, known))
