"""Everything people read exists in both languages, and every code that is raised has its sentence.

The source is scanned, so that a reason added without its sentences is noticed before somebody meets it.
"""

from __future__ import annotations

import ast
import inspect
import string
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

import flowgov
from flowgov import errors
from flowgov.errors import FlowgovError
from flowgov.guards import Blocker
from flowgov.i18n import LANGUAGES, TOPICS, catalogue, has, language, text
from flowgov.store import failures
from flowgov.text import Problem

SOURCE = Path(flowgov.__file__).parent
AREAS = sorted({path.stem.partition("_")[2] for path in (SOURCE / "catalogue").glob("??_*.py")} - {*TOPICS})
ERRORS = [
    found
    for _, found in inspect.getmembers(errors, inspect.isclass)
    if issubclass(found, FlowgovError) and found is not FlowgovError
]


def placeholders(sentence: str) -> set[str]:
    """The names between braces."""
    return {field for _, field, _, _ in string.Formatter().parse(sentence) if field is not None}


def calls() -> Iterator[tuple[str, ast.Call, dict[str, set[str]]]]:
    """Every call in the source: what is called, the call, and the texts that the names around it can be."""
    for path in sorted(SOURCE.rglob("*.py")):
        nodes = [*ast.walk(ast.parse(path.read_text(encoding="utf-8")))]
        names: dict[str, set[str]] = {"problem": set(get_args(Problem))}
        for node in nodes:
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                names.setdefault(node.targets[0].id, set()).update(literals(node.value, {}))
        for node in nodes:
            if isinstance(node, ast.Call):
                yield getattr(node.func, "id", getattr(node.func, "attr", "")), node, names


def literals(node: ast.expr, names: dict[str, set[str]]) -> set[str]:
    """The texts an argument can be, as far as the source says them."""
    if isinstance(node, ast.IfExp):
        return literals(node.body, names) | literals(node.orelse, names)
    if isinstance(node, ast.Name):
        return names.get(node.id, set())
    if isinstance(node, ast.JoinedStr) and len(node.values) == 2 and isinstance(node.values[1], ast.FormattedValue):
        first, last = node.values[0], node.values[1].value
        return {f"{one}{other}" for one in literals(first, names) for other in literals(last, names)}
    return {node.value} if isinstance(node, ast.Constant) and isinstance(node.value, str) else set()


def raised() -> set[tuple[str, str | None, frozenset[str] | None]]:
    """(code, reason, names of the data) of every error made in the source; None for data built elsewhere."""
    codes = {found.__name__: found.code for found in ERRORS}
    tables = [(kind, reason) for _, kind, reason in failures._SQLITE] + [*failures._POSTGRESQL.values()]
    found: set[tuple[str, str | None, frozenset[str] | None]] = {
        (kind.code, reason, frozenset({"database"})) for kind, reason in tables
    }
    for name, call, names in calls():
        if name == "Decision" and call.args:
            kinds = literals(call.args[0], names)
            found |= {("move_refused" if kind == "move" else "refused", kind, None) for kind in kinds}
        if name not in codes or codes[name] in {"refused", "move_refused", "workflow_invalid"}:
            continue
        plain = all(keyword.arg for keyword in call.keywords)
        data = frozenset(str(keyword.arg) for keyword in call.keywords) if plain else None
        reasons = literals(call.args[0], names) if call.args else {None}
        found |= {(codes[name], reason, data) for reason in reasons}
    return found


def blockers() -> dict[str, set[str] | None]:
    """The codes of every Blocker made in the source, with the names of its parameters where they are written."""
    found: dict[str, set[str] | None] = {}
    for name, call, names in calls():
        if name == "Blocker" and call.args:
            params = call.args[1] if len(call.args) > 1 else None
            written = isinstance(params, ast.Dict)
            keys = {str(k.value) for k in params.keys if isinstance(k, ast.Constant)} if written else None  # type: ignore[union-attr]
            for code in literals(call.args[0], names):
                found[code] = keys
    return found


@pytest.mark.parametrize("area", AREAS)
def test_both_languages_say_the_same_things(area: str) -> None:
    english, french = catalogue(area, "en"), catalogue(area, "fr")

    differing = {
        key
        for key in english.keys() | french.keys()
        if placeholders(english.get(key, "{missing}")) != placeholders(french.get(key, "{missing}"))
    }
    assert differing == set()


@pytest.mark.parametrize("area", AREAS)
@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_sentence_is_filed_under_its_area(area: str, lang: str) -> None:
    assert [key for key in catalogue(area, lang) if not key.startswith(f"{area}.")] == []  # type: ignore[arg-type]


def test_every_error_that_is_raised_has_a_sentence_in_both_languages() -> None:
    keys = {f"error.{code}.{reason}" if reason else f"error.{code}" for code, reason, _ in raised()}

    assert sorted(key for key in keys for lang in LANGUAGES if not has(key, lang)) == []


def test_every_error_that_is_raised_carries_what_its_sentence_speaks_of() -> None:
    lacking = set()
    for code, reason, data in raised():
        key = f"error.{code}.{reason}" if reason else f"error.{code}"
        said = [catalogue("error", "en").get(k, "") for k in (key, f"{key}.hint")]
        wanted = {name for sentence in said for name in placeholders(sentence)}
        if data is not None and not wanted <= data:
            lacking.add((key, *sorted(wanted - data)))

    assert lacking == set()


def test_no_error_sentence_is_left_over() -> None:
    used = {f"error.{code}.{reason}" if reason else f"error.{code}" for code, reason, _ in raised()}

    source = "".join(path.read_text(encoding="utf-8") for path in SOURCE.rglob("*.py") if "catalogue" not in path.parts)

    keys = {key.removesuffix(".hint") for key in catalogue("error", "en")} - used
    assert {key for key in keys if f'{key.rpartition(".")[2]}"' not in source} == set()


def test_every_blocker_has_a_sentence_in_both_languages() -> None:
    codes = {f"blocker.{code}" for code in blockers()}

    assert (len(codes) > 15, [key for key in sorted(codes) for lang in LANGUAGES if not has(key, lang)]) == (True, [])


def test_every_blocker_carries_what_its_sentence_speaks_of() -> None:
    lacking = {
        code: sorted(placeholders(catalogue("blocker", "en")[f"blocker.{code}"]) - params)
        for code, params in blockers().items()
        if params is not None and not placeholders(catalogue("blocker", "en")[f"blocker.{code}"]) <= params
    }
    assert lacking == {}


def test_no_blocker_sentence_is_left_over() -> None:
    codes = {f"blocker.{code}" for code in blockers()} | {"blocker.host_guard"}

    assert {key for key in catalogue("blocker", "en") if not key.startswith("blocker.remedy.")} - codes == set()


# --- errors ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("error", ERRORS)
def test_an_error_says_in_its_docstring_what_it_means(error: type[FlowgovError]) -> None:
    assert error.__doc__


def test_error_codes_are_stable() -> None:
    """Programs compare these; a change here is a change of the public face."""
    assert {error.__name__: (error.code, error.exit_code, error.retryable) for error in ERRORS} == {
        "AnchorFailed": ("anchor_failed", 5, True),
        "AuditBroken": ("audit_broken", 6, False),
        "BadInput": ("bad_input", 2, False),
        "Conflict": ("conflict", 5, True),
        "DatabaseError": ("database", 7, False),
        "IdempotencyMismatch": ("idempotency_mismatch", 2, False),
        "MissingExtra": ("missing_extra", 2, False),
        "MoveRefused": ("move_refused", 1, False),
        "NotFound": ("not_found", 4, False),
        "NotSent": ("not_sent", 5, True),
        "OutcomeUnknown": ("outcome_unknown", 5, True),
        "Refused": ("refused", 1, False),
        "WorkflowInvalid": ("workflow_invalid", 3, False),
    }


@pytest.mark.parametrize("error", ERRORS)
def test_every_error_is_on_the_public_face(error: type[FlowgovError]) -> None:
    assert getattr(flowgov, error.__name__) is error


def test_an_error_tells_what_to_do_next() -> None:
    error = errors.NotFound("project", name="CMR", suggestions=())

    assert str(error) == "There is no project 'CMR'.\nSee all projects with: flowgov list"


def test_an_error_suggests_before_it_explains() -> None:
    error = errors.NotFound("project", name="CMR", suggestions=("CRM", "CM"))

    assert (error.hint(), error.hint("fr")) == (
        "Did you mean CRM, CM?",
        text("error.did_you_mean", "fr", suggestions="CRM, CM"),
    )


def test_an_error_carries_its_data() -> None:
    error = errors.Conflict("version", key="CRM", expected=1, found=2)

    assert (error.reason, error.data) == ("version", {"key": "CRM", "expected": 1, "found": 2})


def test_errors_can_be_caught_as_what_python_calls_them() -> None:
    assert issubclass(errors.BadInput, ValueError)
    assert issubclass(errors.NotFound, LookupError)


# --- sentences -------------------------------------------------------------------------------------------------


def test_a_list_is_shown_as_items() -> None:
    blocker = Blocker("role_missing", {"roles": ["owner", "sponsor"]})

    assert (blocker.message(), blocker.message("fr")) == (
        "None of these roles is held: owner, sponsor.",
        "Aucun de ces rôles n'est tenu : owner, sponsor.",
    )


def test_what_people_typed_is_not_taken_for_a_placeholder() -> None:
    assert text("error.not_found.project", "en", name="{suggestions}%s") == "There is no project '{suggestions}%s'."


def test_a_sentence_that_does_not_exist_is_a_bug() -> None:
    with pytest.raises(KeyError):
        text("error.nothing_of_the_kind")


@pytest.mark.parametrize(
    ("wanted", "environ", "spoken"),
    [
        (None, {}, "en"),
        ("fr", {}, "fr"),
        ("FR_ca", {}, "fr"),
        ("de", {"LANG": "fr_FR.UTF-8"}, "en"),
        (None, {"LANG": "fr_FR.UTF-8"}, "fr"),
        (None, {"FLOWGOV_LANG": "en", "LANG": "fr_FR.UTF-8"}, "en"),
        (None, {"FLOWGOV_LANG": "", "LANG": "fr_FR.UTF-8"}, "fr"),
        (None, {"LC_ALL": "C", "LANG": "fr_FR.UTF-8"}, "en"),
    ],
)
def test_the_language_is_the_one_asked_for_else_the_machines(
    wanted: str | None, environ: dict[str, str], spoken: str
) -> None:
    assert language(wanted, environ) == spoken
