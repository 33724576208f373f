"""The evidence bundle, ``*.fgev``: what a third person checks without flowgov and without the database.

Writes one and reads one back, as bytes; the format is described in ``docs/bundle-format.md``. Whether what is in a
bundle holds is not decided here but by `flowgov.audit.offline`, the program that every bundle carries.
"""

from __future__ import annotations

import json
import re
import zlib
from base64 import b64decode, b64encode
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from importlib import resources
from itertools import zip_longest
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import IO, Any, BinaryIO, Literal, NamedTuple, TypeVar, get_args
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from flowgov import __version__
from flowgov.audit.note import Checkpoint, Note
from flowgov.canonical import canonical
from flowgov.errors import AuditBroken, BadInput
from flowgov.i18n import LANGUAGES, text

VERSION = "flowgov.bundle/1"
Scope = Literal["log", "project", "archive"]
SCOPES: tuple[Scope, ...] = get_args(Scope)
IDENTITY = frozenset({"login", "name", "email", "os_user"})
"""Fields of texts that tell who somebody is; they go into a bundle only if asked for."""
LONGEST_LINE = 2**20
"""Bytes of a line, its newline included."""
LARGEST_FILE = 2**26
"""Bytes of what is read in one piece: manifest, notes, definitions, anchors."""
MOST_UNPACKED = 2**30
MOST_RATIO = 200
"""A ZIP that unpacks to more than `MOST_UNPACKED`, and to more than so many times its own size, is a bomb."""

_ALWAYS = frozenset({"README.txt", "verify.py", "checkpoint", "records.jsonl", "texts.jsonl"})
_PROOFS = frozenset({"proofs.jsonl", "consistency.jsonl"})
_NAME = re.compile(
    r"README\.txt|verify\.py|manifest\.json|checkpoint|checkpoints/[0-9]{12}\.note|(records|proofs|consistency|texts)"
    r"\.jsonl|workflows/[0-9a-f]{64}\.json|evidence/[0-9a-f]{64}|anchors/[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}"
).fullmatch
_FIRST_DAY = (1980, 1, 1, 0, 0, 0)
_CHUNK = 65_536
_IN_MEMORY = 8 * 1024 * 1024
_Value = TypeVar("_Value")


class Beside(NamedTuple):
    """A text that is disclosed: a row of the texts beside records."""

    stream: str
    seq: int
    field: str
    salt: bytes
    value: str


class Entry(NamedTuple):
    """One record, where it stands in the log, and what goes with it."""

    idx: int
    """Its leaf in the log's tree, from 0."""
    body: bytes
    """The exact bytes that are stored and hashed."""
    path: Sequence[bytes] = ()
    """Its inclusion proof in the tree of the newest checkpoint; unused in the scope ``log``."""
    texts: Sequence[Beside] = ()
    """The texts beside it that still exist, in any order."""


class Step(NamedTuple):
    """The proof that one checkpoint is the beginning of the next."""

    old: int
    new: int
    path: Sequence[bytes]


class File(NamedTuple):
    """What the manifest says of a file."""

    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Contents:
    """All that goes into one bundle. Iterables are walked once, in the order of the fields here, while it is written.

    Nothing may be appended to the log between reading *notes* and walking the rest that would matter: read all of it
    in one snapshot, and only records whose leaf is below the size of the newest note.
    """

    log: str
    """The log's origin, as every record has it under ``log``."""
    scope: Scope
    """``log``: every record from leaf 0 to the newest checkpoint. ``project``: the whole chain of one project and the
    whole chain ``org``. ``archive``: the whole chains of some projects; with the chain ``org``, if the bundle is to
    name the log's keys by itself."""
    made: str
    """When the bundle is made: a stamp of `flowgov.clock`."""
    notes: Sequence[str]
    """Every signed checkpoint, oldest first, with its cosignatures; the last one is the bundle's checkpoint."""
    entries: Iterable[Entry]
    """The records in the order of the log's tree, each with its proof and texts. Memory does not grow with them."""
    steps: Iterable[Step] = ()
    """A proof for each pair of consecutive *notes*, in their order; none in the scope ``log``."""
    workflows: Iterable[bytes] = ()
    """The canonical bytes of the definitions that the records name, in any order."""
    evidence: Mapping[str, Path] = field(default_factory=dict)
    """Files by their SHA-256, where they are asked for. A file must be named by a record in the bundle."""
    anchors: Mapping[str, bytes] = field(default_factory=dict)
    """Copies of time-stamp tokens and notes kept elsewhere, by a file name of ``A-Za-z0-9._-`` that says what and
    about which size, such as ``000000001024.tsr``."""
    identities: bool = False
    """Whether logins, names, e-mails and operating-system users go in; without it, such texts are left out here."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a bundle says of itself; nobody signs it."""

    log: str
    scope: Scope
    size: int
    """Of the tree of its checkpoint."""
    made: str
    flowgov: str
    """Version that wrote it."""
    files: Mapping[str, File]

    def body(self) -> bytes:
        """The manifest's canonical bytes."""
        return canonical(
            {
                "v": VERSION,
                "log": self.log,
                "scope": self.scope,
                "size": self.size,
                "made": self.made,
                "flowgov": self.flowgov,
                "files": {name: file._asdict() for name, file in self.files.items()},
            }
        )


def write(file: BinaryIO, contents: Contents) -> Manifest:
    """Write a bundle to *file*, from its present position on; *file* need not be seekable.

    The same contents give the same bytes, as long as the zlib is the same.

    Args:
        file: where it goes. The caller sees to it that a half-written file does not stay (`report.output.whole`).
        contents: what goes in. That it is complete and in order is the caller's duty; it is checked with assertions.

    Raises:
        AuditBroken: a file of evidence is not, or no longer, the one that was recorded.
    """
    notes = [(Checkpoint.parse(Note.parse(note).text), note) for note in contents.notes]
    newest = notes[-1][0]
    with ZipFile(file, "w", ZIP_DEFLATED) as archive:
        writer = _Writer(archive)
        writer.add("README.txt", [readme(contents.log, newest.size, contents.made).encode()])
        writer.add("verify.py", [verifier()])
        writer.add("checkpoint", [contents.notes[-1].encode()])
        for checkpoint, note in notes:
            assert checkpoint.size <= newest.size, "notes must be in the order of their sizes"
            writer.add(f"checkpoints/{checkpoint.size:012d}.note", [note.encode()])
        _write_records(writer, contents, newest.size)
        for body in sorted(set(contents.workflows), key=_hash):
            writer.add(f"workflows/{_hash(body)}.json", [body])
        for name, path in sorted(contents.evidence.items()):
            _write_evidence(writer, name, path)
        for name, data in sorted(contents.anchors.items()):
            writer.add(f"anchors/{name}", [data])
        manifest = Manifest(contents.log, contents.scope, newest.size, contents.made, __version__, {**writer.files})
        writer.add("manifest.json", [manifest.body()])
    return manifest


def readme(log: str, size: int, made: str) -> str:
    """What a bundle is and how it is checked, in every language."""
    return "\n\n".join(text("bundle.readme", lang, log=log, size=size, made=made) for lang in LANGUAGES) + "\n"


def verifier() -> bytes:
    """The source of the program that checks a bundle."""
    return resources.files("flowgov.audit").joinpath("offline.py").read_bytes()


class _Writer:
    """Adds files to a ZIP and keeps what the manifest will say of them."""

    def __init__(self, archive: ZipFile) -> None:
        self._archive = archive
        self.files: dict[str, File] = {}

    def add(self, name: str, chunks: Iterable[bytes]) -> File:
        assert _NAME(name), f"a bundle has no place for a file named {name!r}"
        assert name not in self.files, f"{name} is there already"
        info = ZipInfo(name, _FIRST_DAY)
        info.compress_type, info.create_system, info.external_attr = ZIP_DEFLATED, 3, 0o644 << 16
        digest, size = sha256(), 0
        with self._archive.open(info, "w", force_zip64=name.endswith(".jsonl")) as file:
            for chunk in chunks:
                digest.update(chunk)
                size += len(chunk)
                file.write(chunk)
        self.files[name] = File(digest.hexdigest(), size)
        return self.files[name]


def _write_records(writer: _Writer, contents: Contents, size: int) -> None:
    """The records in one pass; what belongs to other files waits outside of memory until its turn comes."""
    whole = contents.scope == "log"
    with _spool() as proofs, _spool() as texts:
        writer.add("records.jsonl", _records(contents, size, proofs, texts))
        if not whole:
            writer.add("proofs.jsonl", _rewound(proofs))
            writer.add("consistency.jsonl", map(_step_line, contents.steps))
        writer.add("texts.jsonl", _rewound(texts))


def _records(contents: Contents, size: int, proofs: IO[bytes], texts: IO[bytes]) -> Iterator[bytes]:
    whole, last = contents.scope == "log", -1
    for entry in contents.entries:
        assert last < entry.idx < size, "records must be in the order of the tree, and covered by the checkpoint"
        assert not whole or entry.idx == last + 1, "a bundle of the whole log must have every record"
        last = entry.idx
        yield entry.body + b"\n"
        if not whole:
            proofs.write(_line({"idx": entry.idx, "path": _base64s(entry.path)}))
        for beside in sorted(entry.texts, key=lambda one: one.field):
            if contents.identities or beside.field not in IDENTITY:
                texts.write(_line({**beside._asdict(), "salt": b64encode(beside.salt).decode()}))
    assert not whole or last + 1 == size, "a bundle of the whole log must have every record"


def _step_line(step: Step) -> bytes:
    return _line({"old": step.old, "new": step.new, "path": _base64s(step.path)})


def _line(value: object) -> bytes:
    return canonical(value) + b"\n"


def _base64s(path: Sequence[bytes]) -> list[str]:
    return [b64encode(hash_).decode() for hash_ in path]


def _spool() -> SpooledTemporaryFile[bytes]:
    return SpooledTemporaryFile(_IN_MEMORY)


def _rewound(file: IO[bytes]) -> Iterator[bytes]:
    file.seek(0)
    while chunk := file.read(_CHUNK):
        yield chunk


def _write_evidence(writer: _Writer, name: str, path: Path) -> None:
    with path.open("rb") as file:
        found = writer.add(f"evidence/{name}", _rewound(file))
    if found.sha256 != name:
        raise AuditBroken("evidence", path=str(path), sha256=name)


def _hash(body: bytes) -> str:
    return sha256(body).hexdigest()


# --- reading ---------------------------------------------------------------------------------------------------


@contextmanager
def opened(path: Path) -> Iterator[Bundle]:
    """The bundle at *path*, for reading; everything is read as a stream, from a file that is not trusted.

    Raises:
        BadInput: it is no bundle, is damaged or a bomb, or holds a file that a bundle has no place for, or one twice.
        AuditBroken: a file is not the one that the manifest lists (also later, when the end of that file is reached).
    """
    with _readable(path):
        archive = ZipFile(path)
    with archive:
        yield Bundle(path, archive)


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """What a damaged ZIP makes its readers raise, as ours."""
    try:
        yield
    except (BadZipFile, zlib.error, EOFError, ValueError, KeyError, NotImplementedError, OSError) as error:
        raise BadInput("bundle_unreadable", path=str(path)) from error


class Bundle:
    """A bundle that is read. Each method reads from the file anew; nothing is kept but the manifest."""

    def __init__(self, path: Path, archive: ZipFile) -> None:
        """Made by `opened`."""
        self._path, self._archive = path, archive
        self._check_entries()
        self.manifest = self._read_manifest()
        """What the bundle says of itself."""
        self._check_names()

    def checkpoint(self) -> str:
        """The newest signed note."""
        return self._read("checkpoint").decode()

    def notes(self) -> Iterator[str]:
        """Every signed note, oldest first."""
        for name in self._folder("checkpoints"):
            yield self._read(name).decode()

    def records(self) -> Iterator[Entry]:
        """The records in the order of the tree, with their proofs where the scope has them, without texts."""
        with closing(self._lines("records.jsonl")) as bodies:
            if self.manifest.scope == "log":
                yield from (Entry(idx, body) for idx, body in enumerate(bodies))
                return
            with closing(self._lines("proofs.jsonl")) as proofs:
                for body, line in zip_longest(bodies, proofs, fillvalue=b""):
                    if not body:
                        raise AuditBroken("bundle_file", path=str(self._path), name="records.jsonl")
                    idx, path = self._made("proofs.jsonl", line, _proof)
                    yield Entry(idx, body, path)

    def steps(self) -> Iterator[Step]:
        """The proofs between consecutive checkpoints; none in the scope ``log``."""
        if self.manifest.scope != "log":
            with closing(self._lines("consistency.jsonl")) as lines:
                yield from (self._made("consistency.jsonl", line, _step) for line in lines)

    def texts(self) -> Iterator[Beside]:
        """The texts disclosed, in the order of their records."""
        with closing(self._lines("texts.jsonl")) as lines:
            yield from (self._made("texts.jsonl", line, _beside) for line in lines)

    def workflows(self) -> Iterator[tuple[str, bytes]]:
        """The definitions by hash."""
        for name in self._folder("workflows"):
            yield name.partition("/")[2].removesuffix(".json"), self._read(name)

    def anchors(self) -> Iterator[tuple[str, bytes]]:
        """Copies of what was kept elsewhere, by file name."""
        for name in self._folder("anchors"):
            yield name.partition("/")[2], self._read(name)

    def evidence(self) -> Iterator[str]:
        """The hashes of the files of evidence."""
        for name in self._folder("evidence"):
            yield name.partition("/")[2]

    def copy_evidence(self, sha256_hex: str, target: BinaryIO) -> None:
        """Write one file of evidence to *target*; complete and checked only once this has returned."""
        for chunk in self._chunks(f"evidence/{sha256_hex}"):
            target.write(chunk)

    def _check_entries(self) -> None:
        entries = self._archive.infolist()
        unpacked, packed = sum(entry.file_size for entry in entries), self._path.stat().st_size
        if unpacked > max(MOST_UNPACKED, MOST_RATIO * packed):
            raise BadInput("bundle_too_large", path=str(self._path), size=unpacked)
        seen: set[str] = set()
        for entry in entries:
            # the name as it is written: what Python makes of it ends at a zero byte
            name = entry.orig_filename
            if name in seen or not _NAME(name):
                raise BadInput("bundle_name", path=str(self._path), name=ascii(name)[1:-1])
            if entry.flag_bits & 1 or entry.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
                raise BadInput("bundle_unreadable", path=str(self._path))
            seen.add(name)

    def _read_manifest(self) -> Manifest:
        name = "manifest.json"
        if name not in self._archive.namelist():
            raise BadInput("bundle_unreadable", path=str(self._path))
        with _readable(self._path):
            value = json.loads(self._archive.read(self._small(name)))
        if not isinstance(value, dict) or value.pop("v", None) != VERSION or value.get("scope") not in SCOPES:
            raise BadInput("bundle_version", path=str(self._path), known=VERSION)
        try:
            files = {file: File(**said) for file, said in value.pop("files").items()}
            return Manifest(files=files, **value)
        except (TypeError, KeyError, AttributeError) as error:
            raise BadInput("bundle_unreadable", path=str(self._path)) from error

    def _check_names(self) -> None:
        present = set(self._archive.namelist()) - {"manifest.json"}
        required = _ALWAYS if self.manifest.scope == "log" else _ALWAYS | _PROOFS
        for name in sorted(present ^ self.manifest.files.keys() | required - present):
            raise AuditBroken("bundle_file", path=str(self._path), name=name)

    def _folder(self, folder: str) -> list[str]:
        return sorted(name for name in self.manifest.files if name.startswith(f"{folder}/"))

    def _read(self, name: str) -> bytes:
        self._small(name)
        return b"".join(self._chunks(name))

    def _small(self, name: str) -> str:
        size = self._archive.getinfo(name).file_size
        if size > LARGEST_FILE:
            raise BadInput("bundle_too_large", path=str(self._path), size=size)
        return name

    def _chunks(self, name: str) -> Generator[bytes, None, None]:
        digest = sha256()
        with _readable(self._path), self._archive.open(name) as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
                yield chunk
        self._check_digest(name, digest.hexdigest())

    def _lines(self, name: str) -> Generator[bytes, None, None]:
        digest = sha256()
        with _readable(self._path), self._archive.open(name) as file:
            while line := file.readline(LONGEST_LINE):
                digest.update(line)
                if not line.endswith(b"\n"):
                    raise AuditBroken("bundle_file", path=str(self._path), name=name)
                yield line[:-1]
        self._check_digest(name, digest.hexdigest())

    def _check_digest(self, name: str, digest: str) -> None:
        if self.manifest.files[name] != File(digest, self._archive.getinfo(name).file_size):
            raise AuditBroken("bundle_file", path=str(self._path), name=name)

    def _made(self, name: str, line: bytes, make: Callable[[Any], _Value]) -> _Value:
        """What *make* makes of a line of JSON."""
        try:
            return make(json.loads(line))
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise AuditBroken("bundle_file", path=str(self._path), name=name) from error


def _step(value: Any) -> Step:
    return Step(value["old"], value["new"], _hashes(value["path"]))


def _proof(value: Any) -> tuple[int, list[bytes]]:
    return value["idx"], _hashes(value["path"])


def _beside(value: Any) -> Beside:
    return Beside(**{**value, "salt": b64decode(value["salt"], validate=True)})


def _hashes(path: Any) -> list[bytes]:
    return [b64decode(one, validate=True) for one in path]
