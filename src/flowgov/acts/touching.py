"""Which assets a project touches: said by those who act on it, recorded again when it is deployed.

To say too much costs a test; to say too little gets round a guard. So anybody who acts may name an asset, and only the
asset's owner lets the project off.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from flowgov.acts.entering import Folder
from flowgov.dossier.assets import NONE, touched
from flowgov.errors import BadInput, NotFound
from flowgov.guards import Blocker
from flowgov.request import Grant
from flowgov.suggest import closest
from flowgov.text import LONGEST_TEXT, clean_text
from flowgov.workflow.model import GATES

if TYPE_CHECKING:
    from flowgov.acts.following import MoveMade

KIND = "touches"
DEPLOYED = "deployed"


def touch(folder: Folder, keys: Sequence[str]) -> None:
    """The project touches these assets.

    Raises:
        BadInput: no asset is named, or only such as it is known to touch.
        NotFound: there is no such asset, or it is retired.
        Refusal: the actor neither acts on the project nor opened it, or it is closed.
    """
    known = folder.entries(KIND)
    new = [key for key in folder.assets(keys) if key not in touched(known)]
    if not new:
        raise BadInput("nothing_to_touch", project=folder.facts.key)
    grant = _may_say(folder, new[0], "touch")
    if _says_none(folder):
        folder.enter(KIND, NONE, "release", {"touched": False, "deployed": None}, grant=grant)
    for key in new:
        before = known[key].facts["deployed"] if key in known else None
        folder.enter(KIND, key, "touch", {"touched": True, "deployed": before}, {"reason": ""}, grant)


def touch_none(folder: Folder, reason: str) -> None:
    """The project touches no registered asset.

    Raises:
        BadInput: there is no reason, or it is known to touch some.
        Refusal: the actor neither acts on the project nor opened it, or it is closed.
    """
    text = clean_text(reason, field="reason", limit=LONGEST_TEXT, multiline=True)
    assets = touched(folder.entries(KIND))
    if assets or _says_none(folder):
        raise BadInput("touches_some" if assets else "nothing_to_touch", project=folder.facts.key, assets=assets)
    grant = _may_say(folder, NONE, "touch")
    folder.enter(KIND, NONE, "touch", {"touched": True, "deployed": None}, {"reason": text}, grant)


def release(folder: Folder, key: str, reason: str) -> None:
    """The project does not touch an asset after all.

    Raises:
        BadInput: there is no reason.
        NotFound: it is not known to touch it.
        Refusal: the actor does not own the asset, or the project is closed.
    """
    text = clean_text(reason, field="reason", limit=LONGEST_TEXT, multiline=True)
    assets = touched(folder.entries(KIND))
    if key not in assets:
        raise NotFound("touch", name=key, project=folder.facts.key, known=assets, suggestions=closest(key, assets))
    owner = folder.shared("asset")[key].facts["owner"]
    blockers = folder.closed()
    if folder.actor != owner:
        blockers.append(Blocker("asset_not_owner", {"asset": key, "person": owner}))
    folder.stop(KIND, key, "release", *blockers)
    facts = {**folder.entries(KIND)[key].facts, "touched": False}
    folder.enter(KIND, key, "release", facts, {"reason": text}, folder.acting())


def record_deployment(folder: Folder, made: MoveMade) -> None:
    """A move that puts the project into service is recorded with every asset that it touches.

    What was rolled back is out of service, though its state belongs to the same step.
    """
    states, gate = folder.lifecycle.workflow.states, made.request.transition.kind in GATES
    source = states[made.source]
    in_service = source.stage == DEPLOYED and source.kind != "recovery"
    if not gate or in_service or states[made.target].stage != DEPLOYED:
        return
    lines = folder.entries(KIND)
    for key in touched(lines):
        folder.enter(KIND, key, "deploy", {**lines[key].facts, "deployed": made.sealed.ts[:10]})


def _says_none(folder: Folder) -> bool:
    line = folder.entries(KIND).get(NONE)
    return line is not None and bool(line.facts["touched"])


def _may_say(folder: Folder, key: str, act: str) -> Grant | None:
    return folder.need_concern(KIND, key, act, Blocker("touch_no_role", {}, folder.lifecycle.workflow.acting))
