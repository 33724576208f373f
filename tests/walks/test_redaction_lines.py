"""Free texts beside lines of registers: removed for ever, whatever the register, and the log still verifies."""

from __future__ import annotations

import pytest
from tests.walks.company import staffed_crm

from flowgov import Engine
from flowgov.acts import entering
from flowgov.acts.entering import go_in, take_up
from flowgov.acts.unit import Unit, write
from flowgov.audit.entry_shapes import ENTRIES
from flowgov.dossier.entry import Entry
from flowgov.keeper import LIBRARY
from flowgov.registers.register import Register
from flowgov.store import entries_of

SECRET = "Madame Untel, 06 12 34 56 78"
TEXTS = [
    (kind, field) for kind, shape in sorted(ENTRIES.items()) for field in sorted({*shape.texts, *shape.texts_required})
]
LACKING = {"RECORD_MALFORMED", "BAD_TYPE", "RULE_VIOLATION", "ROLE_VIOLATION"}
"""The lines made here say nothing but their texts, which verification tells, and is another matter."""


def enter(engine: Engine, kind: str, field: str) -> Entry:
    """A line of that register, with a text."""

    def act(unit: Unit) -> Entry:
        if ENTRIES[kind].chain == "org":
            office = go_in(unit, "htallec")
            grant = office.administrator
            assert grant is not None
            return office.enter(kind, "K-1", ENTRIES[kind].acts[0], {}, {field: SECRET}, grant=grant)
        folder = take_up(unit, "CRM", "kbenali")
        return folder.enter(kind, "K-1", ENTRIES[kind].acts[0], {}, {field: SECRET}, folder.acting())

    return write(engine._house, act, LIBRARY)


@pytest.fixture(autouse=True)
def _unchecked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines that say nothing can be entered."""
    monkeypatch.setattr(entering, "ENTRIES", {})


@pytest.mark.parametrize(("kind", "field"), TEXTS)
def test_t32_a_text_of_any_register_can_be_removed_for_ever(engine: Engine, kind: str, field: str) -> None:
    staffed_crm(engine)
    entry = enter(engine, kind, field)
    project = None if ENTRIES[kind].chain == "org" else "CRM"

    engine.redact(project, entry.seq, field, reason="It named somebody", by="htallec")

    shown = Register(engine._house)._read(lambda connection: entries_of.of_kind(connection, kind))
    codes = {finding.code for finding in engine.verify().findings}
    assert ([one.texts for one in shown], codes - LACKING) == ([{}], set())


def test_whoever_looks_at_registers_by_their_shapes_finds_some() -> None:
    assert {"charter", "acknowledgement"} <= ENTRIES.keys()
