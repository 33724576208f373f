"""Channels: e-mail, Teams, Slack and what else Apprise speaks. The only module that knows that library, an extra."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from types import ModuleType
from urllib.parse import quote

from flowgov.errors import BadInput, MissingExtra

EMAIL = "{email}"
"""In an address: the e-mail of each person, who is sent a message of his own."""

_MARK = 16


@dataclass(frozen=True, slots=True)
class Channel:
    """One place that messages go to. Its address holds secrets: it is never shown or logged."""

    number: int
    """Its place in the list of addresses, from 1."""
    url: str = field(repr=False)

    @property
    def name(self) -> str:
        """The kind of channel and its place in the list."""
        return f"{self.url.partition('://')[0]} ({self.number})"

    @property
    def mark(self) -> str:
        """What it is remembered by, whatever its place."""
        return sha256(self.url.encode()).hexdigest()[:_MARK]

    @property
    def personal(self) -> bool:
        """Whether everybody gets a message of his own."""
        return EMAIL in self.url

    def send(self, title: str, body: str, email: str = "") -> bool:
        """Whether the message was accepted.

        Raises:
            MissingExtra: Apprise is not installed.
            BadInput: the address is none of Apprise's.
        """
        apprise = _library()
        with _silent():
            post = apprise.Apprise()
            if not post.add(self.url.replace(EMAIL, quote(email, safe=""))):
                raise BadInput("notify_address", number=self.number)
            return bool(post.notify(body=body, title=title, body_format=apprise.NotifyFormat.TEXT))


def channels(urls: tuple[str, ...]) -> tuple[Channel, ...]:
    """
    Raises:
        MissingExtra: there are addresses, and Apprise is not installed.
        BadInput: one of them is none of Apprise's.
    """
    found = tuple(Channel(number, url) for number, url in enumerate(urls, 1))
    for channel in found:
        apprise = _library()
        with _silent():
            if not apprise.Apprise().add(channel.url.replace(EMAIL, "nobody%40example.org")):
                raise BadInput("notify_address", number=channel.number)
    return found


def _library() -> ModuleType:
    try:
        import apprise
    except ImportError as error:
        raise MissingExtra("notify") from error
    return apprise


@contextmanager
def _silent() -> Iterator[None]:
    """What goes wrong is told by us: the library's own lines may repeat an address, and the secrets in it."""
    loggers = [logging.getLogger(name) for name in ("apprise", "urllib3", "requests")]
    before = [logger.disabled for logger in loggers]
    for logger in loggers:
        logger.disabled = True
    try:
        yield
    finally:
        for logger, disabled in zip(loggers, before, strict=True):
            logger.disabled = disabled
