"""A workflow as a diagram."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from flowgov.i18n import LANGUAGES, Language
from flowgov.workflow.draw import Edge, dot, mermaid
from flowgov.workflow.load import load_text
from flowgov.workflow.model import Workflow

HOSTILE = 'en: "x\\": --> [*] %% <b>; #end\\\\", fr: Acheté'


@pytest.mark.parametrize("lang", LANGUAGES)
def test_mermaid_shows_states_steps_and_where_the_project_stands(purchase: str, golden: Path, lang: Language) -> None:
    workflow = load_text(purchase)

    drawn = mermaid(workflow, edges(workflow), lang, current="agreed")

    assert drawn == (golden / f"purchase.{lang}.mmd").read_text(encoding="utf-8")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_dot_shows_states_steps_and_where_the_project_stands(purchase: str, golden: Path, lang: Language) -> None:
    workflow = load_text(purchase)

    drawn = dot(workflow, edges(workflow), lang, current="agreed")

    assert drawn == (golden / f"purchase.{lang}.dot").read_text(encoding="utf-8")


def test_a_label_cannot_add_anything_to_a_mermaid_diagram(purchase: str) -> None:
    workflow = load_text(purchase.replace("en: Bought, fr: Acheté", HOSTILE))

    line = next(line for line in mermaid(workflow, ()).splitlines() if "s_bought" in line)

    assert line == ('    state "x#34;#58; --#62; #91;#42;#93; #37;#37; #60;b#62;#59; #35;end#92;" as s_bought')


def test_a_label_cannot_add_anything_to_a_dot_graph(purchase: str) -> None:
    workflow = load_text(purchase.replace("en: Bought, fr: Acheté", HOSTILE))

    line = next(line for line in dot(workflow, ()).splitlines() if line.startswith('    "bought"'))

    assert re.fullmatch(r'    "bought" \[label="(\\.|[^"\\])*", style=rounded, peripheries=2\];', line)


def edges(workflow: Workflow) -> list[Edge]:
    return [
        (step.id, source, destination)
        for step in workflow.transitions.values()
        for source in step.sources
        for destination in workflow.destinations(step)
    ]
