"""What is wrong with a definition can be said in both languages."""

from __future__ import annotations

import ast
import inspect
from string import Formatter

from flowgov.i18n import catalogue
from flowgov.workflow import check, check_duties, check_risk, check_time, load, mistake, read, shape

ENGLISH, FRENCH = catalogue("workflow", "en"), catalogue("workflow", "fr")


def test_both_languages_know_the_same_sentences() -> None:
    assert list(ENGLISH) == list(FRENCH)


def test_both_languages_fill_in_the_same_values() -> None:
    differing = [key for key in ENGLISH if placeholders(ENGLISH[key]) != placeholders(FRENCH[key])]

    assert differing == []


def test_every_mistake_says_what_to_do() -> None:
    hints = {key for key in ENGLISH if key.endswith(".hint")}

    mistakes = ENGLISH.keys() - hints - {"workflow.line", "workflow.did_you_mean"}

    assert {f"{key}.hint" for key in mistakes} == hints


def test_no_sentence_is_left_that_nothing_says() -> None:
    modules = (check, check_duties, check_risk, check_time, load, mistake, read, shape)
    said = {word for module in modules for word in words(inspect.getsource(module))}
    made = {f"{kind}_{noun}" for kind in ("duplicate", "undefined") for noun in NOUNS}

    unsaid = {key.removeprefix("workflow.").removesuffix(".hint") for key in ENGLISH} - said - made

    assert unsaid == {"did_you_mean"}


NOUNS = ("key", "role", "evidence", "state", "transition", "guard")


def placeholders(sentence: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name}


def words(source: str) -> set[str]:
    return {
        node.value
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
