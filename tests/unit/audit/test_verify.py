"""What a whole verification says of a frozen log: what it read, what is worth knowing, and what it is told of."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.unit.audit.shelves import WITH_A_TREE, FrozenShelf

from flowgov.audit import verify as verification
from flowgov.audit.hashing import leaf_hash
from flowgov.audit.seals import Copy, Outside
from flowgov.audit.shares import Part, Share, decoded, encoded, plain_part, read_part
from flowgov.audit.tree import Tree
from flowgov.audit.verdict import Verdict
from flowgov.audit.verify import Start, Walk, verify


def newer() -> FrozenShelf:
    return FrozenShelf(WITH_A_TREE)


def notices(verdict: Verdict) -> dict[str, tuple[int, str | None, int | None]]:
    """Count and first place of every notice."""
    return {notice.code: (notice.count, notice.stream, notice.seq) for notice in verdict.notices}


def codes(verdict: Verdict) -> list[str]:
    return [finding.code for finding in verdict.findings]


# --- what was read --------------------------------------------------------------------------------------------------


def test_a_verdict_says_how_much_was_read() -> None:
    shelf = newer()

    verdict = verify(shelf)

    assert (verdict.records, verdict.chains, verdict.heads.projects) == (len(shelf.records), 3, 2)
    assert (verdict.since, verdict.redacted, verdict.first) == (None, 3, None)
    assert verdict.heads.organisation == shelf.tables["organisation"][0][-2]


def test_progress_is_told_after_every_page_and_ends_at_the_total() -> None:
    shelf, told = newer(), list[tuple[int, int]]()

    verify(shelf, lambda done, total: told.append((done, total)))

    assert [done for done, _ in told[:3]] == [7, 14, 21]
    assert {total for _, total in told} == {len(shelf.records)}
    assert (told[-1][0], sorted(told)) == (len(shelf.records), told)


def test_what_was_removed_on_record_and_what_left_for_archives_is_worth_knowing() -> None:
    found = notices(verify(newer()))

    assert (found["REDACTED"], found["ARCHIVED"]) == ((3, None, None), (2, None, None))


def test_a_clock_that_was_held_is_worth_knowing() -> None:
    shelf = newer()
    for place in (shelf.place("person.added"), shelf.place("project.moved"), shelf.place("project.moved", 2)):
        shelf.rewrite(place, clock="held")

    assert notices(verify(shelf))["CLOCK_HELD"] == (3, "org", shelf.records[shelf.place("person.added")][2])


def test_a_clock_that_was_held_in_a_project_is_told_by_the_projects_key() -> None:
    shelf = newer()
    place = shelf.place("project.opened")
    shelf.rewrite(place, clock="held")

    assert notices(verify(shelf))["CLOCK_HELD"] == (1, json.loads(shelf.records[place][3])["key"], 1)


def test_what_waits_for_a_position_and_is_gone_is_found() -> None:
    shelf = newer()
    shelf.gone = [999]

    [finding] = verify(shelf).findings

    assert (finding.code, finding.params) == ("RECORD_MISSING", {"about": "waiting", "row": 999})


@pytest.mark.parametrize("event", ["person.added", "project.opened", "project.moved"])
def test_a_record_of_another_log_is_found_in_every_chain(event: str) -> None:
    shelf = FrozenShelf()
    place = shelf.place(event)
    shelf.rewrite(place, log="flowgov/another")

    found = [(f.code, f.seq) for f in verify(shelf).findings]

    assert [one for one in found if one[0] == "LOG_ID_MISMATCH"] == [("LOG_ID_MISMATCH", shelf.records[place][2])]


def test_a_log_whose_first_record_cannot_be_read_takes_its_name_from_the_next() -> None:
    shelf = FrozenShelf()
    shelf.records[0] = (*shelf.records[0][:3], b"", *shelf.records[0][4:])

    found = codes(verify(shelf))

    assert ("RECORD_UNPARSABLE" in found, "LOG_ID_MISMATCH" in found) == (True, False)


def test_what_a_project_did_must_have_been_permitted() -> None:
    shelf = FrozenShelf()
    shelf.rewrite(shelf.place("project.moved"), to="deployed")

    assert "RULE_VIOLATION" in codes(verify(shelf))


def test_a_project_without_a_row_is_called_what_its_records_call_it() -> None:
    shelf = FrozenShelf()
    stream = shelf.records[shelf.place("project.opened")][1]
    key = json.loads(shelf.records[shelf.place("project.opened")][3])["key"]
    shelf.tables["project"] = [row for row in shelf.tables["project"] if f"prj:{row[0]}" != stream]

    assert ("PROJECT_MISSING", key) in {(f.code, f.project) for f in verify(shelf).findings}


def test_a_project_is_called_by_its_key_before_a_record_says_so() -> None:
    shelf = FrozenShelf()
    place = shelf.place("project.opened")
    key = json.loads(shelf.records[place][3])["key"]
    shelf.records[place] = (*shelf.records[place][:3], b"", *shelf.records[place][4:])

    assert ("RECORD_UNPARSABLE", key) in {(f.code, f.project) for f in verify(shelf).findings}


def test_a_chain_of_no_known_kind_is_told_as_such() -> None:
    shelf = FrozenShelf()
    shelf.records.append((999, "zzz", 1, *shelf.records[-1][3:]))

    assert ("zzz", "stream") in {(f.stream, f.params.get("about")) for f in verify(shelf).findings}


def test_a_notice_about_a_project_is_told_by_its_key() -> None:
    shelf = newer()
    place = shelf.place("project.moved", 4)
    row = shelf.records[place]
    shelf.records[place] = (*row[:7], "2030-01-01T00:00:00.000000Z", *row[8:])
    key = next(project[1] for project in shelf.tables["project"] if f"prj:{project[0]}" == row[1])

    next(project for project in shelf.tables["project"] if project[1] == key)[2] = "Another title"

    found = notices(verify(shelf, outside=Outside(now=datetime(2029, 1, 1, tzinfo=UTC))))

    assert found["FROM_THE_FUTURE"][1:] == (key, row[2])


def test_where_the_organisations_last_records_are_missing_what_projects_rely_on_may_be_among_them() -> None:
    shelf = FrozenShelf()
    first = shelf.records[shelf.place("exception.granted")][2]
    shelf.records = [row for row in shelf.records if row[1] != "org" or row[2] < first]

    found = {(f.code, f.params.get("about")) for f in verify(shelf).findings}

    assert ("TRUNCATED", None) in found
    assert ("RULE_VIOLATION", "departure") not in found


def test_a_redaction_of_a_record_that_never_was_is_found() -> None:
    shelf = newer()
    shelf.rewrite(shelf.place("text.redacted"), target={"stream": "prj:none", "seq": 1, "hash": "0" * 64})

    assert "redacts_nothing" in [f.params.get("about") for f in verify(shelf).findings]


# --- rows and texts beside the chains -------------------------------------------------------------------------------


def test_an_organisation_without_records_is_compared_with_its_row_all_the_same() -> None:
    shelf = FrozenShelf()
    shelf.records = [row for row in shelf.records if row[1] != "org"]
    shelf.texts = {place: text for place, text in shelf.texts.items() if place[0] != "org"}

    verdict = verify(shelf)

    assert ("TRUNCATED", "org", 1) in {(f.code, f.stream, f.seq) for f in verdict.findings}
    assert verdict.heads.organisation == ""


def test_an_organisation_without_a_row_is_found() -> None:
    shelf = FrozenShelf()
    shelf.tables["organisation"].clear()

    first = verify(shelf).findings[0]

    assert (first.code, first.stream, first.params) == ("PROJECT_MISSING", "org", {"about": "organisation"})


@pytest.mark.parametrize("stream", ["aaa", "prj:00000000-0000-7000-8000-000000000000", "zzz"])
def test_a_text_beside_no_record_is_found_wherever_it_lies_and_told_last(stream: str) -> None:
    shelf = FrozenShelf()
    shelf.texts[stream, 3, "title"] = (b"s" * 32, "A title")
    shelf.tables["person"].pop()

    last = verify(shelf).findings[-1]

    assert (last.code, last.stream, last.seq, last.params) == ("DISCLOSURE_ORPHAN", stream, 3, {"field": "title"})


def test_a_text_beside_no_record_is_never_the_first_that_breaks() -> None:
    shelf = FrozenShelf()
    shelf.texts["aaa", 3, "title"] = (b"s" * 32, "A title")
    shelf.rewrite(len(shelf.records) - 2, code="9")

    first = verify(shelf).first

    assert (first and first.code) == "RECORD_MODIFIED"


def test_the_row_of_an_archived_project_belongs_to_no_chain_and_is_not_missed() -> None:
    shelf = newer()
    strays = [id_ for _, id_ in shelf.strays()]

    assert (len(strays), verify(shelf).findings) == (1, ())


class Adrift(FrozenShelf):
    """A log with rows that are on no page, because they name no place in a chain."""

    def adrift(self) -> Iterable[tuple[str, int]]:
        return [("text", 2)]


def test_rows_that_name_no_place_in_a_chain_are_told_by_their_table_and_number() -> None:
    [finding] = verify(Adrift()).findings

    assert (finding.code, finding.stream, dict(finding.params)) == (
        "RECORD_MALFORMED",
        None,
        {"about": "adrift", "table": "text", "count": 2},
    )


def test_a_chain_is_followed_by_what_the_tables_say_of_its_own_project() -> None:
    """Pages end inside chains: the rows of the project that goes on must not be lost."""
    shelf = FrozenShelf()

    assert {row[1] for row in shelf.records[6:8]} == {"org"}
    assert verify(shelf).findings == ()


def test_the_digest_is_over_every_chains_end() -> None:
    shelf = newer()
    before = verify(shelf).heads.digest
    shelf.rewrite(len(shelf.records) - 1, code="9")

    assert verify(shelf).heads.digest != before


# --- evidence -------------------------------------------------------------------------------------------------------


def stored_once(shelf: FrozenShelf) -> str:
    """Make the first piece of evidence one whose copy is kept; its hash."""
    place = shelf.place("evidence.added")
    shelf.rewrite(place, sha256="ab" * 32, size=7, stored=True)
    return "ab" * 32


@pytest.mark.parametrize(
    ("state", "code"), [("whole", None), ("missing", "EVIDENCE_MISSING"), ("altered", "EVIDENCE_MODIFIED")]
)
def test_the_kept_copies_of_evidence_are_looked_at(state: Any, code: str | None) -> None:
    shelf, asked = newer(), list[str]()
    digest = stored_once(shelf)

    def files(sha256: str) -> Any:
        asked.append(sha256)
        return state

    found = [f for f in verify(shelf, files=files).findings if f.code.startswith("EVIDENCE")]

    assert (asked, [f.code for f in found]) == ([digest], [code] if code else [])
    assert all(f.params == {"sha256": digest} for f in found)


def test_without_the_folder_no_copy_is_missed() -> None:
    shelf = newer()
    stored_once(shelf)

    assert not [code for code in codes(verify(shelf)) if code.startswith("EVIDENCE")]


# --- archives -------------------------------------------------------------------------------------------------------


def test_an_archive_that_no_record_describes_is_found() -> None:
    shelf = newer()
    recorded = json.loads(shelf.records[shelf.place("log.archived")][3])["file"]
    shelf.files = [("old.fgarchive", recorded), ("other.fgarchive", "0" * 64)]

    [finding] = verify(shelf).findings

    assert (finding.code, finding.params) == ("ARCHIVE_MISMATCH", {"about": "file", "place": "other.fgarchive"})


def test_the_rows_of_archived_projects_are_compared_however_many_are_read_at_a_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(verification, "ARCHIVED_AT_A_TIME", 1)
    shelf = newer()
    [(_, id_)] = shelf.strays()
    next(row for row in shelf.tables["project"] if row[0] == id_)[5] = "deployed"

    assert codes(verify(shelf)) == ["ARCHIVE_MISMATCH"]


def test_records_of_an_archived_project_that_are_read_are_not_said_to_be_elsewhere() -> None:
    """Two records were moved; those of a project that is said to be archived are all here."""
    shelf = newer()
    here = shelf.records[shelf.place("project.opened")][1].removeprefix("prj:")
    shelf.rewrite(shelf.place("project.archived"), project=here)

    assert "ARCHIVED" not in notices(verify(shelf))


def test_of_records_that_were_moved_those_that_are_read_are_not_counted() -> None:
    shelf = newer()
    stream = shelf.records[shelf.place("project.opened")][1]
    shelf.rewrite(shelf.place("project.archived"), project=stream.removeprefix("prj:"))
    for leaf in shelf.tables["leaf"]:
        leaf[3] = 26

    here = sum(row[1] == stream for row in shelf.records)

    assert notices(verify(shelf))["ARCHIVED"] == (64 - here, None, None)


def test_a_name_at_the_terminal_is_not_missed_beside_records_from_an_archive() -> None:
    shelf = newer()
    place = shelf.place("project.opened")
    stream, seq = shelf.records[place][1:3]
    committed = json.loads(shelf.records[place][3]).get("c", {})
    shelf.rewrite(place, c={**committed, "os_user": next(iter(committed.values()))})
    missed = {(f.code, f.params.get("field")) for f in verify(shelf).findings if (f.stream, f.seq) == (stream, seq)}

    shelf.rewrite(shelf.place("project.archived"), project=stream.removeprefix("prj:"))
    archived = {(f.code, f.params.get("field")) for f in verify(shelf).findings if (f.stream, f.seq) == (stream, seq)}

    assert missed - archived == {("UNLOGGED_ERASURE", "os_user")}


# --- from a checkpoint on -------------------------------------------------------------------------------------------


def start(shelf: FrozenShelf, size: int) -> Start:
    tree = Tree()
    for row in shelf.tables["leaf"][:size]:
        tree.push(row[2])
    return Start(size, tree.root(), [hash_ for _, hash_ in tree._subtrees])


@pytest.mark.parametrize(("size", "chains"), [(55, 1), (12, 3), (0, 3)])
def test_from_a_checkpoint_on_only_what_grew_is_read(size: int, chains: int) -> None:
    shelf = newer()

    verdict = verify(shelf, since=start(shelf, size))

    assert (verdict.findings, verdict.since, verdict.chains) == ((), size, chains)
    assert (verdict.proved.size, verdict.proved.sealed) == (64, 64)
    assert (notices(verdict)["NOT_REREAD"][0], verdict.notices[-1].params) == (chains, {"size": size})


def test_a_checkpoint_that_is_believed_must_name_the_roots_it_is_made_of() -> None:
    shelf = newer()
    wrong = start(shelf, 55)

    verdict = verify(shelf, since=Start(55, b"x" * 32, wrong.subtrees))

    assert ("ROOT_MISMATCH", 55) in {(f.code, f.params.get("checkpoint")) for f in verdict.findings}


def test_a_copy_of_the_checkpoint_that_is_believed_is_an_anchor() -> None:
    shelf = newer()
    note = next(str(note) for size, note in shelf.checkpoints() if size == 64)

    verdict = verify(shelf, outside=Outside(copies=(Copy(note, "usb", "64"),)), since=start(shelf, 64))

    assert (verdict.findings, verdict.proved.anchored) == ((), 64)


def test_checkpoints_before_the_start_are_not_compared() -> None:
    shelf = newer()
    assert [size for size, _ in shelf.checkpoints()] == [12, 55, 56, 62, 64]

    verdict = verify(shelf, since=start(shelf, 56))

    assert verdict.findings == ()


def test_removals_of_chains_that_were_not_read_are_not_said_to_remove_nothing() -> None:
    shelf = newer()
    target = json.loads(shelf.records[shelf.place("text.redacted")][3])["target"]
    shelf.records = [row for row in shelf.records if row[1] in ("org", f"{target['stream']}x")]

    found = {f.params.get("about") for f in verify(shelf, since=start(shelf, 64)).findings}

    assert "redacts_nothing" not in found


# --- shared out -----------------------------------------------------------------------------------------------------


class Helping:
    """Walks the projects' chains, one a share, as another process would; tells half of what it has done."""

    def __init__(self, shelf: FrozenShelf) -> None:
        self._shelf, self._done = shelf, 0

    def done(self) -> int:
        return self._done

    def parts(self, between: Callable[[], None]) -> Iterator[Part]:
        walk = Walk(self._shelf)
        walk.organisation()
        streams = list(dict.fromkeys(row[1] for row in self._shelf.records if row[1] != "org"))
        last = {row[1]: row[2] for row in self._shelf.records}
        for number, stream in enumerate(streams):
            before, until = ["org", *streams][number], stream if stream != streams[-1] else None
            lines, share = list[bytes](), Share(number, number + 1, (before, last.get(before, 0)), until)
            part = walk.part(share, lines.append, self._has_done)
            between()
            self._done = 0
            whole = read_part(decoded(encoded(plain_part(part))))
            whole.lines = lines
            yield whole

    def _has_done(self, records: int, _: int) -> None:
        self._done = records


ALTERATIONS: dict[str, Callable[[FrozenShelf], object]] = {
    "nothing": lambda shelf: None,
    "a record of the organisation": lambda shelf: shelf.rewrite(shelf.place("person.added", 3), code="9"),
    "a record of a project": lambda shelf: shelf.rewrite(shelf.place("project.moved", 2), code="9"),
    "the last record of the last project": lambda shelf: shelf.records.pop(),
    "the first record of a project": lambda shelf: shelf.records.pop(shelf.place("project.opened", 2)),
    "a row of a project": lambda shelf: shelf.tables["project"].pop(),
    "a text": lambda shelf: shelf.texts.pop(next(place for place in shelf.texts if place[2] == "label")),
    "a text beside nothing": lambda shelf: shelf.texts.update({("aaa", 1, "title"): (b"", "x")}),
    "a clock that was held": lambda shelf: shelf.rewrite(shelf.place("project.moved", 2), clock="held"),
    "a project said to be archived": lambda shelf: shelf.rewrite(
        shelf.place("project.archived"), project=shelf.records[shelf.place("project.opened")][1].removeprefix("prj:")
    ),
    "a target that is another": lambda shelf: shelf.rewrite(
        shelf.place("text.redacted"), target={"stream": "prj:none", "seq": 1, "hash": "0" * 64}
    ),
}


@pytest.mark.parametrize("alteration", ALTERATIONS)
def test_a_log_that_is_shared_out_gets_the_verdict_of_one_process(alteration: str) -> None:
    shelf = newer()
    ALTERATIONS[alteration](shelf)

    alone, together = verify(shelf), verify(shelf, helpers=Helping(shelf))

    assert together == alone


def test_progress_counts_what_helpers_have_done() -> None:
    shelf, told = newer(), list[int]()

    verify(shelf, lambda done, _: told.append(done), helpers=Helping(shelf))

    assert (told[-2:], sorted(told)) == ([len(shelf.records)] * 2, told), "while helping, and once that was taken in"


def test_files_are_looked_at_by_whoever_walks_the_chain() -> None:
    shelf = newer()
    stored_once(shelf)
    walk = Walk(shelf, files=lambda _: "missing")
    walk.organisation()

    part = walk.part(Share(0, 1, ("org", 10**6), None), lambda _: None)

    assert "EVIDENCE_MISSING" in {finding.code for finding in part.findings.kept}


# --- keys -----------------------------------------------------------------------------------------------------------


def test_a_trusted_key_makes_the_verdict_sealed() -> None:
    shelf = newer()
    key = str(shelf.tables["organisation"][0][3])

    verdict = verify(shelf, outside=Outside(keys=(key,)))

    assert (verdict.level, verify(shelf).level) == ("sealed", "self_consistent")


def test_what_is_sealed_ends_before_the_first_record_that_does_not_hold() -> None:
    shelf = newer()
    place = shelf.place("text.redacted")
    idx = shelf.records[place][9]
    body = shelf.records[place][3]
    shelf.rewrite(place, code="9")

    proved = verify(shelf).proved

    assert leaf_hash(shelf.records[place][3]) != leaf_hash(body)
    assert (proved.size, proved.sealed) == (64, max(s for s, _ in shelf.checkpoints() if s <= idx))
