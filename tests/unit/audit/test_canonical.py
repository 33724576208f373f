"""On the restricted profile, our canonical bytes are the RFC 8785 form (THREATS T31)."""

from __future__ import annotations

import json

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from flowgov.audit.kinds import within_profile
from flowgov.canonical import DEEPEST, LARGEST_INTEGER, Json, canonical, misfit

KEYS = st.text("abcdefghijklmnopqrstuvwxyz0123456789_", min_size=1)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-LARGEST_INTEGER, LARGEST_INTEGER)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=20,
)


@given(VALUES)
def test_our_bytes_are_those_of_rfc_8785(value: Json) -> None:
    assert canonical(value) == rfc8785.dumps(value)  # type: ignore[arg-type]  # the same type under another name


@given(VALUES)
def test_what_is_read_back_gives_the_same_bytes(value: Json) -> None:
    assert canonical(json.loads(canonical(value))) == canonical(value)


@pytest.mark.parametrize(
    "value",
    [1.0, LARGEST_INTEGER + 1, {"É": 1}, {"a b": 1}, {1: 1}, "\ud800", b"", [float("nan")], {"a": {"b": 1.5}}],
    ids=repr,
)
def test_what_leaves_the_profile_is_named(value: object) -> None:
    assert misfit(value) is not None


@given(VALUES)
def test_the_writer_and_the_verifier_agree_on_the_profile(value: Json) -> None:
    assert (misfit(value) is None) == within_profile(value, DEEPEST)
