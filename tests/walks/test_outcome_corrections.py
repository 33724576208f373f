"""A record of the past is never edited; a correcting record points to it."""

from __future__ import annotations

import pytest
from tests.walks.company import codes, staffed_crm

from flowgov import BadInput, Engine, NotFound, Refused


def held(engine: Engine) -> int:
    """Suspend CRM for a reason that is misspelt; the position of that record."""
    staffed_crm(engine)
    return engine.move("CRM", "hold", by="kbenali", reason="Waiting for Arco").seq


def test_a_correction_points_to_the_record_it_corrects(engine: Engine) -> None:
    seq = held(engine)
    before = engine.history("CRM")[seq - 1]

    engine.corrections.make("CRM", seq, field="reason", wording="Waiting for Alto", reason="Misheard", by="kbenali")

    found = engine.corrections.of("CRM")[0]
    told = (found.key, found.seq, found.hash, found.field, found.wording, found.reason, found.by)
    assert told == ("K-01", seq, before.hash, "reason", "Waiting for Alto", "Misheard", "kbenali")
    assert engine.history("CRM")[seq - 1] == before
    assert engine.verify().holds


def test_the_opening_of_the_project_can_be_corrected(engine: Engine) -> None:
    held(engine)

    engine.corrections.make("CRM", 1, wording="It was Erwan's idea", reason="For the file", by="ykerbrat")

    assert engine.corrections.of("CRM")[0].field is None
    assert engine.verify().holds


@pytest.mark.parametrize("by", ["htallec", "ebihan"])
def test_it_takes_a_role_that_acts_even_from_an_administrator(engine: Engine, by: str) -> None:
    seq = held(engine)

    with pytest.raises(Refused) as caught:
        engine.corrections.make("CRM", seq, wording="Never happened", reason="I say so", by=by)

    assert codes(caught.value.decision) == {"role_missing"}
    assert engine.history("CRM")[-1].event == "entry.refused"


@pytest.mark.parametrize(
    ("seq", "field", "reason"), [(99, None, "record"), (0, None, "record"), (1, "colour", "record_field")]
)
def test_there_is_no_such_record(engine: Engine, seq: int, field: str | None, reason: str) -> None:
    held(engine)

    with pytest.raises(NotFound) as caught:
        engine.corrections.make("CRM", seq, field=field, wording="x", reason="y", by="kbenali")

    assert caught.value.reason == reason


@pytest.mark.parametrize(("wording", "reason"), [("", "y"), ("x", " ")])
def test_it_says_what_and_why(engine: Engine, wording: str, reason: str) -> None:
    seq = held(engine)

    with pytest.raises(BadInput):
        engine.corrections.make("CRM", seq, wording=wording, reason=reason, by="kbenali")
