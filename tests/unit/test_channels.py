"""Channels: messages leave over Apprise, and addresses are never shown."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest

from flowgov.errors import BadInput, MissingExtra
from flowgov.reminding.channel import Channel, channels

SECRET = "tok3n-of-the-channel"


class Mailbox(HTTPServer):
    """A server on this machine that takes what is posted to it."""

    def __init__(self) -> None:
        self.received: list[dict[str, Any]] = []
        self.paths: list[str] = []
        self.status = 200
        super().__init__(("127.0.0.1", 0), _Post)

    @property
    def url(self) -> str:
        return f"json://user:{SECRET}@127.0.0.1:{self.server_port}/"


class _Post(BaseHTTPRequestHandler):
    server: Mailbox

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.received.append(json.loads(body))
        self.server.paths.append(self.path)
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with Mailbox() as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()


def test_a_message_arrives(mailbox: Mailbox) -> None:
    assert Channel(1, mailbox.url).send("Title", "1 < 2 – é\n*b*") is True
    assert [(m["title"], m["message"]) for m in mailbox.received] == [("Title", "1 < 2 – é\n*b*")]


def test_a_channel_that_fails_says_so(mailbox: Mailbox) -> None:
    mailbox.status = 500

    assert Channel(1, mailbox.url).send("Title", "Body") is False


def test_everybody_gets_a_message_of_his_own_where_the_address_says_so(mailbox: Mailbox) -> None:
    channel = Channel(1, f"{mailbox.url}to/{{email}}")

    sent = channel.send("Title", "Body", "a+b@example.org&x=1")

    assert (channel.personal, sent, mailbox.paths) == (True, True, ["/to/a+b@example.org&x=1"])


@pytest.mark.parametrize("url", ["nothing", "nosuch://x", "mailto://", ""])
def test_an_address_that_apprise_does_not_know_is_told_by_its_number(url: str) -> None:
    with pytest.raises(BadInput) as caught:
        channels(("json://127.0.0.1/", url))

    assert (caught.value.reason, caught.value.data) == ("notify_address", {"number": 2})


def test_t26_secrets_in_logs_an_address_is_never_shown(
    mailbox: Mailbox, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    mailbox.status = 500
    caplog.set_level(logging.DEBUG)
    (channel,) = channels((mailbox.url,))

    channel.send("Title", "Body")
    with pytest.raises(BadInput) as caught:
        channels((f"nosuch://{SECRET}",))

    shown = "".join((repr(channel), channel.name, channel.mark, str(caught.value), caplog.text, *capfd.readouterr()))
    assert SECRET not in shown


def test_the_hosts_log_lines_are_left_as_they_were(mailbox: Mailbox) -> None:
    Channel(1, mailbox.url).send("Title", "Body")

    assert [logging.getLogger(name).disabled for name in ("apprise", "urllib3", "requests")] == [False] * 3


def test_without_apprise_one_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "apprise", None)

    with pytest.raises(MissingExtra) as caught:
        channels(("json://127.0.0.1/",))

    assert 'pip install "flowgov[notify]"' in str(caught.value)


def test_without_addresses_nothing_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "apprise", None)

    assert channels(()) == ()
