"""Checks a flowgov evidence bundle without flowgov and without its database: one file, to be read before it is run.

    python verify.py BUNDLE [--key VKEY ...] [--witness VKEY ...] [--json]

Needs Python 3.9 or later and, for signatures, the package `cryptography` or the command `openssl`. Read it downwards
from `main`; the rules are in flowgov's docs/bundle-format.md. Exit code: 0 holds, 1 does not, 2 cannot be verified.
"""
import argparse, base64, functools, hashlib, hmac, json, pathlib, re, shutil, subprocess, sys, tempfile, time, zipfile
from typing import Any, Iterator, NamedTuple, Optional

REQUIRED = {"README.txt", "verify.py", "checkpoint", "records.jsonl", "texts.jsonl"}
PROOFS = {"proofs.jsonl", "consistency.jsonl"}  # required, too, where the bundle does not hold the whole log
OPTIONAL = r"(?a)checkpoints/\d{12}\.note|workflows/[0-9a-f]{64}\.json|evidence/[0-9a-f]{64}|anchors/[\w-][\w.-]{0,99}"
CHAINS = {"log": {"org"}, "project": {"org", "prj"}, "archive": {"prj"}}  # what a bundle of each scope must have
NOTE = "((.+)\n([1-9][0-9]{0,15})\n([A-Za-z0-9+/]{43}=)\n)\n((?:— [^ +\n]+ [A-Za-z0-9+/=]+\n){1,100})"
STAMP = r"(?a)\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z"
MANIFEST = {"v": str, "log": str, "scope": str, "size": int, "made": str, "flowgov": str, "files": dict}
RECORD = {"v": str, "log": str, "stream": str, "seq": int, "prev": str, "ts": str, "event": str, "actor": str}
TEXT = {"stream": str, "seq": int, "field": str, "salt": str, "value": str}
CARD = {"login": "person", "name": "person", "email": "person", "os_user": "actor"}  # whose card a text is part of
NOT_SHOWN = ["that the rules were kept, which are not replayed here, or that what was recorded is true",
             "what was recorded after the newest checkpoint", "who made README.txt, verify.py and the manifest"]
Key = NamedTuple("Key", [("text", str), ("name", str), ("id", bytes), ("kind", int), ("public", bytes)])
Note = NamedTuple("Note", [("root", bytes), ("text", bytes), ("signatures", Any)])

def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="verify.py", description="Check a flowgov evidence bundle.")
    parser.add_argument("bundle", type=pathlib.Path)
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
        self.checked = {"records": 0, "texts disclosed": 0, "texts redacted": 0, "texts withheld": 0}
        self.level, self.limits = "L1: it agrees with itself; that its key is the log's is its own word", [*NOT_SHOWN]
        self.notes: dict[int, Note] = {}  # the checkpoints, by their sizes
        self.chains: dict[str, tuple[int, str, str]] = {}  # number, hash and time of the last record of each
        self.key_events: list[tuple[int, Any]] = []  # with their positions in the log
        self.named, self.erased, self.absent = set[str](), set[Any](), list[Any]()  # files; texts, people; texts

    def run(self, path: pathlib.Path, pins: list[Key], witnesses: list[Key]) -> None:
        with zipfile.ZipFile(path) as self.zip:
            self.sizes = {e.orig_filename: e.file_size for e in self.zip.infolist() if e.compress_type in {0, 8}}
            must(len(self.sizes) == len(self.zip.infolist()), "a file is in it twice, or is packed in an unknown way")
            must(sum(self.sizes.values()) <= max(2**30, 200 * path.stat().st_size), "it would unpack to far too much")
            self.manifest = parse(self.zip.open("manifest.json").read(2**26), MANIFEST)
            must(self.manifest["v"] == "flowgov.bundle/1", "this verifier does not know bundles of this version")
            self.whole, self.needed = self.manifest["scope"] == "log", CHAINS[self.manifest["scope"]]
            self.check_files()
            self.check_checkpoints()
            self.check_records()
            self.check_complete()
            self.check_consistency(sorted([] if self.whole else self.notes))
            self.check_keys(pins)
            self.check_witnesses(witnesses)

    def expect(self, holds: object, code: str, where: str, message: str) -> None:
        if not holds and len(self.findings) < 1_000:
            self.findings.append({"code": code, "where": where, "message": message})

    def check_files(self) -> None:
        """Every file is the one that the manifest lists, and there is no other."""
        self.digests, required = dict[str, str](), REQUIRED | (set() if self.whole else PROOFS)
        for name in sorted(required.union(self.manifest["files"], self.sizes) - {"manifest.json"}):
            there = name in self.sizes and (name in required or re.fullmatch(OPTIONAL, name))
            found = hashlib.sha256()
            for block in self.lines(name, binary=True) if there else ():
                found.update(block)
            self.digests.update({name: found.hexdigest()} if there else {})
            same = there and self.manifest["files"].get(name) == {"sha256": found.hexdigest(), "size": self.sizes[name]}
            self.expect(same, "MANIFEST_MISMATCH", name, "it is missing, added, or not what the manifest lists")

    def check_checkpoints(self) -> None:
        """Each is about this log, and has its size in its name; the newest is the one that the bundle is about."""
        for name in sorted(name for name in self.sizes if name.startswith("checkpoints/")):
            note = re.fullmatch(NOTE, self.zip.read(name).decode())
            if note and note[2] == self.manifest["log"] and name == f"checkpoints/{int(note[3]):012d}.note":
                signatures = [(signer, unbase64(blob)) for signer, blob in re.findall("— (.+) (.+)\n", note[5])]
                self.notes[int(note[3])] = Note(unbase64(note[4]), note[1].encode(), signatures)
            else:
                self.expect(False, "CHECKPOINT_INVALID", name, "it is not a checkpoint of this log and this size")
        size, newest = max(self.notes, default=0), self.zip.read("checkpoint")
        same = size == self.manifest["size"] and newest == self.zip.read(f"checkpoints/{size:012d}.note")
        self.expect(same, "CHECKPOINT_INVALID", "checkpoint", "it is not the newest one, of the manifest's size")
        must(same, "without its newest checkpoint nothing shows what belongs to the log")

    def check_records(self) -> None:
        """The records of a whole log give the root of every checkpoint; of a part, each is proved to be in the log."""
        texts = (parse(line, TEXT) for line in self.lines("texts.jsonl"))
        self.text, proofs = next(texts, None), iter(()) if self.whole else self.lines("proofs.jsonl")
        count, index, size, tree = 0, -1, self.manifest["size"], list[bytes]()
        for count, body in enumerate(self.lines("records.jsonl"), 1):
            leaf, former, where = hashlib.sha256(b"\0" + body).digest(), index, f"line {count} of records.jsonl"
            if self.whole:
                index, root = count - 1, grow(tree, count, leaf, wanted=count in self.notes)
                same = not root or root == self.notes[count].root
                self.expect(same, "ROOT_MISMATCH", f"checkpoint {count}", "the records up to it give another root")
            else:
                proof = parse(next(proofs, b""), {"idx": int, "path": list})
                index, root = proof["idx"], climb(proof["idx"] + 1, size, leaf, proof["path"], to_leaf=True)[1]
                shown = former < index < size and root == self.notes[size].root
                self.expect(shown, "RECORD_MODIFIED", where, "its proof does not show it in the log")
            self.check_record(index, leaf.hex(), body, where, texts)
        complete = next(proofs, None) is None and (not self.whole or count == size)
        self.expect(complete, "RECORDS_MISCOUNTED", "records.jsonl", "it has not as many as were sealed or proved")

    def check_record(self, index: int, leaf: str, body: bytes, where: str, texts: Iterator[Any]) -> None:
        """It has the one form of its version, follows the one before it in its chain, and binds its texts."""
        self.checked["records"] += 1
        try:
            record = parse(body, RECORD, more=True)
            known = record["v"] == "flowgov.audit/1" and record["log"] == self.manifest["log"]
            must(known and re.fullmatch(STAMP, record["ts"]), "it is of another version or log, or its time is none")
        except (ValueError, RecursionError) as error:
            self.expect(False, "RECORD_MALFORMED", where, str(error))
            return
        stream, seq, ts = record["stream"], record["seq"], record["ts"]
        (last, head, before), where = self.chains.get(stream, (0, "", "")), f"record {seq} of {stream}"
        self.chains[stream] = (seq, leaf, ts)
        follows = seq == last + 1 and record["prev"] == head
        self.expect(follows, "CHAIN_BROKEN", where, f"it did not follow what is before it here, record {last}")
        self.expect(ts >= before, "TIME_BACKWARDS", where, f"the record before it is later, of {before}")
        for field, bound in sorted(record.get("c", {}).items()):
            if self.text and [self.text[name] for name in ("stream", "seq", "field")] == [stream, seq, field]:
                message = f"flowgov.commit/1\0{field}\0{self.text['value']}".encode()
                mac = hmac.digest(unbase64(self.text["salt"], 32), message, "sha256")
                same = base64.b64encode(mac).decode() == bound
                self.expect(same, "COMMITMENT_MISMATCH", where, f"its {field} is not the text that was recorded")
                self.checked["texts disclosed"] += 1
                self.text = next(texts, None)
            else:
                self.absent.append(((leaf, field), record.get(CARD.get(field))))
        self.named |= {f"workflows/{record.get('wf', {}).get('sha256')}.json", f"evidence/{record.get('sha256')}"}
        if (stream, record["event"]) in {("org", f"key.{what}") for what in ("registered", "rotated", "replaced")}:
            self.key_events.append((index, record))
        if (stream, record["event"]) in {("org", "text.redacted"), ("org", "person.erased")}:
            self.erased.add(record.get("person") or (record["target"]["hash"], record["field"]))

    def check_complete(self) -> None:
        """No chain is missing; no text, definition or document is here that records do not bind by a hash."""
        there = self.needed <= {stream[:3] for stream in self.chains}
        self.expect(there, "PROJECT_MISSING", "records.jsonl", "it lacks a chain that its scope must have")
        self.expect(not self.text, "DISCLOSURE_ORPHAN", "texts.jsonl", "it has a text that no record has in this place")
        for name, digest in self.digests.items():
            recorded = (name in self.named and digest in name) or not name.startswith(("workflows/", "evidence/"))
            self.expect(recorded, "FILE_UNRECORDED", name, "no record names a file of this content")
        for text, person in self.absent:
            self.checked["texts redacted" if {text, person} & self.erased else "texts withheld"] += 1

    def check_consistency(self, sizes: list[int]) -> None:
        """Of a part of a log, each checkpoint is proved to be the beginning of the next one."""
        proofs = self.lines("consistency.jsonl") if sizes else iter(())
        for old, new in zip(sizes, sizes[1:]):
            proof, root = parse(next(proofs, b""), {"old": int, "new": int, "path": list}), self.notes[old].root
            path = proof["path"] if old & (old - 1) else [base64.b64encode(root).decode(), *proof["path"]]
            found = climb(old, new, unbase64(path[0], 32), path[1:]) if path else []
            shown = [proof["old"], proof["new"], *found] == [old, new, root, self.notes[new].root]
            self.expect(shown, "FORKED", f"checkpoint {new}", f"it does not continue checkpoint {old}")
        self.expect(next(proofs, None) is None, "FORKED", "consistency.jsonl", "it has too many lines")
        self.limits += ["that no later records of its chains were left out: no proof can show that"] if sizes else []

    def check_keys(self, pins: list[Key]) -> None:
        """Every checkpoint is signed by the key in force at its size; trust goes from key to key by rotation only."""
        due: dict[int, list[Key]] = {size: [] for size in sorted(self.notes)}  # the key in force, then older ones
        known, trusted = list[Any](), {pin.text for pin in pins}
        for index, event in self.key_events:
            what, old, where = event["event"], event.get("old"), f"record {event['seq']} of org"
            new = key(event["key" if what == "key.registered" else "new"], 1)
            in_turn = [old] == (known[-1:] or [None]) and new.name == self.manifest["log"]
            self.expect(in_turn, "KEY_UNAUTHORISED", where, "its key is not this log's, or does not follow the last")
            since = [size for size in due if size > (min(index, event["size"]) if what == "key.replaced" else index)]
            for size in since:  # the first one after a rotation is signed by the old key, too
                due[size] = [new, *due[size][0 if what == "key.rotated" and size == since[0] else 1:]]
            trusted |= {new.text} if what == "key.rotated" and old in trusted else set()
            known.append(new.text)
        for size, where in ((size, f"checkpoint {size}") for size in due):
            if not known:  # an archive may lack the records about keys; then any key that you named will do
                due[size] = [pin for pin in pins if self.signed(size, pin)]
            code = "KEY_UNAUTHORISED" if known or pins else "SIGNATURES_UNCHECKED"
            self.expect(due[size], code, where, "no key is known that could have signed it")
            for one in due[size] if known else []:
                self.expect(self.signed(size, one), "KEY_UNAUTHORISED", where, f"it is not signed with {one.text}")
        sure = not known or not pins or (trusted <= {*known} and {one.text for one in due[max(due)][:1]} <= trusted)
        self.expect(sure, "KEY_UNAUTHORISED", "checkpoint", "trust in the keys you named does not reach its key")
        self.level = "L2: sealed by a key you named" if pins else self.level

    def check_witnesses(self, witnesses: list[Key]) -> None:
        for witness in witnesses:
            seen = [(size, when) for size in sorted(self.notes) for when in self.signed(size, witness)]
            self.expect(seen, "WITNESS_MISSING", witness.name, "it has cosigned no checkpoint in this bundle")
            for size, when in seen[-1:]:
                self.level, day = "L4: seen by a witness you named", time.strftime("%Y-%m-%d", time.gmtime(when))
                self.limits.append(f"that {witness.name} saw more than the first {size} records, as it did on {day}")

    def signed(self, size: int, signer: Key) -> list[int]:
        """The signatures of this key on a checkpoint, as the times they give; one that does not hold is a finding."""
        note, where, times = self.notes[size], f"checkpoint {size}", list[int]()
        for blob in [blob[4:] for name, blob in note.signatures if (name, blob[:4]) == (signer.name, signer.id)]:
            width = 8 if signer.kind == 4 else 0  # a witness signs the time, too
            times.append(int.from_bytes(blob[:width], "big"))
            stamp = b"cosignature/v1\ntime %d\n" % times[-1] if width else b""
            holds = ed25519(signer.public, stamp + note.text, blob[width:])
            self.expect(holds is not False, "CHECKPOINT_INVALID", where, f"the signature of {signer.name} is wrong")
            self.expect(holds is not None, "SIGNATURES_UNCHECKED", where, "here is no cryptography, and no openssl 3")
        return times

    def say(self, as_json: bool) -> int:
        codes = {finding["code"] for finding in self.findings}
        code = 1 if codes - {"BUNDLE_UNREADABLE", "SIGNATURES_UNCHECKED"} else 2 if codes else 0
        level = "L0: it does not hold, or nobody can tell" if codes else self.level
        about = {"exit": code, "level": level, "checked": self.checked, "findings": self.findings}
        lines = [f"{one['code']} {one['where']}: {one['message']}." for one in self.findings]
        lines += [f"Checked: {', '.join(f'{number} {of}' for of, number in self.checked.items())}.", f"Level {level}."]
        lines += ["Not shown:", *(f"- {limit}" for limit in self.limits)]
        for line in [json.dumps({**about, "not_shown": self.limits})] if as_json else lines:
            print("".join(letter if letter.isprintable() else "?" for letter in line))  # no orders to the terminal
        return code

    def lines(self, name: str, binary: bool = False) -> Iterator[bytes]:
        with self.zip.open(name) as file:
            while line := file.readline(2**20):
                must(binary or line.endswith(b"\n"), f"{name} has a line that is too long, or has no end")
                yield line if binary else line[:-1]

def must(holds: object, otherwise: str) -> None:
    if not holds:
        raise ValueError(otherwise)

def parse(data: bytes, shape: dict[str, type], more: bool = False) -> Any:
    """An object in the one canonical form of JSON (RFC 8785 without fractions), with these keys, or with *more*."""
    value = json.loads(data.decode(), parse_int=lambda n: int(n) if abs(int(n)) < 2**53 else n, parse_float=str)
    written = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()
    must(written == data and type(value) is dict, "it is not the canonical form of an object in JSON")
    found = {name: type(item) for name, item in value.items() if name in shape or not more}
    must(found == shape, f"it has not these keys, of these types: {', '.join(shape)}")
    return value

def unbase64(text: str, length: int = 0) -> bytes:
    data = base64.b64decode(text, validate=True)
    must(base64.b64encode(data).decode() == text and length in {0, len(data)}, f"this is no base64: {text[:80]!r}")
    return data

def node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()

def grow(tree: list[bytes], count: int, leaf: bytes, wanted: bool) -> bytes:
    """Adds leaf number *count* to the roots of complete subtrees; the root, if wanted (RFC 9162, section 2.1)."""
    tree.append(leaf)
    while count % 2 == 0:
        tree[-2:], count = [node(*tree[-2:])], count // 2
    return functools.reduce(lambda right, left: node(left, right), reversed(tree)) if wanted else b""

def climb(old: int, new: int, start: bytes, path: list[str], to_leaf: bool = False) -> list[bytes]:
    """The roots of the first *old* leaves and of all that a proof leads to (RFC 9162, sections 2.1.3 and 2.1.4)."""
    if new == 1 or (old == new and not to_leaf):
        return [b"", b""] if path else [start, start]
    half, sibling = 1 << (new - 1).bit_length() - 1, unbase64(path[-1], 32) if path else b""
    if old <= half:
        first, both = climb(old, half, start, path[:-1], to_leaf)
        return [first, node(both, sibling)]
    return [node(sibling, root) for root in climb(old - half, new - half, start, path[:-1], to_leaf)]

def key(text: str, kind: int) -> Key:
    name, hint, encoded = text.split("+", 2)
    material = unbase64(encoded, 33)
    found = Key(text, name, hashlib.sha256(f"{name}\n".encode() + material).digest()[:4], kind, material[1:])
    must(hint == found.id.hex() and material[0] == kind, f"this is not a key of the kind asked for: {text[:200]!r}")
    return found

def ed25519(public: bytes, message: bytes, signature: bytes) -> Optional[bool]:
    """Whether the signature holds; None if nothing here can tell."""
    try:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
        return Ed25519PublicKey.from_public_bytes(public).verify(signature, message) is None  # otherwise it raises
    except ImportError:
        return openssl(public, message, signature) if shutil.which("openssl") else None
    except Exception:  # it does not hold, or is no signature at all
        return False

def openssl(public: bytes, message: bytes, signature: bytes) -> Optional[bool]:
    spki = bytes.fromhex("302a300506032b6570032100") + public  # RFC 8410, section 4
    with tempfile.TemporaryDirectory() as folder:
        for name, data in {"key": spki, "message": message, "signature": signature}.items():
            pathlib.Path(folder, name).write_bytes(data)
        command = "openssl pkeyutl -verify -pubin -keyform DER -inkey key -rawin -in message -sigfile signature"
        said = subprocess.run(command.split(), cwd=folder, capture_output=True, check=False).stdout
    return True if b"Verified Successfully" in said else False if b"Verification Failure" in said else None

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
