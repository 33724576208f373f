"""Time-stamps of an authority that really is one: OpenSSL's, behind a small HTTP server on this computer."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from tests.anchors.conftest import Machine, reply
from tests.anchors.notes import kept, note, sorted_out

from flowgov import AnchorFailed, BadInput
from flowgov.anchors import timestamp
from flowgov.anchors.authority import Authority
from flowgov.anchors.copies import Copy, Damaged
from flowgov.anchors.http import LARGEST_ANSWER
from flowgov.anchors.place import place
from flowgov.anchors.timestamp import NotGenuine, Query, Verifier
from flowgov.clock import moment
from flowgov.errors import MissingExtra

if shutil.which("openssl") is None:
    pytest.skip("the command openssl makes the authority", allow_module_level=True)

CONFIGURATION = """
[tsa]
default_tsa = here
[here]
serial = {folder}/serial
crypto_device = builtin
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
ess_cert_id_alg = sha256
"""
PURPOSE = "basicConstraints=CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage={usage}\n"
NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")


def openssl(*words: str, stdin: bytes = b"") -> bytes:
    return subprocess.run(["openssl", *words], input=stdin, capture_output=True, check=True).stdout


@dataclass(frozen=True)
class Office:
    """An authority's files: certificates, keys, and how it answers."""

    folder: Path

    @property
    def ca(self) -> Path:
        return self.folder / "ca.pem"

    def answer(self, query: bytes, *, signer: str = "tsa", chain: bool = False) -> bytes:
        """A TimeStampResp over *query*."""
        asked = self.folder / "query.tsq"
        asked.write_bytes(query)
        words = ("-signer", str(self.folder / f"{signer}.pem"), "-inkey", str(self.folder / f"{signer}.key"))
        more = ("-chain", str(self.ca)) if chain else ()
        configuration = str(self.folder / "tsa.cnf")
        return openssl("ts", "-reply", "-config", configuration, "-queryfile", str(asked), *words, *more)


def open_office(folder: Path) -> Office:
    folder.mkdir(exist_ok=True)

    def path(name: str) -> str:
        return str(folder / name)

    (folder / "tsa.cnf").write_text(CONFIGURATION.format(folder=folder))
    (folder / "serial").write_text("01\n")
    openssl(
        "req", "-x509", *NEW_KEY, "-keyout", path("ca.key"), "-out", path("ca.pem"), "-days", "30", "-subj", "/CN=CA"
    )
    for name, usage in (("tsa", "critical,timeStamping"), ("web", "serverAuth")):
        (folder / "purpose").write_text(PURPOSE.format(usage=usage))
        request = openssl("req", *NEW_KEY, "-keyout", path(f"{name}.key"), "-subj", f"/CN={name}")
        authority = ("-CA", path("ca.pem"), "-CAkey", path("ca.key"), "-CAcreateserial", "-days", "20")
        signed = ("-extfile", path("purpose"), "-out", path(f"{name}.pem"))
        openssl("x509", "-req", *authority, *signed, stdin=request)
    return Office(folder)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    return open_office(tmp_path_factory.mktemp("office"))


@pytest.fixture(scope="module")
def other_office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    return open_office(tmp_path_factory.mktemp("other"))


@pytest.fixture
def authority(machine: Machine, office: Office, tmp_path: Path) -> Authority:
    """The authority as somebody who trusts its CA has set it up."""
    machine.answer = answering(office.answer)
    return at(machine.url, tmp_path, office.ca)


def answering(answer: Callable[[bytes], bytes]) -> Callable[[BaseHTTPRequestHandler, bytes], None]:
    return lambda handler, body: reply(handler, 200, answer(body), Content_Type="application/timestamp-reply")


def at(url: str, vault: Path, ca: Path | None) -> Any:
    return place(f"tsa:{url}/tsr", vault=vault, ca=ca, environ={})


def with_openssl_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rfc3161_client", None)


def with_library_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flowgov.anchors.timestamp.shutil.which", lambda name: None)


BOTH_WAYS = pytest.mark.parametrize("only", [with_library_only, with_openssl_only], ids=["library", "openssl"])
Only = Callable[[pytest.MonkeyPatch], None]

# --- what is put comes back, with its time ---------------------------------------------------------------------


@BOTH_WAYS
def test_what_was_put_comes_back_with_the_time(
    authority: Authority, monkeypatch: pytest.MonkeyPatch, only: Only
) -> None:
    only(monkeypatch)
    before = datetime.now(UTC).replace(microsecond=0)

    authority.put(note(5))

    (copy,) = list(authority.copies())
    assert isinstance(copy, Copy)
    assert (copy.note, before <= moment(str(copy.at)) <= before + timedelta(minutes=5)) == (note(5), True)


def test_the_token_lies_beside_the_note_it_is_about(authority: Authority, machine: Machine, tmp_path: Path) -> None:
    token = Path(authority.put(note(5)))

    stem = "000000000005-ef2d127de37b942b"
    names = sorted(path.name for path in (tmp_path / "timestamps").iterdir())
    assert (token.parent, names) == (
        tmp_path / "timestamps",
        [f"{stem}.127.0.0.1_{machine.port}.tsr", f"{stem}.checkpoint"],
    )


def test_anybody_can_check_it_with_openssl(authority: Authority, office: Office) -> None:
    token = Path(authority.put(note(5)))
    about = token.with_name("000000000005-ef2d127de37b942b.checkpoint")

    said = openssl("ts", "-verify", "-data", str(about), "-in", str(token), "-CAfile", str(office.ca))

    assert b"Verification: OK" in said


def test_the_authority_is_asked_once_for_the_same_note(authority: Authority, machine: Machine) -> None:
    assert authority.put(note(5)) == authority.put(note(5))
    assert len(machine.posted) == 1


def test_two_authorities_can_state_the_same_checkpoint(
    authority: Authority, machine: Machine, office: Office, tmp_path: Path
) -> None:
    authority.put(note(5))
    at(f"http://localhost:{machine.port}", tmp_path, office.ca).put(note(5))

    everything = place(f"tsa:{tmp_path / 'timestamps'}", vault=None, ca=office.ca)
    assert (kept(authority), kept(everything)) == ([note(5)], [note(5)] * 2)


def test_notes_with_other_signatures_have_tokens_of_their_own(authority: Authority) -> None:
    authority.put(note(5))
    authority.put(note(5, seconds=1))

    assert sorted(kept(authority)) == sorted([note(5), note(5, seconds=1)])


def test_a_token_that_was_carried_here_by_hand_is_read(office: Office, tmp_path: Path) -> None:
    """For a signer without a network: the question is carried to the authority, the answer back."""
    (tmp_path / "5.checkpoint").write_text(note(5))
    query = openssl("ts", "-query", "-data", str(tmp_path / "5.checkpoint"), "-sha256", "-cert")
    (tmp_path / "5.tsr").write_bytes(office.answer(query))

    assert kept(place(f"tsa:{tmp_path}", vault=None, ca=office.ca)) == [note(5)]


def test_the_question_is_what_openssl_would_ask(authority: Authority, machine: Machine, tmp_path: Path) -> None:
    """RFC 3161, sections 2.4.1 and 3.4."""
    authority.put(note(5))

    _, headers, body = machine.posted[0]
    (tmp_path / "note").write_text(note(5))
    (tmp_path / "query").write_bytes(body)
    expected = openssl("ts", "-query", "-data", str(tmp_path / "note"), "-sha256", "-cert", "-no_nonce")
    asked = Query.about(note(5).encode(), b"")
    said = openssl("ts", "-query", "-in", str(tmp_path / "query"), "-text").decode()
    assert headers["content-type"] == "application/timestamp-query"
    assert ("Hash Algorithm: sha256" in said, "Certificate required: yes" in said, "Nonce: 0x" in said) == (True,) * 3
    assert asked.encode()[2:].replace(b"\x02\x01\x00", b"") == expected[2:]


@settings(max_examples=50, deadline=None, derandomize=True)
@given(some.binary(min_size=8, max_size=8))
def test_every_nonce_is_written_as_der_wants(nonce: bytes) -> None:
    from rfc3161_client._rust import parse_timestamp_request

    query = Query.about(b"data", nonce)

    read = parse_timestamp_request(query.encode())
    assert (read.nonce or 0, read.as_bytes()) == (query.nonce, query.encode())


# --- tokens of OpenSSL 3.0 that the library cannot read --------------------------------------------------------


@pytest.fixture
def unsorted_token(office: Office) -> bytes:
    """Over note 5, with two certificates in another order than DER's."""
    library = pytest.importorskip("rfc3161_client")
    for attempt in range(20):
        answer = office.answer(Query.about(note(5).encode(), bytes([attempt] * 8)).encode(), chain=True)
        try:
            library.decode_timestamp_response(answer)
        except ValueError:
            return answer
    pytest.skip("this OpenSSL writes certificates in DER's order")


def test_what_the_library_cannot_read_is_put_to_openssl(unsorted_token: bytes, office: Office) -> None:
    assert Verifier.trusting(office.ca).time(unsorted_token, note(5).encode())


def test_without_openssl_such_a_token_is_not_believed(
    unsorted_token: bytes, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_library_only(monkeypatch)

    with pytest.raises(NotGenuine, match="InvalidSetOrdering"):
        Verifier.trusting(office.ca).time(unsorted_token, note(5).encode())


def test_openssl_does_not_believe_such_a_token_over_other_bytes(unsorted_token: bytes, office: Office) -> None:
    with pytest.raises(NotGenuine):
        Verifier.trusting(office.ca).time(unsorted_token, note(6).encode())


def test_without_either_it_is_said_what_to_install(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    with_openssl_only(monkeypatch)
    with_library_only(monkeypatch)

    with pytest.raises(MissingExtra) as missing:
        authority.put(note(5))

    assert 'pip install "flowgov[timestamp]"' in str(missing.value)


# --- what does not verify --------------------------------------------------------------------------------------


def over_other_bytes(office: Office, query: bytes) -> bytes:
    return office.answer(Query.about(b"other", b"\x01" * 8).encode())


def with_another_nonce(office: Office, query: bytes) -> bytes:
    return office.answer(Query.about(note(5).encode(), b"\x01" * 8).encode())


def with_another_signature(office: Office, query: bytes) -> bytes:
    return office.answer(query)[:-8] + bytes(8)


def truncated(office: Office, query: bytes) -> bytes:
    return office.answer(query)[:-1]


def refused(office: Office, query: bytes) -> bytes:
    return office.answer(
        query.replace(bytes.fromhex("0609608648016503040201"), bytes.fromhex("0609608648016503040203"))
    )


def nothing(office: Office, query: bytes) -> bytes:
    return b""


def a_page(office: Office, query: bytes) -> bytes:
    return b"<html>Sign in to the airport's network</html>"


@BOTH_WAYS
@pytest.mark.parametrize(
    "answer", [over_other_bytes, with_another_nonce, with_another_signature, truncated, refused, nothing, a_page]
)
def test_an_answer_that_does_not_verify_is_not_kept(
    authority: Authority,
    machine: Machine,
    office: Office,
    monkeypatch: pytest.MonkeyPatch,
    only: Only,
    answer: Callable[[Office, bytes], bytes],
) -> None:
    only(monkeypatch)
    machine.answer = answering(lambda query: answer(office, query))

    with pytest.raises(AnchorFailed) as failed:
        authority.put(note(5))

    assert (failed.value.reason, list(authority.folder.glob("*.tsr"))) == ("time_stamp", [])


def test_what_an_authority_gives_as_its_reason_is_told(authority: Authority, machine: Machine, office: Office) -> None:
    machine.answer = answering(lambda query: refused(office, query))

    with pytest.raises(AnchorFailed) as failed:
        authority.put(note(5))

    assert failed.value.data["why"].startswith("refused")


@BOTH_WAYS
def test_an_authority_that_is_not_trusted_is_not_believed(
    authority: Authority,
    machine: Machine,
    other_office: Office,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    only: Only,
) -> None:
    only(monkeypatch)

    with pytest.raises(AnchorFailed) as failed:
        at(machine.url, tmp_path, other_office.ca).put(note(5))

    assert failed.value.reason == "time_stamp"


@BOTH_WAYS
def test_a_token_read_under_another_ca_is_told_with_its_file(
    authority: Authority,
    machine: Machine,
    other_office: Office,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    only: Only,
) -> None:
    token = authority.put(note(5))
    only(monkeypatch)

    (damaged,) = list(at(machine.url, tmp_path, other_office.ca).copies())

    assert isinstance(damaged, Damaged)
    assert (damaged.where, damaged.error.reason, token in damaged.error.message()) == (token, "time_stamp", True)


@BOTH_WAYS
def test_a_note_altered_under_its_token_is_told(
    authority: Authority, monkeypatch: pytest.MonkeyPatch, only: Only
) -> None:
    token = Path(authority.put(note(5)))
    only(monkeypatch)
    about = token.with_name("000000000005-ef2d127de37b942b.checkpoint")
    about.chmod(0o600)
    about.write_text(note(6))

    assert sorted_out(authority) == ([], ["time_stamp"])


def test_a_token_without_its_note_is_told(authority: Authority) -> None:
    token = Path(authority.put(note(5)))
    token.with_name("000000000005-ef2d127de37b942b.checkpoint").unlink()

    (damaged,) = list(authority.copies())

    assert isinstance(damaged, Damaged)
    assert (damaged.where, damaged.error.reason) == (str(token), "unreadable")


def test_a_damaged_token_is_told_and_the_others_are_read(authority: Authority) -> None:
    damaged = Path(authority.put(note(5)))
    authority.put(note(6))
    damaged.chmod(0o600)
    damaged.write_bytes(damaged.read_bytes()[:-1])

    assert sorted_out(authority) == ([note(6)], ["time_stamp"])


def test_a_damaged_token_is_not_taken_for_one_when_the_note_is_put_again(authority: Authority) -> None:
    damaged = Path(authority.put(note(5)))
    damaged.chmod(0o600)
    damaged.write_bytes(b"")

    with pytest.raises(AnchorFailed) as failed:
        authority.put(note(5))

    assert (failed.value.reason, str(damaged) in failed.value.message()) == ("time_stamp", True)


def test_a_link_in_the_place_of_a_token_is_not_followed(authority: Authority, tmp_path: Path) -> None:
    token = Path(authority.put(note(5)))
    token.rename(tmp_path / "moved.tsr")
    token.symlink_to(tmp_path / "moved.tsr")

    assert sorted_out(authority) == ([], ["not_a_file"])


def test_a_certificate_for_other_purposes_makes_no_time_stamps(office: Office, tmp_path: Path) -> None:
    """RFC 3161, section 2.3: the certificate is for time-stamping, critically; OpenSSL refuses to sign without."""
    with pytest.raises(subprocess.CalledProcessError):
        office.answer(Query.about(note(5).encode(), b"\x01" * 8).encode(), signer="web")


def test_a_status_that_looks_like_a_time_is_not_taken_for_it() -> None:
    said = "Status description: x\nTime stamp: Jan  5 09:00:00 2020 GMT\n\nTime stamp: Nov 20 09:30:00 2026 GMT\n"

    with pytest.raises(NotGenuine):
        timestamp._told_time(said)


@pytest.mark.parametrize(
    ("said", "time"),
    [
        ("Time stamp: Jan  5 09:00:07 2026 GMT", datetime(2026, 1, 5, 9, 0, 7, tzinfo=UTC)),
        ("Time stamp: Nov 20 09:30:00.25 2026 GMT", datetime(2026, 11, 20, 9, 30, 0, 250_000, tzinfo=UTC)),
    ],
)
def test_the_time_that_openssl_prints_is_understood(said: str, time: datetime) -> None:
    assert timestamp._told_time(f"TST info:\n{said}\n") == time


@settings(
    max_examples=300, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=some.data())
def test_no_altered_token_passes_for_the_same_moment_elsewhere(data: some.DataObject, office: Office) -> None:
    """Whatever byte is changed, the token still says what the authority signed, or is refused with our error."""
    answer = TOKENS.setdefault(office, office.answer(Query.about(note(5).encode(), b"\x01" * 8).encode()))
    told = Verifier.trusting(office.ca).time(answer, note(5).encode())
    position = data.draw(some.integers(0, len(answer) - 1))
    altered = bytearray(answer)
    altered[position] ^= data.draw(some.integers(1, 255))

    with pytest.MonkeyPatch.context() as patch:
        with_library_only(patch)
        with suppress(NotGenuine):
            assert Verifier.trusting(office.ca).time(bytes(altered), note(5).encode()) == told


TOKENS: dict[Office, bytes] = {}

# --- the network, the disk, and what is missing ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (lambda handler, body: reply(handler, 503, b"later"), "answered"),
        (lambda handler, body: reply(handler, 302, b"", Location="http://127.0.0.1:1/"), "redirected"),
        (lambda handler, body: reply(handler, 200, bytes(LARGEST_ANSWER + 1)), "too_large"),
    ],
    ids=["error", "redirect", "too large"],
)
def test_an_authority_that_misbehaves_is_told(
    authority: Authority, machine: Machine, answer: Callable[[BaseHTTPRequestHandler, bytes], None], reason: str
) -> None:
    machine.answer = answer

    with pytest.raises(AnchorFailed) as failed:
        authority.put(note(5))

    assert (failed.value.reason, list(authority.folder.glob("*.tsr"))) == (reason, [])


def test_on_a_full_disk_no_half_token_stays(
    authority: Authority, machine: Machine, office: Office, small_disk: Callable[[int], None]
) -> None:
    def full(query: bytes) -> bytes:
        answer = office.answer(query)
        small_disk(100)
        return answer

    machine.answer = answering(full)

    with pytest.raises(AnchorFailed) as failed:
        authority.put(note(5))

    assert (failed.value.reason, [path.suffix for path in authority.folder.iterdir()]) == (
        "unwritable",
        [".checkpoint"],
    )


def test_a_folder_of_tokens_is_only_read(office: Office, tmp_path: Path) -> None:
    with pytest.raises(BadInput) as refused:
        place(f"tsa:{tmp_path}", vault=None, ca=office.ca).put(note(5))

    assert refused.value.reason == "anchor_read_only"


@pytest.mark.parametrize("use", [lambda place: place.put(note(5)), lambda place: list(place.copies())])
def test_nobody_is_believed_unless_it_is_said_who(tmp_path: Path, use: Callable[[Any], object]) -> None:
    with pytest.raises(BadInput) as refused:
        use(at("http://127.0.0.1:1", tmp_path, None))

    assert refused.value.reason == "anchor_no_ca"


@pytest.mark.parametrize("content", [None, "", "no certificates"])
def test_certificates_that_cannot_be_read_are_told(authority: Authority, tmp_path: Path, content: str | None) -> None:
    ca = tmp_path / "my-ca.pem"
    if content is not None:
        ca.write_text(content)

    with pytest.raises(BadInput) as refused:
        at("http://127.0.0.1:1", tmp_path, ca).put(note(5))

    assert (refused.value.reason, str(ca) in refused.value.message()) == ("anchor_ca", True)


def test_tokens_need_a_folder_to_be_kept_in(office: Office) -> None:
    with pytest.raises(BadInput) as refused:
        place("tsa:https://tsa.example.org/", vault=None, ca=office.ca)

    assert refused.value.reason == "anchor_no_vault"
