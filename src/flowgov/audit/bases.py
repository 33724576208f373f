"""What a decision was made on, computed again from what the chain says."""

from __future__ import annotations

import json
from collections.abc import Iterable
from hashlib import sha256
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flowgov.audit.replay import Replay

_PARTS = (("charter", "charter"), ("risk", "risks"))


def basis_of(replay: Replay, evidence: Iterable[str]) -> dict[str, str]:
    """Hashes of what stands: the project's fields, the evidence of these kinds, the charter and the risks."""
    found = {"project": _digest([replay.key, replay.workflow, replay.creator, replay.personal_data])}
    pieces = [[k, replay.newest[k].seq, replay.newest[k].sha256] for k in evidence if k in replay.newest]
    if pieces:
        found["evidence"] = _digest(pieces)
    for kind, part in _PARTS:
        lines = [[key, held.n, _text(held.facts)] for (of, key), held in replay.entries.items() if of == kind]
        if lines:
            found[part] = _digest(sorted(lines))
    return found


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _digest(value: Any) -> str:
    return sha256(_text(value).encode("utf-8")).hexdigest()
