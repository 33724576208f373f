"""What every report says of the log it was made from, and the checkpoint that it is printed with."""

from __future__ import annotations

import json
import shutil
from base64 import b64decode
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from tests.walks.report import year

from flowgov import Engine
from flowgov.audit import signing
from flowgov.audit.note import Checkpoint, Note
from flowgov.audit.seals import Copy, Outside
from flowgov.errors import MissingExtra
from flowgov.report.audit import write

Written = Callable[..., str]
JUNE = 52
"""Size of the newest checkpoint."""


@pytest.fixture
def dialect() -> str:
    """One database is enough: `test_report_golden` shows that both give the same report."""
    return "sqlite"


def report(engine: Engine, format: str = "json", **asked: Any) -> str:
    """A report on the year."""
    stream = StringIO(newline="")
    write(engine, start=year.START, until=year.UNTIL, format=format, stream=stream, **asked)  # type: ignore[arg-type]  # a format
    return stream.getvalue()


def told(engine: Engine, **asked: Any) -> Any:
    """The same as data."""
    return json.loads(report(engine, **asked))


def behind(url: str, *statements: str) -> None:
    """Change the database behind flowgov's back, its triggers out of the way."""
    database = create_engine(url)
    with database.begin() as connection:
        for (name,) in connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all():
            connection.execute(text(f'DROP TRIGGER "{name}"'))
        for statement in statements:
            connection.execute(text(statement))
    database.dispose()


def test_the_level_and_both_tails_stand_before_everything_else(written: Written) -> None:
    found = json.loads(written("json"))

    assert found["assurance"] == {"level": "L3", "unsigned": 1, "unanchored": 13}
    assert list(found).index("assurance") < list(found).index("figures")


@pytest.mark.parametrize(("format", "begins"), [("html", '<h2 id="contents">'), ("md", "## What was reported on")])
def test_the_level_and_both_tails_are_on_the_front(written: Written, format: str, begins: str) -> None:
    front = written(format).partition(begins)[0]

    said = ("L3 – anchored", "Records not signed yet", "Records not anchored")
    assert [word for word in said if word not in front] == []


def test_the_chapter_agrees_with_the_verdict(written: Written, lived: Engine) -> None:
    proved = lived.verify(outside=year.outside(lived)).proved

    said = json.loads(written("json"))["integrity"]

    counted = (said["positions"], said["waiting"], said["sealed"], said["anchored"], said["witnesses"])
    times = (said["sealed_until"], said["anchored_at"]["at"])
    assert counted == (proved.size, proved.waiting, proved.sealed, proved.anchored, proved.witnesses)
    assert times == (proved.sealed_ts, proved.anchored_at)


def test_the_newest_checkpoint_is_printed_with_its_cosignatures(written: Written, lived: Engine) -> None:
    printed = json.loads(written("json"))["checkpoint"]

    assert (printed["note"], printed["key"]) == (lived.newest_checkpoint(), lived.signing_keys()[-1])
    assert len(Note.parse(printed["note"]).signatures) == 2


def test_the_root_is_that_of_the_note(written: Written) -> None:
    found = json.loads(written("json"))

    checkpoint = Checkpoint.parse(Note.parse(found["checkpoint"]["note"]).text)

    assert b64decode(found["integrity"]["sealed_root"]) == checkpoint.root
    assert found["checkpoint"]["size"] == checkpoint.size == JUNE


def test_a_printed_checkpoint_anchors_the_next_verification(written: Written, lived: Engine) -> None:
    printed = Copy(json.loads(written("json"))["checkpoint"]["note"], "paper", "the report")

    found = told(lived, outside=Outside(keys=lived.signing_keys(), copies=(printed,), places=("paper",)))

    assert found["assurance"] == {"level": "L3", "unsigned": 1, "unanchored": 1}


def test_without_anything_from_outside_a_signed_log_is_no_more_than_consistent(lived: Engine) -> None:
    found = told(lived)

    assert (found["assurance"]["level"], found["integrity"]["sealed"]) == ("L1", JUNE)


def test_a_log_without_a_key_says_plainly_that_it_is_not_anchored(unsigned: Engine) -> None:
    page = report(unsigned, "html")

    assert "L1 – consistent but not anchored" in page
    assert "none: nothing was signed" in page
    assert page.count("<svg") == 2


def test_a_log_without_a_key_has_no_checkpoint(unsigned: Engine) -> None:
    found = told(unsigned)

    total = unsigned.verify().records
    assert found["checkpoint"] is None
    assert found["assurance"] == {"level": "L1", "unsigned": total, "unanchored": total}


def test_a_log_that_does_not_hold_says_which_state_still_does(lived: Engine, empty_url: str) -> None:
    note = lived.newest_checkpoint()
    forged = note.replace(note.splitlines()[2], "A" * 43 + "=")
    behind(empty_url, f"UPDATE flowgov_checkpoint SET note = '{forged}' WHERE size = {JUNE}")

    found = told(lived, outside=year.outside(lived))

    good = {"size": year.MARCH, "until": "2026-03-03T09:00:00.000000Z"}
    assert (found["assurance"]["level"], found["integrity"]["last_good"]) == ("L0", good)
    assert (found["checkpoint"]["size"], found["checkpoint"]["confirmed"]) == (year.MARCH, True)


def test_a_log_of_which_no_checkpoint_holds_prints_one_that_nothing_confirms(lived: Engine, empty_url: str) -> None:
    behind(empty_url, "UPDATE flowgov_checkpoint SET note = replace(note, ' RIbn', ' RIbo')")

    page, found = report(lived, "html"), told(lived)

    assert (found["checkpoint"]["confirmed"], found["integrity"]["last_good"]) == (False, "nothing_good")
    assert "was not confirmed by the verification" in page
    assert page.count("<svg") == 2


def test_where_signatures_cannot_be_checked_the_checkpoint_is_printed_as_not_confirmed(
    lived: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing() -> None:
        raise MissingExtra("sign", what="cryptography")

    monkeypatch.setattr(signing, "_ed25519", missing)

    page, found = report(lived, "html"), told(lived)

    assert (found["assurance"]["level"], found["checkpoint"]["confirmed"]) == ("L1", False)
    assert "pip install" in page
    assert page.count("<svg") == 2


def test_kept_copies_of_evidence_are_compared_where_the_folder_is_given(lived: Engine, tmp_path: Path) -> None:
    store, paper = tmp_path / "evidence", tmp_path / "test.txt"
    paper.write_text("passed", encoding="utf-8")
    lived.add_evidence("LOST", "test", by="kbenali", file=paper, store=store)
    shutil.rmtree(store)

    codes = {
        folder: [row["code"] for row in told(lived, store=folder)["tables"].get("findings", ())]
        for folder in (None, store)
    }

    assert codes == {None: [], store: ["EVIDENCE_MISSING"]}
