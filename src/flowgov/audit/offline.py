"""Checks a flowgov evidence bundle without flowgov and without its database: one file, to be read before it is run.

    python verify.py BUNDLE [--key VKEY ...] [--witness VKEY ...] [--json]

Needs Python 3.9 or later and, for signatures, the package `cryptography` or the command `openssl`. Read it downwards:
`main`, `Check.run`, its steps in their order. The rules are written down in flowgov's docs/bundle-format.md.
Exit code: 0 everything holds, 1 something does not, 2 it could not be verified.
"""

from __future__ import annotations

import argparse
import hashlib
import hmac
import json
import re
import subprocess
import sys
import tempfile
import zipfile
from base64 import b64decode, b64encode
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, NamedTuple

FILES = r"""README\.txt|verify\.py|checkpoint|checkpoints/[0-9]{12}\.note|(records|proofs|consistency|texts)\.jsonl|
    workflows/[0-9a-f]{64}\.json|evidence/[0-9a-f]{64}|anchors/[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}"""
NOTE = "(.+)\n([1-9][0-9]{0,15})\n([A-Za-z0-9+/]{43}=)\n\n((?:— [^ +\n]+ [A-Za-z0-9+/=]+\n){1,100})"
REQUIRED = {"README.txt", "verify.py", "checkpoint", "records.jsonl", "texts.jsonl"}
PROOFS = {"proofs.jsonl", "consistency.jsonl"}  # required where the bundle does not hold the whole log
MANIFEST = {"v": str, "log": str, "scope": str, "size": int, "made": str, "flowgov": str, "files": dict}
RECORD = {"v": str, "log": str, "stream": str, "seq": int, "prev": str, "ts": str, "event": str, "actor": str}
TEXT = {"stream": str, "seq": int, "field": str, "salt": str, "value": str}
STAMP = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z"
LARGEST_RECORD, LONGEST_LINE, LARGEST_FILE = 65_535, 2**20, 2**26
MOST_UNPACKED, MOST_RATIO = 2**30, 200  # what unpacks to more bytes, and to more times its size, is a bomb
KEY_EVENTS = ("key.registered", "key.rotated", "key.replaced")
CARD = {"login": "person", "name": "person", "email": "person", "os_user": "actor"}  # whose card a text is part of
ATTACHED = {
    "workflows": ("WORKFLOW_MODIFIED", "WORKFLOW_UNPUBLISHED"),
    "evidence": ("EVIDENCE_MODIFIED", "DISCLOSURE_ORPHAN"),
}
NOT_SHOWN = [
    "that the rules were kept, which are not replayed here, or that what was recorded is true",
    "what was recorded after the newest checkpoint",
    "who made README.txt, verify.py and the manifest",
]
UNVERIFIED = {"BUNDLE_UNREADABLE", "SIGNATURES_UNCHECKED"}  # no findings: they say that nobody can tell
LEVELS = [
    "it does not hold, or nobody can tell",
    "it agrees with itself; that its key is the log's is its own word",
    "sealed by a key you named",
    "seen by a witness you named",
    "seen by several witnesses you named",
]
Key = NamedTuple("Key", [("text", str), ("name", str), ("id", bytes), ("public", bytes)])
Note = NamedTuple("Note", [("size", int), ("root", bytes), ("text", bytes), ("signatures", Any)])


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="verify.py", description="Check a flowgov evidence bundle.")
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--key", action="append", default=[], help="the log's key, as you know it from elsewhere")
    parser.add_argument("--witness", action="append", default=[], help="the key of a witness whose word you take")
    parser.add_argument("--json", action="store_true", help="answer for programs")
    wanted, check = parser.parse_args(arguments), Check()
    try:
        check.run(wanted.bundle, [key(text, 1) for text in wanted.key], [key(text, 4) for text in wanted.witness])
    except Exception as error:  # whatever a stranger's file does, the answer is "not verified", never "clean"
        check.expect(False, "BUNDLE_UNREADABLE", str(wanted.bundle), f"not read to its end: {error!r}")
    return check.say(wanted.json)


class Check:
    """One run over one bundle; the steps stand in the order in which they are taken."""

    def __init__(self) -> None:
        self.findings: list[dict[str, str]] = []
        self.checked: Counter[str] = Counter()
        self.notes: dict[int, Note] = {}
        self.chains: dict[str, tuple[int, str, str]] = {}  # position, hash and time of the last record of each
        self.key_events: list[tuple[int, Any]] = []
        self.redacted, self.named = set[Any](), set[str]()  # named: files that records speak of
        self.level, self.limits = 1, list(NOT_SHOWN)

    def run(self, path: Path, pins: list[Key], witnesses: list[Key]) -> None:
        with zipfile.ZipFile(path) as self.zip:
            self.manifest = self.read_manifest(path.stat().st_size)
            self.whole = self.manifest["scope"] == "log"
            digests = self.check_files()
            self.check_checkpoints()
            self.check_records()
            self.check_consistency()
            self.check_keys(pins)
            self.check_witnesses(witnesses)
            self.check_texts()
            self.check_attached(digests)

    def expect(self, holds: object, code: str, where: str, message: str) -> None:
        if not holds and len(self.findings) < 1_000:
            self.findings.append({"code": code, "where": where, "message": message})

    def read_manifest(self, packed: int) -> Any:
        entries = self.zip.infolist()
        self.sizes = {entry.orig_filename: entry.file_size for entry in entries}
        if sum(entry.file_size for entry in entries) > max(MOST_UNPACKED, MOST_RATIO * packed):
            raise ValueError("it would unpack to far more than a bundle can hold")
        if any(entry.flag_bits & 1 or entry.compress_type not in (0, 8) for entry in entries):
            raise ValueError("a file in it is encrypted, or packed in an unknown way")
        if len(self.sizes) < len(entries):
            self.expect(False, "MANIFEST_MISMATCH", "ZIP", "a file name occurs twice; which one is meant?")
            raise ValueError("a file name occurs twice")
        manifest = shaped(self.read("manifest.json"), MANIFEST)
        if manifest["v"] != "flowgov.bundle/1" or manifest["scope"] not in ("log", "project", "archive"):
            raise ValueError("this verifier does not know bundles of this version, or this scope")
        return manifest

    def check_files(self) -> dict[str, str]:
        """Every file is the one that the manifest lists, and there is no other."""
        declared, digests, required = self.manifest["files"], {}, REQUIRED | (set() if self.whole else PROOFS)
        for name in sorted(required.union(declared, self.sizes) - {"manifest.json"}):
            known = re.fullmatch(FILES, name, re.VERBOSE) and not (self.whole and name in PROOFS)
            self.expect(known, "MANIFEST_MISMATCH", name, "such a bundle has no file of this name")
            self.expect(name in self.sizes, "MANIFEST_MISMATCH", name, "it is missing")
            if known and name in self.sizes:
                digests[name] = self.digest(name)
                same = declared.get(name) == {"sha256": digests[name], "size": self.sizes[name]}
                self.expect(same, "MANIFEST_MISMATCH", name, "it is not the file that the manifest lists")
        self.checked["files"] = len(digests)
        return digests

    def check_checkpoints(self) -> None:
        for name in sorted(name for name in self.sizes if name.startswith("checkpoints/")):
            note = re.fullmatch(NOTE, self.read(name).decode())
            if note and note[1] == self.manifest["log"] and name == f"checkpoints/{int(note[2]):012d}.note":
                signatures = [(line.split(" ")[1], unbase64(line.split(" ")[2])) for line in note[4].split("\n")[:-1]]
                text = note[0].partition("\n\n")[0] + "\n"
                self.notes[int(note[2])] = Note(int(note[2]), unbase64(note[3]), text.encode(), signatures)
            else:
                self.expect(False, "CHECKPOINT_INVALID", name, "it is not a checkpoint of this log and this size")
        size = self.manifest["size"]
        if max(self.notes, default=0) != size or self.read(f"checkpoints/{size:012d}.note") != self.read("checkpoint"):
            self.expect(False, "CHECKPOINT_INVALID", "checkpoint", "it is not the newest one, of the manifest's size")
            raise ValueError("without its newest checkpoint nothing shows what belongs to the log")
        self.newest, self.checked["checkpoints"] = self.notes[size], len(self.notes)

    def check_records(self) -> None:
        """A whole log gives the root of every checkpoint; of a part of it, every record is proved to be in the log."""
        proofs = iter(()) if self.whole else self.lines("proofs.jsonl")
        subtrees: list[bytes] = []
        index = -1
        for number, body in enumerate(self.lines("records.jsonl")):
            leaf, where, former = hashlib.sha256(b"\0" + body).digest(), f"line {number + 1} of records.jsonl", index
            if self.whole:
                index = number
                grow(subtrees, number, leaf)
                same = number + 1 not in self.notes or fold(subtrees) == self.notes[number + 1].root
                self.expect(same, "ROOT_MISMATCH", f"checkpoint {number + 1}", "the records up to it give another root")
            else:
                proof = shaped(next(proofs, b""), {"idx": int, "path": list})
                index = proof["idx"]
                shown = climb(index, self.newest.size - 1, leaf, leaf, proof["path"])[1] == self.newest.root
                in_order = former < index < self.newest.size
                self.expect(shown and in_order, "RECORD_MODIFIED", where, "its proof does not show it in the log")
            self.check_record(index, body, where, leaf.hex())
        size, proved = self.newest.size, next(proofs, None) is None
        enough, most = (index + 1 >= size, index + 1 <= size) if self.whole else (proved, True)
        self.expect(enough, "TRUNCATED", "records.jsonl", "it has fewer records than were sealed or proved")
        self.expect(most, "RECORD_UNAUTHENTICATED", "records.jsonl", f"the checkpoint is only about {size} records")
        needed = {"log": {"org"}, "project": {"org", "prj"}, "archive": {"prj"}}[self.manifest["scope"]]
        there = needed <= {stream[:3] for stream in self.chains}
        self.expect(there, "PROJECT_MISSING", "records.jsonl", "it lacks a chain that its scope must have")
        self.checked["chains"] = len(self.chains)

    def check_record(self, index: int, body: bytes, where: str, digest: str) -> None:
        """One record is well-formed and canonical, and follows the one before it in its chain."""
        self.checked["records"] += 1
        record, problem = record_of(body)
        if problem:
            self.expect(False, problem, where, "it has not the one form that every record of this version has")
            return
        stream, seq, ts = record["stream"], record["seq"], record["ts"]
        (last, head, before), where = self.chains.get(stream, (0, "", "")), f"record {seq} of {stream}"
        self.chains[stream] = (seq, digest, ts)
        self.expect(record["log"] == self.manifest["log"], "LOG_ID_MISMATCH", where, "it belongs to another log")
        self.expect(seq <= last + 1, "SEQ_GAP", where, f"the record before it is {last}")
        follows = seq > last + 1 or (seq == last + 1 and record["prev"] == head)
        self.expect(follows, "CHAIN_BROKEN", where, f"it does not follow from record {last}; one of them was altered")
        self.expect(ts >= before, "TIME_BACKWARDS", where, f"the record before it is later, of {before}")
        self.remember(index, record)

    def remember(self, index: int, record: Any) -> None:
        """What a record says that later steps ask for: keys, redactions, definitions, evidence."""
        event, in_org = record["event"], record["stream"] == "org"
        if in_org and event in KEY_EVENTS:
            self.key_events.append((index, record))
        elif in_org and event == "text.redacted":
            self.redacted.add((*(record["target"][name] for name in ("stream", "seq", "hash")), record["field"]))
        elif in_org and event == "person.erased":
            self.redacted.add(record["person"])
        if type(record.get("wf")) is dict:
            self.named.add(f"workflows/{record['wf'].get('sha256')}.json")
        if event == "evidence.added" and record.get("sha256"):
            name = f"evidence/{record['sha256']}"
            self.named.update({name} & self.sizes.keys())
            self.checked["evidence included" if name in self.sizes else "evidence not included"] += 1

    def check_consistency(self) -> None:
        """Every checkpoint is proved to be the beginning of the next one (RFC 9162, section 2.1.4.2)."""
        if self.whole:
            return  # their roots were computed
        self.limits.append("that no later records of these chains were left out: no proof can show that")
        proofs, sizes = self.lines("consistency.jsonl"), sorted(self.notes)
        for old, new in ((self.notes[a], self.notes[b]) for a, b in zip(sizes, sizes[1:])):
            proof = shaped(next(proofs, b""), {"old": int, "new": int, "path": list})
            node, last = old.size - 1, new.size - 1
            while node & 1:
                node, last = node >> 1, last >> 1
            path = proof["path"] if node else [b64encode(old.root).decode(), *proof["path"]]
            start = unbase64(path[0], 32) if path else b""
            shown = climb(node, last, start, start, path[1:]) == (old.root, new.root)
            shown = shown and (proof["old"], proof["new"]) == (old.size, new.size)
            self.expect(shown, "FORKED", f"checkpoint {new.size}", f"it does not continue checkpoint {old.size}")
        self.expect(next(proofs, None) is None, "FORKED", "consistency.jsonl", "it has too many lines")

    def check_keys(self, pins: list[Key]) -> None:
        """Every checkpoint is signed by the key in force at its size; trust goes from key to key by rotation only."""
        reigns: list[tuple[int, Key]] = []  # a key is in force at every size greater than its number, up to the next
        also: list[tuple[int, Key]] = []  # the checkpoint of this size must be signed by this old key, too
        trusted = {pin.text for pin in pins}
        for index, event in self.key_events:
            first = event["event"] == "key.registered"
            new, start, place = key(event["key" if first else "new"], 1), index, f"record {event['seq']} of org"
            in_turn = event.get("old") == (reigns[-1][1].text if reigns else None) and new.name == self.manifest["log"]
            self.expect(in_turn, "KEY_UNAUTHORISED", place, "it is no key of this log, or follows another one")
            if event["event"] == "key.replaced":
                start = min(index, event["size"])
            elif not first and reigns:
                also.append((min(size for size in self.notes if size > index), reigns[-1][1]))
                trusted |= {new.text} if event["old"] in trusted else set()
            reigns.append((start, new))
        for size, note in self.notes.items():
            due = [one for start, one in reigns if start < size][-1:] + [old for at, old in also if at == size]
            if not reigns:  # an archive may lack the chain that names keys; then any key named by the reader will do
                due = [pin for pin in pins if any(blob[:4] == pin.id for _, blob in note.signatures)][:1] or pins[:1]
            code = "KEY_UNAUTHORISED" if reigns else "SIGNATURES_UNCHECKED"
            self.expect(due, code, f"checkpoint {size}", "no key is known that could have signed it")
            for one in due:
                signed = self.signed(note, one)
                self.expect(signed, "KEY_UNAUTHORISED", f"checkpoint {size}", f"it is not signed with {one.text}")
        known = [one.text for _, one in reigns]
        for pin in pins if reigns else []:
            self.expect(pin.text in known, "KEY_UNAUTHORISED", pin.text, "this log never had the key you named")
        if pins and reigns:
            reached = [one.text for start, one in reigns if start < self.newest.size][-1] in trusted
            self.expect(reached, "KEY_UNAUTHORISED", known[-1], "trust in the key you named does not reach this one")
        self.level = 2 if pins else 1

    def check_witnesses(self, witnesses: list[Key]) -> None:
        saw = set()
        for witness in witnesses:
            seen = [(size, time) for size, note in self.notes.items() for time in self.signed(note, witness, True)]
            self.expect(seen, "WITNESS_MISSING", witness.name, "it has cosigned no checkpoint in this bundle")
            for size, time in sorted(seen)[-1:]:
                saw.add(witness.public)
                day = datetime.fromtimestamp(time, timezone.utc).isoformat()
                self.limits.append(f"that {witness.name} saw more than the first {size} records, which it did at {day}")
        self.level = max(self.level, 2 + min(len(saw), 2) if saw else 0)

    def signed(self, note: Note, signer: Key, witness: bool = False) -> list[int]:
        """The signatures of this key on a checkpoint, as the times they give; one that does not hold is a finding."""
        blobs = [blob[4:] for name, blob in note.signatures if (name, blob[:4]) == (signer.name, signer.id)]
        for blob in blobs:
            stamp = b"cosignature/v1\ntime %d\n" % int.from_bytes(blob[:8], "big") if witness else b""
            holds = ed25519(signer.public, stamp + note.text, blob[8:] if witness else blob)
            self.checked["signatures"] += bool(holds)
            where = f"checkpoint {note.size}"
            self.expect(holds is not False, "CHECKPOINT_INVALID", where, f"the signature of {signer.name} is wrong")
            why = "its signature was not checked: there is neither Python's cryptography package nor openssl 3"
            self.expect(holds is not None, "SIGNATURES_UNCHECKED", where, why)
        return [int.from_bytes(blob[:8], "big") if witness else 0 for blob in blobs]

    def check_texts(self) -> None:
        """Every text disclosed is the one its record is bound to; the others were redacted, or are withheld here."""
        texts = self.lines("texts.jsonl")
        text = next_text(texts)
        for body in self.lines("records.jsonl"):
            record = record_of(body)[0] if b'"c":{' in body else {}
            for field, bound in sorted(record.get("c", {}).items()):
                place = (record["stream"], record["seq"], field)
                if text and place == (text["stream"], text["seq"], text["field"]):
                    message = b"flowgov.commit/1\0" + field.encode() + b"\0" + text["value"].encode()
                    mac = hmac.new(unbase64(text["salt"], 32), message, "sha256").digest()
                    where = f"{field} of record {place[1]} of {place[0]}"
                    same = b64encode(mac).decode() == bound
                    self.expect(same, "COMMITMENT_MISMATCH", where, "the text is not the one recorded")
                    self.checked["texts disclosed"] += 1
                    text = next_text(texts)
                else:
                    digest = hashlib.sha256(b"\0" + body).hexdigest()
                    erased = self.redacted & {(*place[:2], digest, field), record.get(CARD.get(field, ""))}
                    self.checked["texts redacted" if erased else "texts withheld from this bundle"] += 1
        where = f"{text['field']} of record {text['seq']} of {text['stream']}" if text else ""
        self.expect(
            not text, "DISCLOSURE_ORPHAN", where, "no record has such a text here; those after it are unchecked"
        )

    def check_attached(self, digests: dict[str, str]) -> None:
        """Definitions and evidence have the hashes that records name; anchors are for other tools to check."""
        for name, digest in digests.items():
            folder, _, file = name.partition("/")
            if folder in ATTACHED:
                changed, stray = ATTACHED[folder]
                self.expect(digest == file[:64], changed, name, "it is not the file that was recorded")
                self.expect(name in self.named, stray, name, "no record names it")
            if folder in ("workflows", "anchors"):
                self.checked[folder] += 1
        self.checked["workflows not included"] = len(self.named - self.sizes.keys())

    def say(self, as_json: bool) -> int:
        codes = {finding["code"] for finding in self.findings}
        code, level = 1 if codes - UNVERIFIED else 2 if codes else 0, 0 if codes else self.level
        if as_json:
            about = {"exit": code, "level": f"L{level}", "meaning": LEVELS[level], "checked": self.checked}
            print(json.dumps({**about, "findings": self.findings, "not_shown": self.limits}, indent=1))
            return code
        said = [f"{one['code']} {one['where']}: {one['message']}." for one in self.findings]
        said += [f"Checked: {', '.join(f'{count} {what}' for what, count in self.checked.items() if count)}."]
        said += [f"Level L{level}: {LEVELS[level]}.", "Not shown:", *(f"- {limit}" for limit in self.limits)]
        for line in said:  # a name in the bundle must not be able to write to the terminal what it likes
            print("".join(letter if letter.isprintable() else "?" for letter in line))
        return code

    def digest(self, name: str) -> str:
        digest = hashlib.sha256()
        with self.zip.open(name) as file:
            for block in iter(lambda: file.read(65_536), b""):
                digest.update(block)
        return digest.hexdigest()

    def read(self, name: str) -> bytes:
        if self.sizes.get(name, 0) > LARGEST_FILE:
            raise ValueError(f"{name} is too large")
        return self.zip.read(name)

    def lines(self, name: str) -> Iterator[bytes]:
        with self.zip.open(name) as file:
            while line := file.readline(LONGEST_LINE):
                if not line.endswith(b"\n"):
                    raise ValueError(f"{name} has a line that is too long, or has no end")
                yield line[:-1]


def parse(data: bytes) -> Any:
    """The value of JSON in its one canonical form (RFC 8785 without fractions); anything else is an error."""
    value = json.loads(data.decode(), parse_int=whole, parse_float=whole, parse_constant=whole)
    if json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode() != data:
        raise ValueError("another order, spaces, a key twice, or a character written another way")
    return value


def record_of(body: bytes) -> tuple[Any, str]:
    """The record in these bytes, and what is wrong with its form: nothing, or the code of a finding."""
    try:
        record = parse(body)
    except (ValueError, RecursionError):
        return {}, "RECORD_NOT_CANONICAL"
    complete = type(record) is dict and {name: type(record.get(name)) for name in RECORD} == RECORD
    if not complete or len(body) > LARGEST_RECORD or not re.fullmatch(STAMP, record["ts"]):
        return {}, "RECORD_MALFORMED"
    if type(record.get("c", {})) is not dict:
        return {}, "RECORD_MALFORMED"
    return (record, "") if record["v"] == "flowgov.audit/1" else ({}, "UNKNOWN_VERSION")


def whole(number: str) -> int:
    if abs(int(number)) > 2**53 - 1:
        raise ValueError("a number is too large")
    return int(number)


def shaped(data: bytes, shape: dict[str, type]) -> Any:
    value = parse(data)
    if type(value) is not dict or {name: type(item) for name, item in value.items()} != shape:
        raise ValueError(f"this has not exactly the keys {', '.join(shape)}: {data[:80]!r}")
    return value


def unbase64(text: str, length: int | None = None) -> bytes:
    data = b64decode(text, validate=True)
    if b64encode(data).decode() != text or length not in (None, len(data)):
        raise ValueError(f"this is not base64 in its one form, or of another length: {text[:80]!r}")
    return data


def next_text(lines: Iterator[bytes]) -> Any:
    line = next(lines, None)
    return None if line is None else shaped(line, TEXT)


def node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()


def grow(subtrees: list[bytes], size: int, leaf: bytes) -> None:
    """Adds a leaf to a tree (RFC 9162, section 2.1) of which the roots of the complete subtrees are kept."""
    while size & 1:
        leaf, size = node(subtrees.pop(), leaf), size >> 1
    subtrees.append(leaf)


def fold(subtrees: list[bytes]) -> bytes:
    root = subtrees[-1]
    for left in reversed(subtrees[:-1]):
        root = node(left, root)
    return root


def climb(index: int, last: int, old: bytes, new: bytes, path: list[str]) -> tuple[bytes, bytes]:
    """The two roots that a proof leads to, of the old and of the new tree (RFC 9162, sections 2.1.3.2 and 2.1.4.2)."""
    for text in path:
        sibling = unbase64(text, 32)
        if last == 0:
            return b"", b""
        if index & 1 or index == last:
            old, new = node(sibling, old), node(sibling, new)
            while index and not index & 1:
                index, last = index >> 1, last >> 1
        else:
            new = node(new, sibling)
        index, last = index >> 1, last >> 1
    return (old, new) if last == 0 else (b"", b"")


def key(text: str, algorithm: int) -> Key:
    name, hint, encoded = text.split("+", 2)
    material = unbase64(encoded, 33)
    found = Key(text, name, hashlib.sha256(name.encode() + b"\n" + material).digest()[:4], material[1:])
    if hint != found.id.hex() or material[0] != algorithm:
        raise ValueError(f"this is not a key of the kind asked for: {text[:200]!r}")
    return found


def ed25519(public: bytes, message: bytes, signature: bytes) -> bool | None:
    """Whether the signature holds; None if nothing here can tell."""
    try:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    except ImportError:
        return openssl(public, message, signature)
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def openssl(public: bytes, message: bytes, signature: bytes) -> bool | None:
    spki = bytes.fromhex("302a300506032b6570032100") + public  # RFC 8410, section 4
    with tempfile.TemporaryDirectory() as folder:
        for name, data in {"key": spki, "message": message, "signature": signature}.items():
            Path(folder, name).write_bytes(data)
        command = "openssl pkeyutl -verify -pubin -keyform DER -inkey key -rawin -in message -sigfile signature"
        try:
            done = subprocess.run(command.split(), cwd=folder, capture_output=True, check=False)
        except OSError:
            return None
    said = done.stdout + done.stderr
    return True if b"Verified Successfully" in said else False if b"Verification Failure" in said else None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
