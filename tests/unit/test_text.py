"""What people may type.

Source: row T28 of the threat model (Unicode spoofing of names).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from flowgov.errors import BadInput
from flowgov.i18n import LANGUAGES, Language
from flowgov.text import (
    clean_evidence_kind,
    clean_login,
    clean_project_key,
    clean_text,
    visible,
)


@pytest.mark.parametrize(
    "value",
    [
        "Déploiement d'un CRM",
        "نظام إدارة العلاقات",
        "مدیریت می\u200cشود",
        "客户关系管理",
        "Πελάτες & Кᴏ",
        "Équipe 👩\u200d💻",
        "12\u00a0000\u202f€ : oui",
    ],
)
def test_any_script_can_be_written(value: str) -> None:
    assert clean_text(value, field="title", limit=120) == value


def test_an_accent_is_kept_in_one_form() -> None:
    assert clean_text("Re\u0301union", field="title", limit=120) == "R\u00e9union"


def test_spaces_around_a_text_are_not_kept() -> None:
    assert clean_text("  CRM \n", field="title", limit=120) == "CRM"


def test_a_note_may_have_several_lines() -> None:
    assert clean_text("one\r\n\ttwo", field="note", limit=120, multiline=True) == "one\n\ttwo"


@pytest.mark.parametrize(
    "character",
    [
        "\x00", "\x07", "\x1b", "\x7f", "\x85", "\n", "\t", "\r",
        "\u202a", "\u202e", "\u2066", "\u2069", "\u200e", "\u200f", "\u061c",
        "\u200b", "\u2060", "\ufeff", "\u00ad", "\u2028", "\u2029", "\ud800", "\ue000", "\U000e0041",
    ],
)  # fmt: skip
def test_a_character_that_hides_or_turns_text_is_refused_by_name(character: str) -> None:
    with pytest.raises(BadInput) as caught:
        clean_text(f"a{character}b", field="title", limit=120)

    told = (caught.value.reason, caught.value.data["field"], caught.value.data["character"])
    assert told == ("text_character", "title", f"U+{ord(character):04X}")


@pytest.mark.parametrize("value", ["", "   ", "\n"])
def test_a_text_that_says_nothing_is_refused(value: str) -> None:
    with pytest.raises(BadInput) as caught:
        clean_text(value, field="title", limit=120)

    assert caught.value.reason == "text_empty"


def test_a_text_that_is_too_long_is_refused() -> None:
    with pytest.raises(BadInput) as caught:
        clean_text("x" * 121, field="title", limit=120)

    told = (caught.value.reason, caught.value.data["limit"], caught.value.data["length"])
    assert told == ("text_too_long", 120, 121)


@pytest.mark.parametrize("login", ["alice", "a", "y.kerbrat", "bob-2", "0day", "a_b", "a" * 64])
def test_a_login_is_lower_case_ascii(login: str) -> None:
    assert clean_login(login) == login


@pytest.mark.parametrize(
    "login",
    ["", "Alice", "alice ", "аlice", "ali\u200bce", "-a", ".a", "a b", "é", "a\n", "a" * 65, "a@b", "１"],
)
def test_anything_else_is_no_login(login: str) -> None:
    with pytest.raises(BadInput) as caught:
        clean_login(login)

    assert caught.value.reason == "bad_login"


@pytest.mark.parametrize("key", ["CRM", "CRM-042", "7", "A.B_C", "X" * 32])
def test_a_project_key_is_upper_case_ascii(key: str) -> None:
    assert clean_project_key(key) == key


@pytest.mark.parametrize("key", ["", "crm", "CRM 42", "../CRM", "-CRM", "CRM/1", "СRM", "CRM\n", "X" * 33])
def test_anything_else_is_no_project_key(key: str) -> None:
    with pytest.raises(BadInput) as caught:
        clean_project_key(key)

    assert caught.value.reason == "bad_key"


@pytest.mark.parametrize("kind", ["Risk_review", "risk-review", "", "_a", "1a", "a" * 65, "risk review"])
def test_an_evidence_kind_is_written_like_an_id(kind: str) -> None:
    with pytest.raises(BadInput) as caught:
        clean_evidence_kind(kind)

    assert caught.value.reason == "bad_evidence_kind"


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(
    ("clean", "value"),
    [
        (clean_login, "Alice"),
        (clean_project_key, "crm"),
        (clean_evidence_kind, "Risk"),
        (partial(clean_text, field="title", limit=5), ""),
        (partial(clean_text, field="title", limit=5), "x" * 6),
        (partial(clean_text, field="title", limit=5), "a\u202eb"),
    ],
)
def test_a_refusal_says_in_both_languages_what_to_write_instead(
    clean: Callable[[str], str], value: str, lang: Language
) -> None:
    with pytest.raises(BadInput) as caught:
        clean(value)

    assert caught.value.message(lang) and caught.value.hint(lang)


def test_what_is_shown_on_a_terminal_cannot_steer_it() -> None:
    assert visible("a\x1b[2J\u202eb\ud800\n") == "a\\u001b[2J\\u202eb\\ud800\\u000a"


def test_what_is_shown_is_not_too_long() -> None:
    assert visible("x" * 5000) == "x" * 60 + "…"
