"""The JSON Schema that editors complete from says the same as the loader."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from flowgov.workflow.shape import schema
from flowgov.workflow.shipped import shipped, shipped_text

MISSHAPEN = {
    "an unknown key": ("separation:", "budget: 7\nseparation:"),
    "an unknown key of a transition": ("en: Buy,", "en: Buy, due: 7,"),
    "a missing key": ("id: purchase\n", ""),
    "a missing label": (", fr: Achat}", "}"),
    "a wrong value": ("kind: final", "kind: finale"),
    "a wrong type": ("acts: false", "acts: no"),
    "a misshapen version": ("1.0.0", "one"),
    "a misshapen id": ("  auditor:", "  Auditor:"),
    "an empty list of roles": ("fire: [manager]", "fire: []"),
    "a minimum of nobody": ("min: 1", "min: 0"),
    "an empty label": ("en: Buyer", "en: ''"),
}


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(schema())

    assert schema()["$schema"] == "https://json-schema.org/draft/2020-12/schema"


@pytest.mark.parametrize("name", shipped())
def test_a_shipped_definition_fits_the_schema(name: str) -> None:
    document = parsed(shipped_text(name))

    assert list(Draft202012Validator(schema()).iter_errors(document)) == []


@pytest.mark.parametrize("name", MISSHAPEN)
def test_a_misshapen_definition_does_not_fit_the_schema(purchase: str, name: str) -> None:
    old, new = MISSHAPEN[name]
    assert old in purchase

    document = parsed(purchase.replace(old, new, 1))

    assert not Draft202012Validator(schema()).is_valid(document)


def test_every_key_is_explained_to_the_editor() -> None:
    definitions = [schema(), *schema()["$defs"].values()]

    keys = [item for each in definitions for item in each["properties"].items()]
    unexplained = [key for key, value in keys if not value.get("description")]

    assert unexplained == []


def parsed(text: str) -> Any:
    return YAML(typ="safe", pure=True).load(text)
