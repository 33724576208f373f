"""RFC 3161 time-stamps: asking for one, and verifying what was answered.

The only module that knows rfc3161-client, and the certificates it wants. That library reads strict DER; OpenSSL 3.0
answers with certificates in another order than DER's, so what the library cannot read is put to ``openssl ts``.
What it can read and refuses stays refused.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import TYPE_CHECKING

from flowgov.errors import BadInput, MissingExtra

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

NONCE_BYTES = 8

_SECONDS = 30
_SHA256 = bytes.fromhex("300d06096086480165030402010500")
"""AlgorithmIdentifier of SHA-256, its parameters NULL."""
_TRUE = b"\x01\x01\xff"
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_TIME = re.compile(r"^Time stamp: (\w{3}) +(\d+) (\d+):(\d+):(\d+)(?:\.(\d{1,6})\d*)? (\d{4}) GMT$", re.MULTILINE)


class NotGenuine(Exception):
    """A token is not what it should be."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class _Unreadable(Exception):
    """The library cannot read the token."""


@dataclass(frozen=True, slots=True)
class Query:
    """What an authority is asked: to state when it saw this hash."""

    digest: bytes
    nonce: int
    """Comes back in the answer, which therefore cannot be an old one."""

    @classmethod
    def about(cls, data: bytes, nonce: bytes) -> Query:
        """Ask about *data*; *nonce* is random bytes."""
        return cls(sha256(data).digest(), int.from_bytes(nonce, "big") >> 1)

    def encode(self) -> bytes:
        """TimeStampReq in DER, asking for the authority's certificate too (RFC 3161, section 2.4.1)."""
        imprint = _sequence(_SHA256 + b"\x04\x20" + self.digest)
        nonce = self.nonce.to_bytes(self.nonce.bit_length() // 8 + 1, "big")
        return _sequence(b"\x02\x01\x01" + imprint + bytes([2, len(nonce)]) + nonce + _TRUE)


@dataclass(frozen=True, slots=True)
class Verifier:
    """What tokens are verified with: the library, OpenSSL's command, or both."""

    authorities: Path
    roots: Sequence[Certificate]
    library: ModuleType | None
    openssl: str | None

    @classmethod
    def trusting(cls, authorities: Path) -> Verifier:
        """A verifier that takes the word of those whose certificates, in PEM, are in the file *authorities*.

        Raises:
            BadInput: the certificates cannot be read.
            MissingExtra: nothing here can verify tokens.
        """
        library, openssl = _library(), shutil.which("openssl")
        if library is None and openssl is None:
            raise MissingExtra("timestamp", what="rfc3161-client")
        try:
            pem = authorities.read_bytes()
            return cls(authorities, _certificates(pem) if library else (), library, openssl)
        except OSError as error:
            raise BadInput("anchor_ca", path=str(authorities), why=error.strerror or str(error)) from error
        except ValueError as error:
            raise BadInput("anchor_ca", path=str(authorities), why="no certificates in PEM") from error

    def time(self, answer: bytes, data: bytes, *, query: Query | None = None) -> datetime:
        """When an authority saw *data*, as its *answer* (a TimeStampResp in DER) proves.

        Args:
            query: what was asked, where it is known; then it must be the answer to that.

        Raises:
            NotGenuine: it does not prove it.
        """
        if self.library is not None:
            try:
                return _by_library(self.library, answer, data, self.roots, query)
            except _Unreadable as error:
                if self.openssl is None:
                    raise NotGenuine(str(error)) from error
        assert self.openssl is not None, "one of the two is there"
        return _by_openssl(self.openssl, answer, data, self.authorities, query)


def _by_library(
    library: ModuleType, answer: bytes, data: bytes, roots: Sequence[Certificate], query: Query | None
) -> datetime:
    try:
        found = library.decode_timestamp_response(answer)
    except ValueError as error:
        raise _Unreadable(str(error)) from error
    if found.status:
        raise NotGenuine(" ".join(["refused", *found.status_string]))
    nonce = query.nonce if query else None
    try:
        library.VerifierBuilder(roots=[*roots], nonce=nonce).build().verify_message(found, data)
        time: datetime = found.tst_info.gen_time
    except (library.VerificationError, ValueError, TypeError) as error:
        raise NotGenuine(str(error)) from error
    return time.astimezone(UTC)


def _by_openssl(openssl: str, answer: bytes, data: bytes, authorities: Path, query: Query | None) -> datetime:
    with TemporaryDirectory(prefix="flowgov-") as name:
        response, about = Path(name) / "answer.tsr", Path(name) / "about"
        response.write_bytes(answer)
        about.write_bytes(query.encode() if query else data)
        time = _told_time(_run(openssl, "-reply", "-in", str(response), "-text"))
        # the certificates had to be valid then, not today
        words = ("-in", str(response), "-queryfile" if query else "-data", str(about), "-CAfile", str(authorities))
        said = _run(openssl, "-verify", *words, "-attime", str(int(time.timestamp())))
    if "Verification: OK" not in said.splitlines():
        raise NotGenuine("openssl ts: not verified")
    return time


def _told_time(said: str) -> datetime:
    """The time in what OpenSSL prints of a token."""
    times = _TIME.findall(said)
    # the answer's status is not signed, and could hold a line that looks like the time
    if len(times) != 1:
        raise NotGenuine("openssl ts: no time, or more than one")
    month, day, hour, minute, second, fraction, year = times[0]
    numbers = (int(year), _MONTHS.index(month) + 1, int(day), int(hour), int(minute), int(second))
    return datetime(*numbers, int(fraction.ljust(6, "0") or 0), tzinfo=UTC)


def _run(openssl: str, *words: str) -> str:
    try:
        done = subprocess.run(  # noqa: S603 - no shell, and openssl itself is the program
            [openssl, "ts", *words],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=_SECONDS,
            env={name: value for name, value in os.environ.items() if not name.startswith("FLOWGOV_")}
            | {"LC_ALL": "C"},
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotGenuine(f"openssl ts: {type(error).__name__}") from error
    if done.returncode:
        raise NotGenuine(f"openssl ts: {_cause(done.stderr.decode('utf-8', 'replace'))}")
    return done.stdout.decode("utf-8", "replace")


def _cause(said: str) -> str:
    """The last part of OpenSSL's first error line is what people understand."""
    lines = [line for line in said.splitlines() if ":error:" in line]
    return ":".join(lines[0].split(":")[7:] or ["not verified"]).strip(":") if lines else "not verified"


def _certificates(pem: bytes) -> Sequence[Certificate]:
    from cryptography.x509 import load_pem_x509_certificates

    return load_pem_x509_certificates(pem)


def _library() -> ModuleType | None:
    try:
        import rfc3161_client
    except ImportError:
        return None
    return rfc3161_client


def _sequence(content: bytes) -> bytes:
    assert len(content) < 0x80, "a short form of the length (X.690, section 8.1.3.4)"  # noqa: PLR2004
    return bytes([0x30, len(content)]) + content
