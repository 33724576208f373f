"""Who acts: persons and the roles they hold. Plain values; the rules about them are elsewhere."""

from __future__ import annotations

import re
from dataclasses import dataclass

from flowgov.errors import BadInput
from flowgov.text import clean_text

ADMINISTRATOR = "administrator"
"""The organisation-wide role that may administer people, roles, definitions and exceptions."""

LONGEST_DELEGATION = 92
"""Days for which a role can be lent at most."""

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+\Z")


@dataclass(frozen=True, slots=True)
class Person:
    """Someone who acts. The audit log knows only `id`; everything else is the erasable identity card."""

    id: str
    """Random pseudonym, never shown to people."""
    login: str
    """The short name people type: ``kbenali``."""
    name: str
    email: str | None = None
    service: bool = False
    """Whether this is an account of a program: it never approves anything."""
    ended: str | None = None
    """When this person left; nobody acts as this person since."""

    @property
    def erased(self) -> bool:
        """Whether nothing of the identity card is left but the pseudonym."""
        return self.login == self.id


@dataclass(frozen=True, slots=True)
class Assignment:
    """A person holds a role, on one project or everywhere, from *start* until *until* (exclusive)."""

    id: str
    person: str
    """Login."""
    role: str
    project: str | None
    """Project key, or None for everywhere."""
    start: str
    until: str | None
    granted_by: str
    """Login of who granted it: an administrator, or who lends it."""
    record: str
    """Hash of the record that granted it."""
    delegator: str | None = None
    """Login of who lent it, where it is a delegation."""

    def holds_at(self, stamp: str) -> bool:
        """Whether the role is held at that moment."""
        return self.start <= stamp and (self.until is None or stamp < self.until)


def clean_email(value: str) -> str:
    """
    Raises:
        BadInput: *value* cannot be an e-mail address.
    """
    value = clean_text(value, field="email", limit=254)
    if not _EMAIL.match(value):
        raise BadInput("bad_email", value=value)
    return value
