"""How verification judges the guards about charters and their acknowledgements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flowgov.audit.entries_people import CHARTER, charter_of, signing
from flowgov.audit.held import Judge, Judged


def charter_acknowledged(judged: Judged) -> Sequence[str]:
    """The newest charter is the one that followed at that moment, and everybody asked had acknowledged it."""
    replay, register, definition = judged.replay, judged.register, judged.definition
    issued = replay.entries.get(CHARTER)
    if issued is None:
        return ["charter_missing"]
    if not register.complete or replay.workflow is None:
        return []
    holders = register.holders(replay.id, judged.ts, judged.place, late="clock" in judged.document)
    expected = charter_of(definition, replay.workflow, holders, personal_data=replay.personal_data)
    if issued.facts["sha256"] != expected["sha256"]:
        return ["charter_outdated"]
    signed = judged.entries("acknowledgement")
    asked = signing(expected, definition.acting, register.services())
    done = {person for person, held in signed.items() if held.facts["charter"] == issued.n}
    return [] if asked <= done else ["charter_unacknowledged"]


JUDGES: Mapping[str, Judge] = {"charter_acknowledged": charter_acknowledged}
