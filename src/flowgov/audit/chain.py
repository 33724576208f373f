"""One chain of records, checked as bytes: form, columns, texts beside, order and links.

Shares only the hash functions with the code that writes: what is read here is parsed and encoded anew.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from flowgov.audit.fields import EVENTS, LARGEST_BODY, VERSION, Shape
from flowgov.audit.finding import Code, Findings
from flowgov.audit.hashing import commitment, leaf_digest
from flowgov.audit.kinds import LARGEST_INTEGER
from flowgov.audit.redaction import Beside, Redactions

Row = Sequence[Any]
"""A stored record: id, stream, seq, body, event, outcome, actor, ts, idem; its position in the global order, or
None; its place on the waiting list for one, or None; and the hash that stands at its position, or None."""
Texts = dict[str, tuple[Any, Any]]
"""The texts beside a record: field to salt and value."""
Document = dict[str, Any]

NO_TEXTS: Texts = {}

_COLUMNS = ("event", "outcome", "actor", "ts", "idem")
_AFTER_ALL = 2**62
_LONGEST_NUMBER = 17  # sixteen digits and a sign


class _OutsideProfileError(ValueError):
    """A number that the restricted profile of canonical JSON does not have."""


def _no_number(literal: str) -> None:
    raise _OutsideProfileError(literal)


def _integer(literal: str) -> int:
    if len(literal) > _LONGEST_NUMBER or abs(value := int(literal)) > LARGEST_INTEGER:
        raise _OutsideProfileError(literal)
    return value


_decode = json.JSONDecoder(parse_float=_no_number, parse_constant=_no_number, parse_int=_integer).raw_decode
_encode = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False, check_circular=False
).encode


class Chain:
    """Follows one stream from its first record to its last."""

    __slots__ = (
        "_broken_after",
        "_former_idx",
        "_last_idx",
        "_linked",
        "_log",
        "_row_id",
        "_waits",
        "findings",
        "former",
        "head",
        "idx",
        "key",
        "kind",
        "lost",
        "number",
        "redactions",
        "seq",
        "shaken",
        "stream",
        "troubled",
        "ts",
        "withheld",
    )

    def __init__(
        self,
        stream: str,
        number: int,
        log: str | None,
        findings: Findings,
        redactions: Redactions | None = None,
    ) -> None:
        """
        Args:
            stream: its name.
            number: its place in the order of the walk.
            log: the origin that every record must carry; None if it is not known yet: then the first one's.
            findings: where to note what does not hold.
            redactions: which texts were removed on record.
        """
        self.stream, self.number, self.findings = stream, number, findings
        self.kind = "prj" if stream.startswith("prj:") else stream
        self.redactions = redactions or Redactions(findings)
        self.seq, self.head, self.ts = 0, "", ""
        self.key: str | None = None
        """The project's key, once known."""
        self.lost = False
        """Whether records are missing or unreadable, so that a replay cannot be complete."""
        self.troubled = False
        """Whether the present record does not hold."""
        self.shaken = False
        """Whether the record before the present one does not hold; what follows from that is no news."""
        self.former = ""
        """What the present record says the hash of the one before was, where that is not its hash any more."""
        self._log = log
        self._linked = True
        self._broken_after: int | None = None
        self.withheld: frozenset[str] = frozenset()
        """Texts that are not with the records of this chain, and are not missed."""
        self.idx: int | None = None
        """Position of the present record in the global order; None while it waits for one."""
        self._former_idx: int | None = None
        self._waits = False
        self._last_idx = -1
        self._row_id = 0

    @property
    def place(self) -> int:
        """Where the present record stands among the records of all chains: writers that met took turns.

        By its position, which signatures cover; what waits for one comes after all of these, in the order of writing.
        """
        return self._row_id + _AFTER_ALL if self.idx is None else self.idx

    def find(self, code: Code, seq: int | None, **params: Any) -> None:
        """Note that something does not hold."""
        self.troubled = True
        before = seq is not None and seq < self.seq
        position = self._former_idx if before else self.idx
        self.findings.add(code, self.stream, seq, self.key, self.number, position, **params)

    def read(self, row: Row, texts: Texts) -> Document | None:
        """Check the next stored record; its content, or None where it cannot be understood or is out of place."""
        self.shaken, self.troubled, self.former = self.troubled, False, ""
        seq, body = row[2], row[3]
        if type(seq) is not int:
            self.lost, self._linked = True, False
            self.find("PROJECTION_MISMATCH", None, column="seq")
            return None
        place, idx = row[0], row[9]
        self._former_idx, self.idx = self.idx, idx if type(idx) is int else None
        # what nearly every record is like is asked here, without a call: there may be millions
        if seq == self.seq + 1 and type(place) is int and place > self._row_id:
            self._row_id = place
        else:
            self._follow(seq, place)
        if type(idx) is int and row[10] is None and idx > self._last_idx and not self._waits:
            self._last_idx = idx
        else:
            self._position(seq, idx, row[10])
        self.seq = seq
        document = self._parse(seq, body)
        hash_ = leaf_digest(body) if type(body) is bytes else b""
        if document is None:
            self.lost, self._linked, self._broken_after = True, False, None
        elif document["prev"] != self.head or not self._linked or self._broken_after is not None:
            self._link(seq, document["prev"])
        self.head = hash_.hex()
        if idx is not None and row[11] != hash_:
            self.find("LEAF_MODIFIED", seq, idx=idx)
        if document is None or not self._in_place(document, row):
            return None
        self._time(seq, document["ts"])
        if texts or "c" in document or EVENTS[document["event"]].texts_required:
            self._texts(seq, document, texts)
        return document

    def end(self, head: str | None) -> None:
        """The stream has no further records; *head* is the hash its row in the tables names."""
        self._settle(attested=head == self.head)
        if self.kind == "org":
            self.redactions.settle(self.find)

    def _follow(self, seq: int, place: Any) -> None:
        expected = self.seq + 1
        if seq > expected:
            self.find("SEQ_GAP", expected, until=seq - 1)
            self.lost, self._linked, self.shaken = True, False, True
        elif seq < expected:
            self.find("CHAIN_BROKEN", seq, about="twice")
            self.lost, self._linked = True, False
        if type(place) is not int or place <= self._row_id:
            self.find("PROJECTION_MISMATCH", seq, column="id")
        else:
            self._row_id = place

    def _position(self, seq: int, idx: Any, waits: Any) -> None:
        """A record has a position after its predecessor's, or waits for one, as all after it must."""
        if (idx is None) == (waits is None):
            self.find("LEAF_MISSING" if idx is None else "LEAF_DUPLICATE", seq)
        elif idx is None:
            self._waits = True
        else:  # `read` asked for everything else
            self.find("SEQUENCE_MISMATCH", seq, idx=idx)
        if self.idx is not None:
            self._last_idx = max(self._last_idx, self.idx)

    def _parse(self, seq: int, body: Any) -> Document | None:
        try:
            text = body.decode("utf-8")
            document, _ = _decode(text)
            again = _encode(document)
        except _OutsideProfileError:
            self.find("RECORD_NOT_CANONICAL", seq)
            return None
        except (AttributeError, ValueError, RecursionError):
            self.find("RECORD_UNPARSABLE", seq)
            return None
        if again != text:
            self.find("RECORD_NOT_CANONICAL", seq)
        return self._shaped(seq, document, len(body))

    def _shaped(self, seq: int, document: Any, size: int) -> Document | None:
        if type(document) is not dict or size > LARGEST_BODY:
            self.find("RECORD_MALFORMED", seq, about="body")
            return None
        if document.get("v") != VERSION:
            self.find("UNKNOWN_VERSION", seq, version=str(document.get("v")))
            return None
        event = document.get("event")
        shape = EVENTS.get(event) if type(event) is str else None
        if shape is None or shape.chain != self.kind:
            self.find("RECORD_MALFORMED", seq, field="event")
            return None
        return self._typed(seq, document, shape)

    def _typed(self, seq: int, document: Document, shape: Shape) -> Document | None:
        if not document.keys() >= shape.required:
            self.find("RECORD_MALFORMED", seq, field=min(shape.required - document.keys()))
            return None
        if not document.keys() <= shape.kinds.keys():
            unknown = sorted(document.keys() - shape.kinds.keys())
            self.find("UNKNOWN_FIELD", seq, field=unknown[0])
            document = {key: value for key, value in document.items() if key not in unknown}
        kinds = shape.kinds
        for key, value in document.items():
            kind = kinds[key]
            if type(value) is not kind and (type(kind) is type or not kind(value)):
                self.find("BAD_TYPE", seq, field=key)
                return None
        if document["outcome"] != shape.outcome:
            self.find("RECORD_MALFORMED", seq, field="outcome")
        return document

    def _link(self, seq: int, prev: str) -> None:
        self._settle(attested=prev == self.head)
        if self._linked and prev != self.head:
            self._broken_after, self.former, self.shaken = seq - 1, prev, True
        self._linked = True

    def _settle(self, *, attested: bool) -> None:
        """Say which side of a broken link was altered, now that it is known whether the later record is attested."""
        before, self._broken_after = self._broken_after, None
        if before is None:
            return
        if attested and before > 0:
            self.find("RECORD_MODIFIED", before, successor=before + 1)
        else:
            self.find("CHAIN_BROKEN", before + 1, former=before)

    def _in_place(self, document: Document, row: Row) -> bool:
        if self._log is None:
            self._log = document["log"]
        elif document["log"] != self._log:
            self.find("LOG_ID_MISMATCH", self.seq, log=document["log"])
        here = (document["stream"], document["seq"]) == (row[1], row[2])
        if not here:
            self.lost = True
            self.find("PROJECTION_MISMATCH", self.seq, column="stream, seq")
        idem = document.get("idem")
        said = (
            document["event"],
            document["outcome"],
            document["actor"],
            document["ts"],
            None if idem is None else idem["key"],
        )
        if said != tuple(row[4:9]):
            for column, ours, theirs in zip(_COLUMNS, said, row[4:9], strict=True):
                if ours != theirs:
                    self.find("PROJECTION_MISMATCH", self.seq, column=column)
        return here

    def _time(self, seq: int, ts: str) -> None:
        if ts < self.ts:
            self.find("TIME_BACKWARDS", seq, ts=ts, former=self.ts)
        self.ts = ts

    def _texts(self, seq: int, document: Document, texts: Texts) -> None:
        shape = EVENTS[document["event"]]
        committed = document.get("c", {})
        if not committed.keys() <= shape.texts or not committed.keys() >= shape.texts_required:
            self.find("RECORD_MALFORMED", seq, field="c")
        for field, expected in committed.items():
            if field in texts and not _commits(expected, field, *texts[field]):
                self.find("COMMITMENT_MISMATCH", seq, field=field)
        for field in texts.keys() - committed.keys():
            self.find("DISCLOSURE_ORPHAN", seq, field=field)
        self._removals(seq, document, frozenset(committed), texts)

    def _removals(self, seq: int, document: Document, fields: frozenset[str], texts: Texts) -> None:
        """Texts that are not there must have been removed on record."""
        beside = Beside(
            stream=self.stream,
            seq=seq,
            hash=self.head,
            place=self.place,
            actor=document["actor"],
            card=document["person"] if document["event"] == "person.added" else None,
            fields=fields - self.withheld,
            there=fields & texts.keys(),
        )
        if self.kind == "org":
            self.redactions.wait(beside)
        else:
            self.redactions.judge(beside, self.find)


def _commits(expected: str, field: str, salt: Any, value: Any) -> bool:
    if type(salt) is not bytes or type(value) is not str:
        return False
    try:
        return commitment(field, salt, value) == expected
    except UnicodeEncodeError:
        return False
