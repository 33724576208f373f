"""The two languages people read: looks sentences up in the catalogues, never builds them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from importlib import import_module
from typing import Literal, cast

Language = Literal["en", "fr"]
LANGUAGES: tuple[Language, ...] = ("en", "fr")
DEFAULT: Language = "en"

TOPICS = ("risk", "asset", "plan", "contract", "charter", "separation", "meeting", "time", "outcome")
"""Catalogues that hold every sentence about one matter, whatever its area."""

_catalogues: dict[tuple[str, str], Mapping[str, str]] = {}


def text(key: str, lang: Language = DEFAULT, /, **params: object) -> str:
    """The sentence *key* in *lang*, its ``{placeholders}`` filled from *params*.

    The part before the first dot names the catalogue (``error.conflict`` lives in
    ``catalogue/en_error.py``), unless the sentence is in the catalogue of a topic. Lists are shown as comma-separated
    items.

    Raises:
        KeyError: the catalogue has no such sentence, which is a bug.
    """
    sentence = _find(key, lang)
    if sentence is None:
        raise KeyError(key)
    return sentence.format_map({name: _shown(value) for name, value in params.items()})


def has(key: str, lang: Language = DEFAULT) -> bool:
    """Whether the catalogue of *lang* knows the sentence *key*."""
    return _find(key, lang) is not None


def catalogue(area: str, lang: Language) -> Mapping[str, str]:
    """All sentences of one area in one language, by key, those in the catalogues of topics included."""
    if area in TOPICS:
        return _module(area, lang)
    more = (_module(topic, lang).items() for topic in TOPICS)
    return {**_module(area, lang), **{k: v for items in more for k, v in items if k.startswith(f"{area}.")}}


def _find(key: str, lang: Language) -> str | None:
    # one after the other: most sentences are found in the first, and start-up counts
    places = (key.partition(".")[0], *TOPICS)
    return next((found for place in places if (found := _module(place, lang).get(key)) is not None), None)


def _module(name: str, lang: Language) -> Mapping[str, str]:
    found = _catalogues.get((name, lang))
    if found is None:
        module = import_module(f"flowgov.catalogue.{lang}_{name}")
        found = _catalogues[name, lang] = cast("Mapping[str, str]", module.MESSAGES)
    return found


def language(wanted: str | None = None, environ: Mapping[str, str] | None = None) -> Language:
    """The language to speak: *wanted* if given, else ``FLOWGOV_LANG``, else the locale's, else English."""
    environ = os.environ if environ is None else environ
    names = (wanted, *(environ.get(n) for n in ("FLOWGOV_LANG", "LC_ALL", "LC_MESSAGES", "LANG")))
    chosen = next((name for name in names if name), DEFAULT)
    return "fr" if chosen.lower().startswith("fr") else "en"


def _shown(value: object) -> object:
    if isinstance(value, list | tuple | set | frozenset):
        return ", ".join(str(item) for item in value)
    return value
