"""Ed25519 signatures on notes: the only module that knows the cryptography package, and only once it is needed.

Source: C2SP, signed-note and tlog-cosignature; Ed25519 itself is RFC 8032, section 5.1.
"""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import TYPE_CHECKING

from flowgov.audit.note import (
    COSIGNATURE,
    ED25519,
    KEY_BYTES,
    LARGEST_INTEGER,
    NoteError,
    Signature,
    VerifierKey,
    join_key,
    signed_bytes,
    split_key,
)
from flowgov.errors import MissingExtra

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

_PRIVATE = "PRIVATE+KEY+"
_TIME_BYTES = 8


class Signer:
    """A private key, and the name it signs with. Whoever has its text can sign: it is shown to nobody."""

    __slots__ = ("_private", "_public", "_seed", "name")

    def __init__(self, name: str, seed: bytes) -> None:
        """
        Args:
            name: whose key it is.
            seed: the secret, 32 random bytes.

        Raises:
            NoteError: the name or the seed cannot be used.
            MissingExtra: the package that signs is not installed.
        """
        if len(seed) != KEY_BYTES:
            raise NoteError("key_length")
        self.name, self._seed = name, seed
        self._private: Ed25519PrivateKey = _ed25519().Ed25519PrivateKey.from_private_bytes(seed)
        self._public = self._private.public_key().public_bytes_raw()
        VerifierKey(name, ED25519, self._public)

    @classmethod
    def generate(cls, name: str, entropy: Callable[[int], bytes]) -> Signer:
        """A new key, from as many random bytes as *entropy* is asked for."""
        return cls(name, entropy(KEY_BYTES))

    @classmethod
    def parse(cls, text: str) -> Signer:
        """Read a private key, as `encode` and golang.org/x/mod/sumdb/note write it.

        Raises:
            NoteError: it is not a private key, or its parts contradict each other; it is not quoted in the error.
            MissingExtra: the package that signs is not installed.
        """
        if not text.startswith(_PRIVATE):
            raise NoteError("key_form")
        name, key_id, material = split_key(text.removeprefix(_PRIVATE))
        if material[:1] != bytes([ED25519]):
            raise NoteError("key_algorithm")
        signer = cls(name, material[1:])
        if signer.key.key_id != key_id:
            raise NoteError("key_id")
        return signer

    def encode(self) -> str:
        """The private key as text, to be kept secret."""
        return _PRIVATE + join_key(self.name, self.key.key_id, bytes([ED25519]) + self._seed)

    @property
    def key(self) -> VerifierKey:
        """The public key that `sign` belongs to."""
        return VerifierKey(self.name, ED25519, self._public)

    @property
    def witness_key(self) -> VerifierKey:
        """The public key that `cosign` belongs to."""
        return VerifierKey(self.name, COSIGNATURE, self._public)

    def sign(self, text: str) -> Signature:
        """Sign the text of a note.

        Raises:
            NoteError: it cannot be the text of a note.
        """
        return Signature(self.name, self.key.key_id, self._private.sign(signed_bytes(text)))

    def cosign(self, text: str, seconds: int) -> Signature:
        """Sign, as a witness, the text of a checkpoint that was seen *seconds* after the Epoch.

        Raises:
            NoteError: it cannot be the text of a note, or the time cannot be written.
        """
        if not 0 <= seconds <= LARGEST_INTEGER:
            raise NoteError("cosignature_time")
        signed = self._private.sign(_witnessed(signed_bytes(text), seconds))
        return Signature(self.name, self.witness_key.key_id, seconds.to_bytes(_TIME_BYTES, "big") + signed)

    def __repr__(self) -> str:
        return f"<Signer {self.key}>"


def verifies(key: VerifierKey, text: str, signature: Signature) -> bool:
    """Whether *signature* is that of *key* on the text of a note.

    Raises:
        MissingExtra: the package that verifies is not installed.
    """
    return _made_by(key, ED25519, signature) and _holds(key, signature.blob, _bytes(text))


def cosigned_at(key: VerifierKey, text: str, signature: Signature) -> int | None:
    """When the witness *key* says that it saw the checkpoint *text*: seconds since the Epoch.

    Returns:
        None where *signature* is not the witness's, or does not hold.

    Raises:
        MissingExtra: the package that verifies is not installed.
    """
    if not _made_by(key, COSIGNATURE, signature):
        return None
    time, signed = signature.blob[:_TIME_BYTES], signature.blob[_TIME_BYTES:]
    seconds = int.from_bytes(time, "big")
    if seconds > LARGEST_INTEGER or not _holds(key, signed, _witnessed(_bytes(text), seconds)):
        return None
    return seconds


def _made_by(key: VerifierKey, algorithm: int, signature: Signature) -> bool:
    named = (signature.name, signature.key_id) == (key.name, key.key_id)
    return named and key.algorithm == algorithm


def _bytes(text: str) -> bytes:
    # what is no Unicode text was signed by nobody; it is no reason to fail
    return text.encode(errors="surrogatepass")


def _witnessed(text: bytes, seconds: int) -> bytes:
    """What a witness signs (C2SP, tlog-cosignature: Ed25519 signed message)."""
    return b"cosignature/v1\ntime %d\n%b" % (seconds, text)


def _holds(key: VerifierKey, signed: bytes, message: bytes) -> bool:
    ed25519 = _ed25519()
    from cryptography.exceptions import InvalidSignature

    try:
        ed25519.Ed25519PublicKey.from_public_bytes(key.public).verify(signed, message)
    except (InvalidSignature, ValueError):  # a key that is no point of the curve has signed nothing
        return False
    return True


def _ed25519() -> ModuleType:
    try:
        from cryptography.hazmat.primitives.asymmetric import ed25519
    except ImportError as error:
        raise MissingExtra("sign", what="cryptography") from error
    return ed25519
