"""One POST to another machine: no redirects, a deadline, a small answer, and no secret in any name or error."""

from __future__ import annotations

import ssl
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from typing import cast
from urllib.error import HTTPError, URLError
from urllib.parse import SplitResult, unquote, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

import flowgov
from flowgov.clock import ticks
from flowgov.errors import AnchorFailed, BadInput

SECONDS = 10
LARGEST_ANSWER = 1024 * 1024

_PIECE = 64 * 1024
_REDIRECTS = range(300, 400)


@dataclass(frozen=True, slots=True, repr=False)
class Address:
    """Where to post to. Only `shown` may be shown: user, password and query are secrets."""

    parts: SplitResult

    @classmethod
    def parse(cls, text: str) -> Address:
        """Read a URL.

        Raises:
            BadInput: it is not one of http or https; the URL is not repeated, for what stands in it.
        """
        try:
            parts = urlsplit(text)
            usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and text.isprintable()
            _ = parts.port
            parts.netloc.encode("ascii")
        except ValueError:
            raise BadInput("anchor_url") from None
        if not usable or " " in text or parts.fragment:
            raise BadInput("anchor_url")
        return cls(parts)

    @property
    def host(self) -> str:
        """Name, and port if one is given."""
        return self.parts.netloc.rpartition("@")[2].lower()

    @property
    def shown(self) -> str:
        hidden = "?…" if self.parts.query else ""
        return f"{self.parts.scheme}://{self.host}{self.parts.path}{hidden}"

    def __repr__(self) -> str:
        return f"Address({self.shown!r})"

    def request(self, body: bytes, headers: Mapping[str, str]) -> Request:
        """The POST, with the user and password of the URL in the header that is meant for them (RFC 7617)."""
        parts = self.parts
        request = Request(parts._replace(netloc=self.host).geturl(), body, dict(headers), method="POST")  # noqa: S310
        request.add_header("User-Agent", f"flowgov/{flowgov.__version__}")
        if parts.username is not None:
            known = f"{unquote(parts.username)}:{unquote(parts.password or '')}".encode()
            request.add_unredirected_header("Authorization", f"Basic {b64encode(known).decode('ascii')}")
        return request


class _NoRedirects(HTTPRedirectHandler):
    """What was meant for one machine does not go to another."""

    def redirect_request(self, *_: object, **__: object) -> None:
        return None


def post(address: Address, body: bytes, headers: Mapping[str, str], *, seconds: float = SECONDS) -> bytes:
    """Send *body*, and return what is answered.

    Raises:
        AnchorFailed: nobody answered in time, or not with success.
    """
    place, deadline = address.shown, ticks() + seconds
    try:
        with build_opener(_NoRedirects).open(address.request(body, headers), timeout=seconds) as response:
            return _answer(cast("HTTPResponse", response), place, deadline)
    except HTTPError as error:
        with error:
            reason = "redirected" if error.code in _REDIRECTS else "answered"
            raise AnchorFailed(reason, place=place, status=error.code) from None
    except URLError as error:
        raise AnchorFailed("no_answer", place=place, why=_why(error.reason)) from None
    except (OSError, HTTPException, ValueError) as error:
        raise AnchorFailed("no_answer", place=place, why=_why(error)) from None


def _answer(response: HTTPResponse, place: str, deadline: float) -> bytes:
    received = bytearray()
    # piece by piece, so that neither a slow nor an endless answer keeps us
    while piece := response.read1(_PIECE):
        received += piece
        if len(received) > LARGEST_ANSWER:
            raise AnchorFailed("too_large", place=place, limit=LARGEST_ANSWER)
        if ticks() > deadline:
            raise AnchorFailed("no_answer", place=place, why="timed out")
    return bytes(received)


def _why(reason: object) -> str:
    """What went wrong, without what was sent: some of these errors repeat it."""
    if isinstance(reason, ssl.SSLCertVerificationError):
        return reason.verify_message
    if isinstance(reason, OSError):
        return reason.strerror or type(reason).__name__
    return type(reason).__name__ if isinstance(reason, Exception) else "unknown"
