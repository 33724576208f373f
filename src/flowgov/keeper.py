"""What keeps the log provable: positions, signed checkpoints, keys, anchors, witnesses, bundles, archives.

Imports what a deed needs when it is done: a move needs none of it.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from flowgov.acts.unit import Act, write
from flowgov.audit.record import Source
from flowgov.clock import end_of
from flowgov.errors import BadInput, Conflict, FlowgovError, OutcomeUnknown
from flowgov.output import whole
from flowgov.project import Receipt
from flowgov.reader import Reader

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from flowgov.acts.administering import Day
    from flowgov.acts.archiving import Plot
    from flowgov.acts.checkpointing import Cause
    from flowgov.anchors.copies import Place
    from flowgov.anchors.vault import Vault
    from flowgov.audit.bundle import Manifest
    from flowgov.audit.note import VerifierKey
    from flowgov.audit.signing import Signer

T = TypeVar("T")
LIBRARY = Source()


@dataclass(frozen=True, slots=True)
class Anchored:
    """What became of one checkpoint at one place."""

    place: str
    locator: str | None = None
    """Where it lies there."""
    error: FlowgovError | None = None


@dataclass(frozen=True, slots=True)
class Checkpointed:
    """A signed checkpoint, and the places it was put."""

    size: int
    root: str
    """RFC 6962 root over the first *size* records, hexadecimal."""
    note: str
    """The signed note, C2SP tlog-checkpoint."""
    anchored: tuple[Anchored, ...] = ()


class Keeper(Reader):
    """The deeds that make the log provable to somebody who trusts neither the database nor its owner."""

    def sequence(self) -> int:
        """Give every committed record that waits its position in the global order; how many got one.

        Any number of processes may do so at once; nobody who writes waits for them.

        Raises:
            AuditBroken: a record that waits is not what was written; nothing from there on gets a position.
        """
        from flowgov.acts import sequencing

        total = 0
        while done := self._write(sequencing.sequence, LIBRARY, None):
            total += done
            if done < sequencing.BATCH:
                break
        return total

    def keep_up(self) -> int:
        """Sequence what this engine wrote, where that costs nothing: on SQLite, where nobody else is writing.

        Returns:
            how many records got a position; 0 where it was left to `sequence`.

        Raises:
            AuditBroken: a record that waits is not what was written.
        """
        house = self._house
        if not house.wrote or house.database.dialect.name != "sqlite":
            return 0
        try:
            return self.sequence()
        except Conflict:
            return 0  # somebody else is at work; the next one catches up

    def checkpoint(self, vault: Vault, *, places: Iterable[Place] = ()) -> Checkpointed:
        """Sign the whole log as it stands, remember it in the vault, and put it in other places.

        If nothing came since, the newest checkpoint is put there again. A place that fails does not undo the
        checkpoint; see `Checkpointed.anchored`.

        Args:
            vault: holds the signing key, and what was signed before.

        Raises:
            AuditBroken: the log is not a continuation of what was signed before; nothing is signed.
            BadInput: the log has no key yet, or the vault's is another one.
        """
        from flowgov.acts import checkpointing

        self.sequence()
        signer, known = vault.signer(self._key()), vault.newest()
        note = self._write(lambda unit: checkpointing.take(unit, signer, known), LIBRARY, None)
        return self._remembered(note, vault, places)

    def anchor(self, vault: Vault, places: Iterable[Place]) -> Checkpointed:
        """Put the newest checkpoint, with its cosignatures, in these places.

        Raises:
            NotFound: there is no checkpoint yet.
        """
        return self._remembered(self.newest_checkpoint(), vault, places)

    def register_key(self, key: VerifierKey, *, by: str, source: Source = LIBRARY) -> Receipt:
        """Record which key signs this log. Needs the administrator role.

        Raises:
            BadInput: the log has a key already, or this one is named after another log.
            Refused: *by* is no administrator; recorded.
        """
        from flowgov.acts import checkpointing

        return self._write(lambda unit: checkpointing.register_key(unit, key, by), source, None)

    def rotate_key(
        self, vault: Vault, new: Signer, *, reason: str, by: str, source: Source = LIBRARY
    ) -> tuple[Receipt, Checkpointed]:
        """Let a *new* key take over: a record, and a checkpoint signed by both keys. Needs the administrator role.

        The vault holds the new key afterwards, and keeps the old one beside it.

        Raises:
            BadInput: the vault's key is not the one in force.
            Refused: *by* is no administrator; recorded.
        """
        from flowgov.acts import checkpointing

        old, known = vault.signer(self._key()), vault.newest()
        self.sequence()
        vault.prepare_key(new.encode())
        receipt, note = self._write(
            lambda unit: checkpointing.rotate_key(unit, old, new, known, reason, by), source, None
        )
        vault.replace_key(new.encode())
        return receipt, self._remembered(note, vault, ())

    def replace_key(
        self,
        vault: Vault,
        new: Signer,
        *,
        cause: Cause,
        vouched: int | None = None,
        reason: str,
        by: str,
        source: Source = LIBRARY,
    ) -> tuple[Receipt, Checkpointed]:
        """Let a *new* key take over from one that was lost or stolen, and cannot vouch for it.

        Whoever trusts the old key is told so by verification, and must trust the new one on other grounds.

        Args:
            vouched: the size up to which checkpoints of the old key are still believed; all of them by default.

        Raises:
            Refused: *by* is no administrator; recorded.
        """
        from flowgov.acts import checkpointing

        known = vault.newest()
        self.sequence()
        vault.prepare_key(new.encode())
        receipt, note = self._write(
            lambda unit: checkpointing.replace_key(unit, new, cause, vouched, known, reason, by), source, None
        )
        vault.replace_key(new.encode())
        return receipt, self._remembered(note, vault, ())

    def cosign(self, note: str, witnesses: Sequence[VerifierKey]) -> tuple[int, int]:
        """Keep the signatures of *witnesses* that a note carries; the checkpoint's size, and how many were new.

        Raises:
            BadInput: it is no signed checkpoint, or none of the witnesses signed it.
            NotFound: this log has no such checkpoint.
            AuditBroken: the witnesses signed another log of this origin and size.
        """
        from flowgov.acts import checkpointing

        return self._write(lambda unit: checkpointing.cosign(unit, note, witnesses), LIBRARY, None)

    def export(
        self,
        output: Path,
        *,
        project: str | None = None,
        identities: bool = False,
        store: Path | None = None,
        vault: Vault | None = None,
    ) -> Manifest:
        """Write an evidence bundle: what the newest checkpoint covers, for somebody who has no database and no flowgov.

        The file is there whole, or not at all; an existing one is replaced.

        Args:
            project: only this project's chain, and the organisation's, with proofs; by default the whole log.
            identities: put identity cards in as well; without them persons are pseudonyms.
            store: the folder of kept evidence, if copies of it go in.
            vault: take a checkpoint first, and put its time-stamp tokens in.

        Raises:
            NotFound: there is no such project, or no checkpoint.
            BadInput: *output* cannot be written, evidence is missing, or records were moved to an archive.
        """
        from flowgov.acts import exporting

        anchors = {}
        if vault is not None:
            self.checkpoint(vault)
            anchors = vault.tokens()
        order = exporting.Order(project, identities, store, anchors)
        with self.snapshot() as taken, whole(output) as file:
            return exporting.export(self._house, taken.connection, order, file)

    def archive(
        self,
        output: Path,
        *,
        until: Day,
        reason: str,
        vault: Vault,
        store: Path | None = None,
        by: str,
        source: Source = LIBRARY,
    ) -> tuple[Receipt, Checkpointed]:
        """Move the records of every project that ended by *until* into a bundle; a signed tombstone stays.

        What stays of such a project is its row: key, title, state. Nothing can be added to it any more. The
        organisation's chain stays whole. The bundle is checked with the verifier it carries before anything is
        deleted. Needs the administrator role, and, on PostgreSQL, the rights of the tables' owner.

        Args:
            output: a file that does not exist yet; whoever has it alone can still show these records.
            until: last day, included, or a moment: a project is archived if no record of it is later.
            store: the folder of kept evidence, if copies of it go in.

        Raises:
            NotFound: no project ended by then.
            BadInput: *output* exists or cannot be written.
            Conflict: a project changed meanwhile; nothing was deleted.
            OutcomeUnknown: the connection broke around the commit; the file stays, for it may hold the only copy.
            Refused: *by* is no administrator; recorded, and nothing was deleted.
        """
        from flowgov.acts import archiving

        if os.path.lexists(output):
            raise BadInput("archive_exists", path=str(output))
        self.checkpoint(vault)
        with self.snapshot() as taken, whole(output) as file:
            plot = archiving.write(self._house, taken.connection, end_of(until), store, vault.tokens(), file)
        try:
            digest = archiving.checked(output, str(self._key()))
            receipt = self._write(lambda unit: archiving.bury(unit, plot, digest, reason, by), source, None)
        except BaseException as error:
            if not isinstance(error, OutcomeUnknown) and self._still_has(plot):
                output.unlink(missing_ok=True)
            raise
        return receipt, self.checkpoint(vault)

    def _still_has(self, plot: Plot) -> bool:
        """Whether the records that were to be archived are all here; False where that cannot be known."""
        from flowgov.acts import archiving

        with suppress(FlowgovError):
            return self._read(lambda connection: archiving.is_untouched(connection, plot))
        return False

    def _key(self) -> str | None:
        return next(iter(self.signing_keys()[::-1]), None)

    def _remembered(self, raw: str, vault: Vault, places: Iterable[Place]) -> Checkpointed:
        from flowgov.acts.checkpointing import parsed

        vault.remember(raw)
        _, checkpoint = parsed(raw)
        anchored = tuple(_put(place, raw) for place in places)
        return Checkpointed(checkpoint.size, checkpoint.root.hex(), raw, anchored)

    def _write(self, act: Act[T], source: Source, session: Session | None, idempotency_key: str | None = None) -> T:
        return write(self._house, act, source, session, idempotency_key)


def _put(place: Place, note: str) -> Anchored:
    try:
        return Anchored(place.name, place.put(note))
    except FlowgovError as error:  # one that cannot be used must not keep the others from getting theirs
        return Anchored(place.name, error=error)
