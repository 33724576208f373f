"""What records about dates may contain, and what verification asks of them."""

from __future__ import annotations

from collections.abc import Mapping

from flowgov.audit.held import EntryCheck, EntryShape, Rule
from flowgov.audit.kinds import day, group

SHAPES: Mapping[str, EntryShape] = {
    "date": EntryShape("prj", group({"day": day, "t": str, "move": int}), acts=("set",)),
}


def _date(check: EntryCheck) -> None:
    """A date is recorded by who made the move that gave it, as that move gave it, and once."""
    replay, facts = check.replay, check.facts
    assert replay is not None, "dates are a project's"
    if replay.passages.get(facts["t"], ())[:2] != [check.document["actor"], facts["move"]]:
        check.find("date_without_move")
    if replay.owed.dates.pop(check.document["key"], None) != facts["day"]:
        check.find("date_not_given")


RULES: Mapping[str, Rule] = {"date": _date}
