"""Idempotency keys: a retried call gets the first receipt instead of acting twice.

A key is kept for ever, in the record it wrote, bound to the act, the caller and the arguments.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256
from itertools import takewhile
from typing import Any

from flowgov.acts.following import FOLLOWS
from flowgov.acts.receipts import of_record, on_behalf_of
from flowgov.acts.unit import Unit
from flowgov.audit.hashing import leaf_hash
from flowgov.canonical import canonical
from flowgov.errors import BadInput, IdempotencyMismatch
from flowgov.project import Receipt
from flowgov.store import records

LONGEST_KEY = 200


def fingerprint(act: str, actor: str, arguments: Mapping[str, Any]) -> str:
    """What an idempotency key is bound to."""
    return sha256(canonical([act, actor, dict(arguments)])).hexdigest()


def earlier(unit: Unit, mark: str | None, subject: str) -> Receipt | None:
    """The receipt of the call that used this unit's idempotency key before, if there was one.

    Raises:
        IdempotencyMismatch: that call was another act, by another caller, or had other arguments.
    """
    key = unit.idempotency_key
    if key is None:
        return None
    if not (0 < len(key) <= LONGEST_KEY and key.isprintable()):
        raise BadInput("bad_idempotency_key", limit=LONGEST_KEY)
    body = records.by_idempotency_key(unit.connection, key)
    if body is None:
        return None
    document = json.loads(body)
    if document["idem"]["args"] != mark:
        raise IdempotencyMismatch(key=key)
    delegator = on_behalf_of(unit.connection, document.get("auth", {}).get("for"))
    receipt = of_record(document, leaf_hash(body), subject, delegator)
    return replace(receipt, version=_version(unit, document)) if receipt.event == "project.moved" else receipt


def _version(unit: Unit, document: Mapping[str, Any]) -> int:
    """The project's version once what followed from a move was recorded with it."""
    after = records.after(unit.connection, document["stream"], document["seq"])
    followed = takewhile(lambda one: (one["event"], one.get("act")) in FOLLOWS, map(json.loads, after))
    return int(document["version"]) + sum(1 for _ in followed)
