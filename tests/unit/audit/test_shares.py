"""What several processes hand each other while they verify one log: it arrives as it left, or is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from flowgov.audit.finding import MOST_KEPT, Finding, Findings
from flowgov.audit.notice import Notice
from flowgov.audit.shares import (
    EVERYTHING,
    AnswerError,
    Part,
    Share,
    decoded,
    encoded,
    plain_part,
    plain_share,
    read_part,
    read_share,
)


def part() -> Part:
    """One of everything."""
    findings, orphans = Findings(), Findings()
    findings.add("LEAF_MODIFIED", "prj:1", 7, "CRM", 2, 40, idx=40, hash=b"\x00\xff")
    findings.add("GUARD_MISSING", trigger="t")
    orphans.add("DISCLOSURE_ORPHAN", "prj:1", 9, chain=2**63, field="title")
    return Part(
        records=5,
        chains=4,
        projects=3,
        unearthed=2,
        redacted=1,
        judged=frozenset({("prj:1", 2), ("prj:1", 1)}),
        lost=frozenset({("prj:2", 3)}),
        findings=findings,
        orphans=orphans,
        notices=(Notice("LONG_GAP", 2, "prj:1", 4, {"days": 31}), Notice("REDACTED", 1)),
    )


def travelled(answer: Part) -> Part:
    return read_part(decoded(encoded(plain_part(answer))))


def answer(**changes: Any) -> dict[str, Any]:
    """A whole answer as it arrives, with something changed."""
    return {**decoded(encoded(plain_part(part()))), **changes}


def found(**changes: Any) -> dict[str, Any]:
    """Findings as they arrive, with something changed."""
    plain: dict[str, Any] = answer()["findings"]
    return {**plain, **changes}


def test_a_part_arrives_as_it_left() -> None:
    assert travelled(part()) == part()


def test_a_part_without_findings_arrives_as_it_left() -> None:
    nothing = Part(0, 0, 0, 0, 0, frozenset(), frozenset(), Findings(), Findings(), ())

    assert travelled(nothing) == nothing


def test_findings_beyond_those_kept_are_counted_on_the_way() -> None:
    many = part()
    for _ in range(MOST_KEPT + 5):
        many.findings.add("GUARD_MISSING", trigger="t")

    assert (travelled(many), travelled(many).findings.count) == (many, MOST_KEPT + 7)


def test_an_answer_is_one_line() -> None:
    many = part()
    many.findings.add("BAD_TYPE", "prj:1", 7, field="a\nb\u2028")

    assert "\n" not in encoded(plain_part(many))
    assert " " not in encoded({"a": [1, 2]})


@pytest.mark.parametrize("share", [EVERYTHING, Share(3, 7, ("prj:1", 9), "prj:4")])
def test_a_share_arrives_as_it_left(share: Share) -> None:
    assert read_share(decoded(encoded({"share": plain_share(share)}))["share"]) == share


def test_everything_is_one_share() -> None:
    assert Share(0, 0, ("", 0), None) == EVERYTHING


@pytest.mark.parametrize(
    ("line", "why"),
    [("", "not JSON"), ("{", "not JSON"), (b"\xff", "not JSON"), ("[]", "not an object"), ("null", "not an object")],
)
def test_what_is_no_answer_is_refused(line: str | bytes, why: str) -> None:
    with pytest.raises(AnswerError, match=why):
        decoded(line)


def test_bytes_that_cannot_be_read_are_no_answer() -> None:
    with pytest.raises(AnswerError):
        decoded(json.dumps({"a": {"\x00bytes": "xyz"}}))


def test_an_object_that_is_more_than_bytes_stays_an_object() -> None:
    assert decoded(json.dumps({"a": {"\x00bytes": "00", "b": 1}})) == {"a": {"\x00bytes": "00", "b": 1}}


def test_a_value_that_json_has_no_form_for_is_a_bug() -> None:
    with pytest.raises(TypeError, match="of type set"):
        encoded({1, 2})


BROKEN: dict[str, dict[str, Any]] = {
    "a count is missing": {k: v for k, v in answer().items() if k != "records"},
    "a count is negative": answer(chains=-1),
    "a count is no number": answer(projects="3"),
    "a count is true": answer(redacted=True),
    "the findings are missing": {k: v for k, v in answer().items() if k != "findings"},
    "the findings are none": answer(findings=None),
    "a code nobody knows": answer(findings=found(kept=[["INVENTED", None, None, None, {}]] * 2)),
    "a notice nobody knows": answer(notices=[["INVENTED", 1, None, None, {}]]),
    "a notice with too much": answer(notices=[["REDACTED", 1, None, None, {}, 1]]),
    "a target without a place": answer(judged=[["prj:1"]]),
    "a place that is none": answer(lost=[["prj:1", "x"]]),
    "fewer findings than counted": answer(findings=found(count=3)),
    "more findings than counted": answer(findings=found(count=1)),
    "a first finding without a place": answer(findings=found(place=None)),
    "a place without a first finding": answer(findings=found(first=None)),
    "a chain below the first": answer(findings=found(place=[-1, 7])),
    "a lowest that is none": answer(findings=found(lowest="x")),
    "a finding with too little": answer(findings=found(first=["GUARD_MISSING"])),
}


@pytest.mark.parametrize("broken", BROKEN)
def test_an_answer_that_is_something_else_is_refused(broken: str) -> None:
    with pytest.raises(AnswerError, match="not the walk of a share"):
        read_part(BROKEN[broken])


def test_an_answer_that_nobody_changed_is_not_refused() -> None:
    assert read_part(answer()) == part()


def test_a_finding_about_no_record_travels_without_one() -> None:
    alone = part()
    alone.findings = Findings()
    alone.findings.add("GUARD_MISSING", trigger="t")

    arrived = travelled(alone).findings

    assert (arrived.kept, arrived.first) == ([Finding("GUARD_MISSING", None, None, None, {"trigger": "t"})], None)
