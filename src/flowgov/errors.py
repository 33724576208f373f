"""Every error raised on purpose: a stable code, what is wrong, what to do next, and the data behind it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from flowgov.i18n import DEFAULT, Language, has, text

if TYPE_CHECKING:
    from flowgov.guards import Decision
    from flowgov.workflow.mistake import Mistake


class FlowgovError(Exception):
    """The root of every error flowgov raises on purpose; anything else is a bug."""

    code: ClassVar[str] = "error"
    """Stable name of the error; programs compare this, never the sentence."""
    exit_code: ClassVar[int] = 1
    """What the command line exits with."""
    retryable: ClassVar[bool] = False
    """Whether the same call may succeed when made again."""

    def __init__(self, reason: str | None = None, /, **data: Any) -> None:
        super().__init__(reason, data)
        self.reason = reason
        """Which of the error's sentences applies, where it has several."""
        self.data = data
        """The values the sentence speaks of, by name."""

    def message(self, lang: Language = DEFAULT) -> str:
        """What is wrong, in one sentence."""
        return text(self._key, lang, **self.data)

    def hint(self, lang: Language = DEFAULT) -> str | None:
        """What to do next, where there is something to say."""
        if self.data.get("suggestions"):
            return text("error.did_you_mean", lang, **self.data)
        key = f"{self._key}.hint"
        return text(key, lang, **self.data) if has(key, lang) else None

    def __str__(self) -> str:
        hint = self.hint()
        return f"{self.message()}\n{hint}" if hint else self.message()

    @property
    def _key(self) -> str:
        return f"error.{self.code}.{self.reason}" if self.reason else f"error.{self.code}"


class Refused(FlowgovError):
    """The rules do not allow it; `decision` lists every blocker."""

    code = "refused"
    exit_code = 1

    def __init__(self, decision: Decision) -> None:
        super().__init__(decision.kind, action=decision.action, subject=decision.subject)
        self.decision = decision

    def hint(self, lang: Language = DEFAULT) -> str | None:
        return "\n".join(blocker.message(lang) for blocker in self.decision.blockers)


class MoveRefused(Refused):
    """A transition was refused; the attempt is in the audit log."""

    code = "move_refused"


class BadInput(FlowgovError, ValueError):
    """An argument is not usable; nothing was done."""

    code = "bad_input"
    exit_code = 2


class IdempotencyMismatch(FlowgovError, ValueError):
    """The idempotency key was already used, by another caller or with other arguments."""

    code = "idempotency_mismatch"
    exit_code = 2


class MissingExtra(FlowgovError, ImportError):
    """What was asked for needs an optional part of flowgov that is not installed; nothing was done."""

    code = "missing_extra"
    exit_code = 2

    def __init__(self, extra: str, /, **data: Any) -> None:
        """
        Args:
            extra: the part, as it is called where flowgov is installed: ``flowgov[extra]``.
            data: *what* is missing, where more is known.
        """
        super().__init__(extra, extra=extra, **data)


class WorkflowInvalid(FlowgovError, ValueError):
    """A workflow definition has mistakes; `mistakes` lists all of them."""

    code = "workflow_invalid"
    exit_code = 3

    def __init__(self, mistakes: Sequence[Mistake], source: str) -> None:
        super().__init__(None, source=source, count=len(mistakes))
        self.mistakes = tuple(mistakes)

    def hint(self, lang: Language = DEFAULT) -> str | None:
        return "\n".join(mistake.line(lang) for mistake in self.mistakes)


class NotFound(FlowgovError, LookupError):
    """There is no such project, person, role, transition, workflow or exception."""

    code = "not_found"
    exit_code = 4


class Conflict(FlowgovError):
    """Somebody else was faster; look again, then retry."""

    code = "conflict"
    exit_code = 5
    retryable = True


class OutcomeUnknown(FlowgovError):
    """The connection broke around the commit; retry with the same idempotency key to learn the outcome."""

    code = "outcome_unknown"
    exit_code = 5
    retryable = True


class AnchorFailed(FlowgovError):
    """A checkpoint could not be kept outside the database, or what a place kept cannot be read."""

    code = "anchor_failed"
    exit_code = 5
    retryable = True


class NotSent(FlowgovError):
    """A channel did not take its reminders; what others took is not sent again."""

    code = "not_sent"
    exit_code = 5
    retryable = True


class AuditBroken(FlowgovError):
    """The audit log does not hold: it was altered, or an invariant failed while writing."""

    code = "audit_broken"
    exit_code = 6


class DatabaseError(FlowgovError):
    """The database cannot be used: unreachable, not flowgov's, not migrated, full or read-only."""

    code = "database"
    exit_code = 7
