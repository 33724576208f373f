"""What is shared out when several processes verify one log, and how their answers travel: as JSON, one value a line.

The chains of projects are independent of each other once the organisation's was replayed. Whoever walks some of them
answers with what it would have noted, so that all answers together are the verdict that one process comes to.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, cast

from flowgov.audit.finding import CODES, MOST_KEPT, Finding, Findings
from flowgov.audit.notice import NOTICES, Notice
from flowgov.audit.redaction import Target

_BYTES = "\x00bytes"
"""Marks a value of a finding that JSON has no form for."""


class AnswerError(ValueError):
    """What another process answered is not what it was asked for."""


@dataclass(frozen=True, slots=True)
class Share:
    """Some of the streams, which follow one another."""

    number: int
    """Its place among the shares."""
    chains_before: int
    """How many chains the walk of the whole log meets before them."""
    after: tuple[str, int]
    """Stream and seq of the last record before them."""
    until: str | None
    """The last of them; None if they go to the end."""


EVERYTHING = Share(0, 0, ("", 0), None)


@dataclass(slots=True)
class Part:
    """What the walk of a share came to."""

    records: int
    chains: int
    projects: int
    unearthed: int
    redacted: int
    judged: frozenset[Target]
    """Removals on record that were compared with the record they are about."""
    lost: frozenset[Target]
    """Those that cannot be, because records of that chain are missing."""
    findings: Findings
    orphans: Findings
    """Texts that belong to no record; told after all chains."""
    notices: tuple[Notice, ...]
    lines: Iterable[bytes] = field(default=(), repr=False)
    """What goes into the digest over the ends of all chains."""


def encoded(value: Any) -> str:
    """One line of JSON, without the end of the line."""
    return json.dumps(value, default=_binary, separators=(",", ":"))


def decoded(line: str | bytes) -> dict[str, Any]:
    """
    Raises:
        AnswerError: the line is no JSON object.
    """
    try:
        found = json.loads(line, object_hook=_plain)
    except ValueError as error:
        raise AnswerError(f"not JSON: {line[:200]!r}") from error
    if type(found) is not dict:
        raise AnswerError(f"not an object: {line[:200]!r}")
    return found


def plain_share(share: Share) -> list[Any]:
    """*share*, for `encoded`."""
    return [share.number, share.chains_before, *share.after, share.until]


def read_share(found: Any) -> Share:
    """What `plain_share` made."""
    number, chains_before, stream, seq, until = found
    return Share(number, chains_before, (stream, seq), until)


def plain_part(part: Part) -> dict[str, Any]:
    """*part* without its lines, for `encoded`."""
    counts = {name: getattr(part, name) for name in _COUNTS}
    notices = [[n.code, n.count, n.stream, n.seq, n.params] for n in part.notices]
    return {
        **counts,
        "judged": sorted(part.judged),
        "lost": sorted(part.lost),
        "findings": _plain_findings(part.findings),
        "orphans": _plain_findings(part.orphans),
        "notices": notices,
    }


def read_part(found: Any) -> Part:
    """What `plain_part` made.

    Raises:
        AnswerError: it is something else.
    """
    try:
        records, chains, projects, unearthed, redacted = (_count(found[name]) for name in _COUNTS)
        return Part(
            records=records,
            chains=chains,
            projects=projects,
            unearthed=unearthed,
            redacted=redacted,
            judged=frozenset((str(stream), int(seq)) for stream, seq in found["judged"]),
            lost=frozenset((str(stream), int(seq)) for stream, seq in found["lost"]),
            findings=_findings(found["findings"]),
            orphans=_findings(found["orphans"]),
            notices=tuple(Notice(_known(code, NOTICES), *rest) for code, *rest in found["notices"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise AnswerError(f"not the walk of a share: {error!r}") from error


_COUNTS = ("records", "chains", "projects", "unearthed", "redacted")


def _plain_findings(found: Findings) -> dict[str, Any]:
    return {
        "count": found.count,
        "kept": [_plain_finding(finding) for finding in found.kept],
        "first": None if found.first is None else _plain_finding(found.first),
        "place": found.first_place,
        "lowest": found.lowest,
    }


def _plain_finding(finding: Finding) -> list[Any]:
    return [finding.code, finding.stream, finding.project, finding.seq, finding.params]


def _findings(found: Any) -> Findings:
    kept, count = [_finding(finding) for finding in found["kept"]], _count(found["count"])
    first, place = found["first"], found["place"]
    if len(kept) != min(count, MOST_KEPT) or (first is None) != (place is None):
        raise ValueError("counts of findings do not agree")
    lowest = None if found["lowest"] is None else int(found["lowest"])
    if first is None:
        return Findings(kept, count, lowest=lowest)
    chain, seq = place
    return Findings(kept, count, _finding(first), (_count(chain), int(seq)), lowest)


def _finding(found: Any) -> Finding:
    code, stream, project, seq, params = found
    return Finding(_known(code, CODES), stream, project, seq, dict(params))


def _known(code: Any, codes: tuple[Any, ...]) -> Any:
    if code not in codes:
        raise ValueError(f"unknown code {code!r}")
    return code


def _count(value: Any) -> int:
    if type(value) is not int or value < 0:
        raise ValueError(f"not a count: {value!r}")
    return value


def _binary(value: Any) -> dict[str, str]:
    if isinstance(value, bytes):
        return {_BYTES: value.hex()}
    raise TypeError(f"a finding's value of type {type(value).__name__}")


def _plain(found: dict[str, Any]) -> Any:
    return bytes.fromhex(cast("str", found[_BYTES])) if found.keys() == {_BYTES} else found
