"""What was signed: the database's checkpoints, copies of them elsewhere, witnesses; and who was entitled to sign.

The log itself says which key signs it from where on. Whoever trusts one of these keys, because he got it from
somewhere else than the database, can trust the others as far as each was confirmed by the one before it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, Protocol

from flowgov.audit.finding import Code, Findings
from flowgov.audit.note import Checkpoint, Note, NoteError, Signature, VerifierKey
from flowgov.audit.notice import Notices
from flowgov.audit.register import Register
from flowgov.audit.signing import cosigned_at, verifies
from flowgov.audit.standing import KeyEvent
from flowgov.audit.tree import Claim, Sums
from flowgov.audit.verdict import Proved
from flowgov.errors import MissingExtra

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = 32_503_680_000
"""The year 3000, in seconds; a witness's time beyond it bounds nothing."""


class Copy(NamedTuple):
    """A checkpoint that lies outside the database."""

    note: str | None
    """The signed note; None where the copy is damaged."""
    place: str
    where: str
    """Which file, commit or token it is."""
    at: str | None = None
    """When a time-stamp authority saw it."""
    why: str | None = None
    """Why the copy cannot be relied on."""
    cut: bool = False
    """Whether it is damaged because its writing was interrupted."""


class SealSource(Protocol):
    """Where checkpoints come from."""

    def checkpoints(self) -> Iterable[tuple[Any, Any]]: ...
    def cosignatures(self) -> Iterable[tuple[Any, Any, Any]]: ...


@dataclass(frozen=True, slots=True)
class Outside:
    """What whoever verifies brings along, from elsewhere than the database."""

    keys: tuple[str, ...] = ()
    """Verifier keys that are trusted."""
    copies: tuple[Copy, ...] = ()
    places: tuple[str, ...] = ()
    """Places that were named, and must hold something of this log."""
    configured: tuple[str, ...] = ()
    """Places that were looked at because the settings name them; nothing may have been put there yet."""
    witnesses: tuple[str, ...] = ()
    """Verifier keys of the witnesses that are trusted."""
    memory: str | None = None
    """The place that is the signer's own memory: it finds what was rolled back, but is not an anchor."""
    quorum: int = 1
    """How many of them must have signed for a checkpoint to count as witnessed."""
    now: datetime | None = None


NOTHING_OUTSIDE = Outside()


@dataclass(slots=True)
class Seals:
    """What was signed, as far as signatures go; roots are compared by the walk of the tree."""

    claims: list[Claim] = field(default_factory=list)
    trusted_times: dict[int, datetime] = field(default_factory=dict)
    witnessed: dict[int, set[str]] = field(default_factory=dict)
    """Trusted witnesses by the size of the checkpoint they signed."""
    stamped: set[int] = field(default_factory=set)
    """Sizes that a time-stamp authority saw."""
    trusted: set[int] = field(default_factory=set)
    """Sizes of checkpoints signed by a key that was brought along, or that one of these leads to."""
    checked: bool = True
    """False where signatures could not be checked on this machine."""


def examine(
    source: SealSource, register: Register, log: str | None, outside: Outside, findings: Findings, notices: Notices
) -> Seals:
    """Check every signature; what is signed rightly becomes a claim."""
    return _Examination(register, log, outside, findings, notices).run(source)


class _Examination:
    def __init__(
        self, register: Register, log: str | None, outside: Outside, findings: Findings, notices: Notices
    ) -> None:
        self._register, self._log, self._outside = register, log, outside
        self._findings, self._notices = findings, notices
        self._seals = Seals()
        self._notes: dict[int, str] = {}
        """The signed text of every checkpoint in the database that is one."""
        self._keys: dict[str, VerifierKey | None] = {}
        self._signers: dict[int, KeyEvent] = {}
        """Whose key signed each checkpoint that is signed rightly."""

    def run(self, source: SealSource) -> Seals:
        self._checkpoints(source.checkpoints())
        self._lineage()
        self._cosignatures(source.cosignatures())
        self._copies()
        for replaced in (event for event in self._register.keys if event.old and not event.rotated):
            self._notices.add("KEY_REPLACED", "org", replaced.seq, key=replaced.key)
        return self._seals

    # --- the database's own ------------------------------------------------------------------------------------

    def _checkpoints(self, rows: Iterable[tuple[Any, Any]]) -> None:
        found, former = False, 0
        for size, raw in rows:
            found = True
            parsed = self._parsed(size, raw)
            if parsed is None:
                continue
            note, checkpoint = parsed
            self._notes[size] = note.text
            if self._signed(size, note, former):
                self._seals.claims.append(Claim(size, checkpoint.root))
            former = size
        if self._register.keys and not found:
            self._notices.add("NO_CHECKPOINT")

    def _parsed(self, size: Any, raw: Any) -> tuple[Note, Checkpoint] | None:
        try:
            note = Note.parse(raw if isinstance(raw, str) else "")
            checkpoint = Checkpoint.parse(note.text)
        except NoteError as error:
            self._findings.add("CHECKPOINT_INVALID", about="form", checkpoint=size, why=str(error))
            return None
        if checkpoint.size != size or checkpoint.origin != self._log:
            why = f"{checkpoint.origin} {checkpoint.size}"
            self._findings.add("CHECKPOINT_INVALID", about="form", checkpoint=size, why=why)
            return None
        return note, checkpoint

    def _signed(self, size: int, note: Note, former: int) -> bool:
        """Whether the key in force at that size signed, and whichever keys it took over from; and nobody else."""
        event = self._in_force(size)
        if event is None:
            self._findings.add("CHECKPOINT_INVALID", about="no_key", checkpoint=size)
            return False
        signers = list(dict.fromkeys((event.key, *self._taken_over(former, size))))
        for key in signers:
            if not self._carries(note, key):
                code: Code = "CHECKPOINT_INVALID" if key == event.key else "KEY_UNAUTHORISED"
                self._findings.add(code, checkpoint=size, key=event.key)
                return False
        if not all(any(self._is_by(signature, key) for key in signers) for signature in note.signatures):
            self._findings.add("CHECKPOINT_INVALID", about="form", checkpoint=size, why=note.signatures[-1].name)
            return False
        if len(note.signatures) != len(signers):
            self._findings.add("CHECKPOINT_INVALID", about="form", checkpoint=size, why=str(len(note.signatures)))
            return False
        self._signers[size] = event
        return True

    def _in_force(self, size: int) -> KeyEvent | None:
        """The last key that took over among the first *size* records."""
        events = [event for event in self._register.keys if event.idx is not None and event.idx < size]
        return events[-1] if events else None

    def _taken_over(self, former: int, size: int) -> list[str]:
        """The keys that must confirm, by this checkpoint, those that took over from them since the one before it."""
        since = (event for event in self._register.keys if event.idx is not None and former <= event.idx < size)
        return [event.old for event in since if event.rotated and event.old]

    # --- trust -------------------------------------------------------------------------------------------------

    def _lineage(self) -> None:
        """From a trusted key on, every later one must have been confirmed by the one before it."""
        events = self._register.keys
        lineage = [event.key for event in events]
        for trusted in self._outside.keys:
            if trusted not in lineage:
                self._findings.add("KEY_UNAUTHORISED", about="trusted", key=trusted)
                continue
            at = len(lineage) - 1 - lineage[::-1].index(trusted)
            broken = next((event for event in events[at + 1 :] if not event.rotated), None)
            if broken is not None:
                self._replaced(trusted, broken, lineage)
            heirs = events[at : events.index(broken) if broken else None]
            self._seals.trusted |= {size for size, event in self._signers.items() if event in heirs}
        known = [trusted for trusted in self._outside.keys if trusted in lineage]
        if known and self._signers and not self._seals.trusted:
            self._findings.add("KEY_UNAUTHORISED", about="unconfirmed", key=known[0])

    def _replaced(self, trusted: str, broken: KeyEvent, lineage: list[str]) -> None:
        """Whoever trusts a key that was replaced must trust one of those after it too."""
        if not set(lineage[lineage.index(broken.key) :]) & set(self._outside.keys):
            self._findings.add("KEY_UNAUTHORISED", "org", broken.seq, about="replaced", old=trusted, key=broken.key)

    # --- witnesses ---------------------------------------------------------------------------------------------

    def _cosignatures(self, rows: Iterable[tuple[Any, Any, Any]]) -> None:
        for size, witness, line in rows:
            at = self._cosigned(size, witness, line)
            if at is None:
                self._findings.add("COSIGNATURE_INVALID", checkpoint=size, witness=str(witness))
            elif witness in self._outside.witnesses:
                self._witnessed(size, witness, at)

    def _cosigned(self, size: Any, witness: Any, line: Any) -> int | None:
        text = self._notes.get(size)
        if text is None or not isinstance(line, str):
            return None
        try:
            key, note = VerifierKey.parse(str(witness)), Note.parse(f"{text}\n{line}")
        except NoteError:
            return None
        return self._cosigned_at(key, text, note.signatures) if len(note.signatures) == 1 else None

    def _cosigned_at(self, key: VerifierKey, text: str, signatures: Sequence[Signature]) -> int | None:
        """When the witness saw it; at no time in particular where that cannot be checked on this machine."""
        if not self._seals.checked:
            return 0
        times = (cosigned_at(key, text, signature) for signature in signatures)
        try:
            return next((at for at in times if at is not None), None)
        except MissingExtra:
            self._cannot_check()
            return 0

    def _witnessed(self, size: int, witness: str, at: int) -> None:
        if not self._seals.checked:
            return
        self._seals.witnessed.setdefault(size, set()).add(witness)
        self._time(size, EPOCH + timedelta(seconds=min(at, LATEST)))

    # --- copies elsewhere --------------------------------------------------------------------------------------

    def _copies(self) -> None:
        told = Counter[str]()
        for copy in self._outside.copies:
            told[copy.place] += self._copy(copy)
        for place in self._outside.places:
            if not told[place]:
                self._findings.add("ANCHOR_INVALID", about="empty", place=place)
        for place in self._outside.configured:
            if not told[place]:
                self._notices.add("ANCHOR_EMPTY", place=place)

    def _copy(self, copy: Copy) -> int:
        """How many copies of this log's checkpoints that was: others may keep theirs in the same place."""
        try:
            note = Note.parse(copy.note or "")
            checkpoint = Checkpoint.parse(note.text)
        except NoteError as error:
            if copy.cut:
                self._notices.add("ANCHOR_CUT", place=copy.where)
                return 0
            why = copy.why or str(error)
            self._findings.add("ANCHOR_INVALID", about="damaged", place=copy.place, copy=copy.where, why=why)
            return 1
        if checkpoint.origin != self._log:
            return 0
        if copy.why is not None:
            self._findings.add("ANCHOR_INVALID", about="damaged", place=copy.place, copy=copy.where, why=copy.why)
            return 1
        self._believed(copy, note, checkpoint)
        return 1

    def _believed(self, copy: Copy, note: Note, checkpoint: Checkpoint) -> None:
        size = checkpoint.size
        if not any(self._carries(note, key) for key in self._ever(size)):
            if any(self._carries(note, event.key) for event in self._register.keys):
                self._seals.claims.append(Claim(size, checkpoint.root, copy.place, withdrawn=True))
            else:
                self._findings.add("ANCHOR_INVALID", about="signature", place=copy.place, size=size)
            return
        self._seals.claims.append(Claim(size, checkpoint.root, copy.place))
        if size not in self._notes:
            self._findings.add("CHECKPOINT_MISSING", checkpoint=size, copy=copy.where)
        for witness in self._outside.witnesses:
            key = self._key(witness)
            at = self._cosigned_at(key, note.text, note.signatures) if key else None
            if at is not None:
                self._witnessed(size, witness, at)
        if copy.at is not None:
            self._seals.stamped.add(size)
            self._time(size, datetime.fromisoformat(copy.at))

    def _ever(self, size: int) -> Iterator[str]:
        """Keys whose word is believed for a checkpoint of this size, and those brought along."""
        yield from self._outside.keys
        for event, after in zip(self._register.keys, [*self._register.keys[1:], None], strict=True):
            if after is None or after.vouched is None or size <= after.vouched:
                yield event.key

    # --- signatures --------------------------------------------------------------------------------------------

    def _carries(self, note: Note, key: str) -> bool:
        return any(
            self._is_by(signature, key) and self._verifies(key, note.text, signature) for signature in note.signatures
        )

    def _is_by(self, signature: Signature, key: str) -> bool:
        parsed = self._key(key)
        return parsed is not None and (signature.name, signature.key_id) == (parsed.name, parsed.key_id)

    def _verifies(self, key: str, text: str, signature: Signature) -> bool:
        parsed = self._key(key)
        if parsed is None or not self._seals.checked:
            return parsed is not None
        try:
            return verifies(parsed, text, signature)
        except MissingExtra:
            self._cannot_check()
            return True

    def _cannot_check(self) -> None:
        self._seals.checked = False
        self._notices.add("SIGNATURES_UNCHECKED")

    def _key(self, text: str) -> VerifierKey | None:
        if text not in self._keys:
            try:
                self._keys[text] = VerifierKey.parse(text)
            except NoteError:
                self._keys[text] = None
        return self._keys[text]

    def _time(self, size: int, at: datetime) -> None:
        known = self._seals.trusted_times.get(size)
        if known is None or at < known:
            self._seals.trusted_times[size] = at


def proved(seals: Seals, sums: Sums, waiting: int, outside: Outside, lowest: int | None) -> Proved:
    """How far the log is vouched for, once the roots were compared.

    Args:
        lowest: position of the first record that is not the one that was signed; None if every one is.
    """
    held = max((size for size in sums.agreed if lowest is None or size <= lowest), default=0)
    memory = outside.memory
    anchored = max((size for size, place in sums.copies_held if place != memory), default=None)
    agreed = {size for size, _ in sums.copies_held} | set(sums.agreed)
    witnesses = max((len(who) for size, who in seals.witnessed.items() if size in agreed), default=0)
    enough = {size for size, who in seals.witnessed.items() if len(who) >= max(outside.quorum, 1)}
    seen = max((enough | seals.stamped) & agreed, default=0)
    at = seals.trusted_times.get(anchored) if anchored is not None else None
    checked = seals.checked
    return Proved(
        size=sums.size,
        waiting=waiting,
        sealed=held if checked else 0,
        sealed_ts=sums.agreed.get(held) if checked else None,
        trusted=checked and not seals.trusted.isdisjoint(sums.agreed),
        anchored=anchored,
        anchored_at=None
        if at is None
        else at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z",
        witnesses=witnesses,
        witnessed=seen > 0,
        seen=seen,
        archived=sums.archived,
    )
