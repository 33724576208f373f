"""A webhook: each checkpoint is posted, and nothing secret is shown."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler

import pytest
from tests.anchors.conftest import Answer, Machine, reply
from tests.anchors.notes import ORIGIN, note

from flowgov import AnchorFailed, BadInput, FixedClock
from flowgov.anchors import http
from flowgov.anchors.copies import Place
from flowgov.anchors.http import Address
from flowgov.anchors.place import place
from flowgov.anchors.webhook import secret_from

SECRET = base64.b64encode(bytes(range(32))).decode()
CANARY = "canary-4711"
MOMENT = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)


def webhook(url: str, **environ: str) -> Place:
    return place(url, vault=None, ca=None, clock=FixedClock(MOMENT), environ=environ)


# --- what is sent ----------------------------------------------------------------------------------------------


def test_a_checkpoint_is_posted_as_json(machine: Machine) -> None:
    webhook(f"{machine.url}/hook").put(note(5))

    (path, headers, body) = machine.posted[0]
    assert (path, headers["content-type"]) == ("/hook", "application/json")
    assert json.loads(body) == {
        "flowgov": 1,
        "checkpoint": note(5),
        "origin": ORIGIN,
        "size": 5,
        "root": hashlib.sha256(b"5").hexdigest(),
    }


def test_with_a_secret_it_is_signed_as_standard_webhooks_says(machine: Machine) -> None:
    """https://www.standardwebhooks.com: HMAC-SHA256 over id, timestamp and body, joined by full stops."""
    webhook(machine.url, FLOWGOV_WEBHOOK_SECRET=f"whsec_{SECRET}").put(note(5))

    _, headers, body = machine.posted[0]
    signed = b".".join([headers["webhook-id"].encode(), headers["webhook-timestamp"].encode(), body])
    expected = hmac.new(bytes(range(32)), signed, hashlib.sha256).digest()
    assert headers["webhook-signature"] == "v1," + base64.b64encode(expected).decode()
    assert headers["webhook-timestamp"] == str(int(MOMENT.timestamp()))


def test_the_same_note_has_the_same_id_and_another_one_another(machine: Machine) -> None:
    for each in (note(5), note(5), note(6)):
        webhook(machine.url).put(each)

    first, again, other = [headers["webhook-id"] for _, headers, _ in machine.posted]
    assert (first == again, first == other) == (True, False)


def test_without_a_secret_it_is_not_signed(machine: Machine) -> None:
    webhook(machine.url).put(note(5))

    assert "webhook-signature" not in machine.posted[0][1]


def test_user_and_password_of_the_url_are_sent_as_credentials(machine: Machine) -> None:
    webhook(f"http://audit:p%40ss@127.0.0.1:{machine.port}/hook?token=1").put(note(5))

    path, headers, _ = machine.posted[0]
    assert (path, base64.b64decode(headers["authorization"].removeprefix("Basic "))) == ("/hook?token=1", b"audit:p@ss")


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_any_success_will_do(machine: Machine, status: int) -> None:
    machine.answer = lambda handler, body: reply(handler, status, b"")

    assert webhook(f"{machine.url}/hook").put(note(5)) == f"{machine.url}/hook"


def test_nothing_can_be_read_back(machine: Machine) -> None:
    with pytest.raises(BadInput) as refused:
        webhook(machine.url).copies()

    assert refused.value.reason == "anchor_write_only"


def test_what_is_put_is_a_checkpoint(machine: Machine) -> None:
    with pytest.raises(BadInput):
        webhook(machine.url).put("hello")

    assert machine.posted == []


# --- what is answered ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "reason"),
    [(400, "answered"), (401, "answered"), (404, "answered"), (500, "answered"), (503, "answered")],
)
def test_what_is_not_success_is_told_with_its_status(machine: Machine, status: int, reason: str) -> None:
    machine.answer = lambda handler, body: reply(handler, status, b"no")

    with pytest.raises(AnchorFailed) as failed:
        webhook(machine.url).put(note(5))

    assert (failed.value.reason, failed.value.data["status"], failed.value.retryable) == (reason, status, True)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(machine: Machine, status: int) -> None:
    machine.answer = lambda handler, body: reply(handler, status, b"", Location=f"{machine.url}/elsewhere")

    with pytest.raises(AnchorFailed) as failed:
        webhook(f"{machine.url}/hook").put(note(5))

    assert (failed.value.reason, [path for path, _, _ in machine.posted]) == ("redirected", ["/hook"])


def endless(handler: BaseHTTPRequestHandler, body: bytes) -> None:
    handler.send_response(200)
    handler.end_headers()
    for _ in range(20):
        handler.wfile.write(b"x" * 100_000)


def hangs_up(handler: BaseHTTPRequestHandler, body: bytes) -> None:
    handler.close_connection = True


def nonsense(handler: BaseHTTPRequestHandler, body: bytes) -> None:
    handler.wfile.write(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")
    handler.close_connection = True


@pytest.mark.parametrize(
    ("answer", "reason"), [(endless, "too_large"), (hangs_up, "no_answer"), (nonsense, "no_answer")]
)
def test_a_machine_that_misbehaves_is_told(machine: Machine, answer: Answer, reason: str) -> None:
    machine.answer = answer

    with pytest.raises(AnchorFailed) as failed:
        webhook(machine.url).put(note(5))

    assert failed.value.reason == reason


def test_a_machine_that_says_nothing_is_not_waited_for(machine: Machine) -> None:
    given_up = threading.Event()
    machine.answer = lambda handler, body: given_up.wait(60) and None

    with pytest.raises(AnchorFailed) as failed:
        http.post(Address.parse(machine.url), b"", {}, seconds=0.05)
    given_up.set()

    assert failed.value.reason == "no_answer"


def test_a_machine_that_trickles_is_not_waited_for(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    counter = iter(range(0, 1000, 8))
    monkeypatch.setattr(http, "ticks", lambda: float(next(counter)))
    machine.answer = lambda handler, body: (
        [handler.wfile.write(part) for part in (b"HTTP/1.0 200 OK\r\n\r\n", *[b"x" * 70_000] * 5)] and None
    )

    with pytest.raises(AnchorFailed) as failed:
        http.post(Address.parse(machine.url), b"", {})

    assert failed.value.data["why"] == "timed out"


def test_nobody_there_is_told(machine: Machine) -> None:
    with pytest.raises(AnchorFailed) as failed:
        webhook("http://127.0.0.1:1/hook").put(note(5))

    assert failed.value.message() == "http://127.0.0.1:1/hook did not answer: Connection refused."


# --- what is never shown ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [302, 401, 500])
def test_no_secret_of_a_url_is_in_a_name_or_an_error(machine: Machine, status: int) -> None:
    machine.answer = lambda handler, body: reply(handler, status, b"", Location="/")
    hook = webhook(f"http://{CANARY}:{CANARY}@127.0.0.1:{machine.port}/hook?token={CANARY}")

    with pytest.raises(AnchorFailed) as failed:
        hook.put(note(5))

    shown = f"{hook.name} {hook!r} {failed.value} {failed.value.data} {failed.value.__cause__!r}"
    assert (CANARY in shown, f"127.0.0.1:{machine.port}/hook?…" in shown) == (False, True)


@pytest.mark.parametrize(
    "url",
    [
        f"https://{CANARY}@",
        f"https://{CANARY}:{CANARY}@host:port/",
        f"http:{CANARY}",
        f"https://user:{CANARY}@host/a b",
        f"https://host/#{CANARY}",
        f"https://[::1/{CANARY}",
        f"https://{CANARY}.élan/",
        f"file://user:{CANARY}@host/x",
        f"git:https://user:{CANARY}@host/x",
        f"tsa:ftp://user:{CANARY}@host/x",
        f"tsa:https://user:{CANARY}@/",
        f"ftp://user:{CANARY}@host/",
    ],
)
def test_a_url_that_is_not_understood_is_not_repeated(url: str) -> None:
    with pytest.raises(BadInput) as refused:
        webhook(url)

    assert CANARY not in f"{refused.value} {refused.value.data} {refused.value.__cause__!r}"


@pytest.mark.parametrize("secret", ["whsec_", "whsec_c2hvcnQ=", f"whsec_{CANARY}!", CANARY])
def test_a_secret_that_is_none_is_refused_and_not_repeated(secret: str) -> None:
    with pytest.raises(BadInput) as refused:
        webhook("https://example.org", FLOWGOV_WEBHOOK_SECRET=secret)

    assert (refused.value.reason, CANARY in f"{refused.value} {refused.value.data}") == ("webhook_secret", False)


def test_a_secret_is_not_in_what_is_shown_of_a_webhook() -> None:
    hook = webhook("https://example.org", FLOWGOV_WEBHOOK_SECRET=f"whsec_{SECRET}")

    assert repr(secret_from(SECRET)) not in repr(hook)
