"""The shape of a definition file: which keys there are, and what each may hold. The only home of pydantic.

What the names *mean* (that a state mentioned is declared, that every state can be left) is `check`'s matter.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    WithJsonSchema,
)
from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import ErrorDetails, PydanticCustomError

from flowgov.text import ID, LONGEST_ID, LONGEST_LABEL, normal, refused_character, text_problem
from flowgov.workflow.mistake import Finding, Path
from flowgov.workflow.model import Condition, Duty, Separation, Side, Stage, StateKind, TransitionKind
from flowgov.workflow.read import Reading

WORKFLOW_ID = r"^[a-z][a-z0-9-]*$"
VERSION = r"^(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)(-[0-9a-z]+(\.[0-9a-z]+)*)?$"
MOST_PERSONS = 50
"""Approvals of one role that a gate can ask for."""
MOST_DAYS = 3_660
"""The longest period that a definition can name: ten years."""
MOST_LEVELS = 10
"""Levels of risk."""


def _label(value: str) -> str:
    kept = normal(value)
    problem = text_problem(kept, LONGEST_LABEL)
    if problem is None:
        return kept
    character = refused_character(kept)
    shown = f"U+{ord(character):04X}" if character else ""
    raise PydanticCustomError(f"label_{problem}", "label", {"character": shown, "limit": LONGEST_LABEL})


def _one_or_many(value: object) -> object:
    return [value] if isinstance(value, str) else value


Text = Annotated[
    str,
    AfterValidator(_label),
    WithJsonSchema({"type": "string", "minLength": 1, "maxLength": LONGEST_LABEL}),
]
Id = Annotated[str, StringConstraints(pattern=ID, max_length=LONGEST_ID)]
Names = Annotated[list[str], Field(max_length=50)]
Days = Annotated[int, Field(ge=1, le=MOST_DAYS)]
Level = Annotated[int, Field(ge=1, le=MOST_LEVELS)]
OneOrMore = Annotated[
    list[str],
    Field(min_length=1, max_length=200),
    BeforeValidator(_one_or_many),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]}),
]


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Labels(_Shape):
    """What people read, in both languages."""

    en: Text = Field(description="In English.")
    fr: Text = Field(description="In French.")


class RoleShape(Labels):
    """A responsibility; transitions say which roles may make them and which must approve."""

    acts: bool = Field(default=True, description="False for a role that only reads, such as an auditor's.")
    side: Side | None = Field(
        None, description="For whom it speaks where the business and the technical side must agree."
    )


class EvidenceShape(Labels):
    """A kind of evidence that gates ask for."""

    valid_days: Days | None = Field(
        None, description="How many days a piece of it is good for; without end by default."
    )


class StateShape(Labels):
    """Where a project can stand."""

    stage: Stage | None = Field(None, description="The canonical step it belongs to; none off the path.")
    kind: StateKind = Field("normal", description="Exactly one state is initial; final ones may have no way out.")


class ApprovalShape(_Shape):
    """So many persons holding a role must have approved before the move."""

    role: str = Field(description="A role of this definition that acts.")
    min: int = Field(1, ge=1, le=MOST_PERSONS, description="How many persons.")
    when: Condition | None = Field(None, description="Only for projects with this property.")


class DueShape(_Shape):
    """How long after its state was entered a gate is due; exactly one of the three."""

    hours: Annotated[int, Field(ge=1, le=8_784)] | None = Field(None, description="Hours, at any time of day.")
    days: Days | None = Field(None, description="Calendar days.")
    working_days: Days | None = Field(None, description="Working days of the organisation's calendar.")


class TimerShape(_Shape):
    """When time makes a transition."""

    date: str = Field(description="A date of this definition.")
    before_days: int = Field(0, ge=0, le=MOST_DAYS, description="So many days before it.")


class DateShape(Labels):
    """A date that a gate sets on the project."""

    min_days: int = Field(0, ge=0, le=MOST_DAYS, description="Not sooner than so many days after it is set.")
    max_days: Days | None = Field(None, description="Not later than so many days after it is set.")


class RisksShape(_Shape):
    """How risks are graded."""

    matrix: Literal["4x4", "3x3"] | None = Field(None, description="A matrix that ships; 4x4 by default.")
    levels: Annotated[list[Annotated[list[Level], Field(min_length=2, max_length=6)]], Field(max_length=6)] = Field(
        [],
        description="Levels by gravity (rows) and likelihood (columns), lowest first, instead of a matrix that ships.",
    )
    high_from: Level | None = Field(None, description="The level from which a risk is high.")
    acceptance_days: Days = Field(366, description="How long a risk can be accepted for.")


class ContinuityShape(_Shape):
    """What is asked of critical assets."""

    mode: Literal["block", "warn"] = Field("warn", description="Whether a gap stops the gate or is shown.")
    critical_from: int = Field(3, ge=1, le=4, description="The criticality from which an asset is critical.")
    restore_test_days: Days = Field(366, description="How old a restore test may be.")
    exercise_days: Days = Field(366, description="How old the exercise of a plan may be.")


class MeetingsShape(_Shape):
    """The rhythm of follow-up."""

    every_days: Literal[7, 14, 30] = Field(description="How often the people of a project meet.")


class TransitionShape(Labels):
    """A step from one state to another, and everything its gate demands."""

    sources: OneOrMore = Field(alias="from", description="The state or states it starts from.")
    to: str = Field(description="The state it leads to, or $previous: where the project was suspended from.")
    kind: TransitionKind = Field(description="What sort of step it is; gates are listed in the gate register.")
    fire: Annotated[list[str], Field(min_length=1, max_length=50)] = Field(
        description="Roles that may make the move; holding one is enough."
    )
    approvals: Annotated[list[ApprovalShape], Field(max_length=50)] = Field(
        [], description="Approvals that must have been given before."
    )
    evidence: Names = Field([], description="Kinds of evidence that must lie on the project.")
    distinct_from: Names = Field(
        [], description="Transitions whose author must be somebody else; $creator is who opened the project."
    )
    guards: Names = Field([], description="Further guards, by their registered names.")
    reason: Literal["required", "optional"] = Field("optional", description="Whether a reason must be given.")
    duty: Duty | None = Field(None, description="What the gate is about; the rules of separation speak of it.")
    due: DueShape | None = Field(None, description="How long after its state was entered the gate is due.")
    sets: Names = Field([], description="Dates that are given with the move.")
    timer: TimerShape | None = Field(None, description="When time makes the transition; for the kind timer.")
    verbal: bool = Field(default=False, description="Whether it may be authorised by word of mouth.")
    waive_by: Names = Field([], description="Roles that may waive a missing item of this gate.")


class WorkflowShape(_Shape):
    """A lifecycle: states, who may move a project from one to the next, and what must be there first."""

    id: Annotated[str, StringConstraints(pattern=WORKFLOW_ID, max_length=LONGEST_ID)] = Field(
        description="Short name, such as standard."
    )
    version: Annotated[str, StringConstraints(pattern=VERSION, max_length=40)] = Field(
        description="Semantic version, such as 1.0.0."
    )
    title: Labels = Field(description="What people call this lifecycle.")
    separation: Separation = Field(
        description="What happens when duties are not separated: block; refused unless a recorded exception "
        "allows it (exception); or allowed and shown (warn)."
    )
    roles: Annotated[dict[Id, RoleShape], Field(min_length=1, max_length=100)] = Field(
        description="Responsibilities, by id."
    )
    evidence: Annotated[dict[Id, EvidenceShape], Field(max_length=500)] = Field(
        {}, description="Kinds of evidence that gates ask for, by id."
    )
    states: Annotated[dict[Id, StateShape], Field(min_length=1, max_length=200)] = Field(
        description="Where a project can stand, by id."
    )
    transitions: Annotated[dict[Id, TransitionShape], Field(min_length=1, max_length=500)] = Field(
        description="Steps between states, by id."
    )
    separation_rules: Annotated[dict[Id, Separation], Field(max_length=50)] = Field(
        {}, description="Rules of separation whose mode is another, by name."
    )
    risks: RisksShape | None = Field(None, description="How risks are graded.")
    continuity: ContinuityShape | None = Field(None, description="What is asked of critical assets.")
    meetings: MeetingsShape | None = Field(None, description="The rhythm of follow-up.")
    dates: Annotated[dict[Id, DateShape], Field(max_length=50)] = Field({}, description="Dates that gates set, by id.")


class _Generator(GenerateJsonSchema):
    def field_title_should_be_set(self, _schema: object) -> bool:
        return False


def schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a definition file, for editors."""
    found = WorkflowShape.model_json_schema(schema_generator=_Generator)
    for section in SECTIONS:
        found["properties"][section]["additionalProperties"] = False
    for name in list(found["$defs"]):
        found["$defs"][name].pop("title", None)
    return {"$schema": GenerateJsonSchema.schema_dialect, **found, "title": "flowgov workflow definition"}


def shaped(reading: Reading) -> WorkflowShape | list[Finding]:
    """The document in its shape, or everything that is out of shape."""
    try:
        return WorkflowShape.model_validate(reading.values)
    except ValidationError as error:
        details = error.errors(include_url=False, include_context=True)
        return [finding for detail in details for finding in _found(detail, reading)]


def document(shape: WorkflowShape) -> dict[str, Any]:
    """The canonical document of *shape*: sections are lists, every default is filled in."""
    filled = shape.model_dump(by_alias=True)
    for section in SECTIONS:
        filled[section] = [{"id": name, **_said(section, entry)} for name, entry in filled[section].items()]
    return {key: _without_none(value) if key in _LATER[""] else value for key, value in _said("", filled).items()}


def _said(section: str, entry: Mapping[str, Any]) -> dict[str, Any]:
    """*entry* without the keys that came later and say nothing: what does not use them keeps its identity."""
    later = _LATER.get(section, ())
    found = {key: value for key, value in entry.items() if value or key not in later}
    return {key: _without_none(value) if key in later else value for key, value in found.items()}


def _without_none(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: item for key, item in value.items() if item is not None and item != []}
    return value


SECTIONS = ("roles", "evidence", "states", "transitions", "dates")
"""Parts of a definition that are lists in its canonical form."""
_LATER: Mapping[str, tuple[str, ...]] = {
    "": ("separation_rules", "risks", "continuity", "meetings", "dates"),
    "roles": ("side",),
    "evidence": ("valid_days",),
    "dates": ("min_days", "max_days"),
    "transitions": ("duty", "due", "sets", "timer", "verbal", "waive_by"),
}
"""Keys that definitions have had since they were first hashed, by section: left out where they say nothing."""
_FIELDS: dict[str, type[BaseModel]] = {
    "roles": RoleShape,
    "evidence": EvidenceShape,
    "states": StateShape,
    "transitions": TransitionShape,
    "dates": DateShape,
}
_GROUPS: dict[str, type[BaseModel]] = {
    "due": DueShape,
    "timer": TimerShape,
    "risks": RisksShape,
    "continuity": ContinuityShape,
    "meetings": MeetingsShape,
}
_TYPES = {
    "string_type": "not_text",
    "list_type": "not_a_list",
    "dict_type": "not_a_mapping",
    "model_type": "not_a_mapping",
    "model_attributes_type": "not_a_mapping",
    "int_type": "not_a_number",
    "bool_type": "not_true_or_false",
}
_MISSHAPEN_ID = {"id": "bad_workflow_id", "version": "bad_version"}
_LIMITS = {
    "greater_than_equal": "number_out_of_range",
    "less_than_equal": "number_out_of_range",
    "too_long": "too_many_entries",
    "label_too_long": "label_too_long",
    "label_character": "label_character",
    "label_empty": "missing_label",
}


def _found(detail: ErrorDetails, reading: Reading) -> Iterator[Finding]:
    path, kind = detail["loc"], detail["type"]
    named = {"key": _named(path), "where": _where(path)}
    if kind == "extra_forbidden":
        known = _keys_at(path[:-1])
        yield Finding("unknown_key", reading.key(path), named, str(path[-1]), known)
    elif kind == "missing":
        yield Finding(_missing(path), reading.key(path[:-1]), named)
    elif kind == "too_short":
        yield Finding("no_role" if path[-1] == "fire" else "empty_list", reading.place(path), named)
    elif kind in {"string_pattern_mismatch", "string_too_long"}:
        yield _misshapen(path, reading)
    elif kind == "literal_error":
        yield _wrong_value(detail, reading)
    elif kind in _LIMITS:
        limits = {"limit": MOST_PERSONS, **_context(detail)}
        yield Finding(_LIMITS[kind], reading.place(path), {**named, **limits})
    else:
        yield _wrong_type(path, kind, named, reading)


def _wrong_type(path: Path, kind: str, named: Mapping[str, object], reading: Reading) -> Finding:
    value = _shown(path, reading)
    if value == "" and _is_label(path):
        return Finding("missing_label", reading.key(path), named)
    if path == ("version",):
        return _misshapen(path, reading)
    return Finding(_TYPES[kind], reading.place(path), {**named, "value": value})


def _misshapen(path: Path, reading: Reading) -> Finding:
    if path[-1] == "[key]":
        path = path[:-1]
        return Finding("bad_id", reading.key(path), {"value": path[-1], "limit": LONGEST_ID})
    params = {"value": _shown(path, reading), "limit": LONGEST_ID}
    return Finding(_MISSHAPEN_ID[str(path[-1])], reading.place(path), params)


def _wrong_value(detail: ErrorDetails, reading: Reading) -> Finding:
    path = detail["loc"]
    choices = tuple(re.findall("'([^']+)'", detail["ctx"]["expected"]))
    written = _shown(path, reading)
    params = {"key": _named(path), "value": written, "choices": choices}
    return Finding("wrong_value", reading.place(path), params, written, choices)


def _keys_at(path: Path) -> tuple[str, ...]:
    model: type[BaseModel] = WorkflowShape
    if path[:1] == ("title",):
        model = Labels
    elif path[2:3] == ("approvals",):
        model = ApprovalShape
    elif path[2:3] and str(path[2]) in _GROUPS:
        model = _GROUPS[str(path[2])]
    elif path[:1] and str(path[0]) in _GROUPS:
        model = _GROUPS[str(path[0])]
    elif path:
        model = _FIELDS[str(path[0])]
    return tuple(field.alias or name for name, field in model.model_fields.items())


def _missing(path: Path) -> str:
    if _is_label(path):
        return "missing_label"
    return "no_role" if path[-1] == "fire" else "missing_key"


def _is_label(path: Path) -> bool:
    return path[-1] in {"en", "fr"} and path[0] in {"title", *_FIELDS}


def _named(path: Path) -> str:
    """The nearest key, for a sentence: of an item in a list, the list's."""
    return next((str(part) for part in reversed(path) if isinstance(part, str)), "")


def _where(path: Path) -> str:
    return ".".join(str(part) for part in path[:-1])


def _shown(path: Path, reading: Reading) -> str:
    return reading.written.get(path, "…")


def _context(detail: ErrorDetails) -> dict[str, object]:
    context = detail.get("ctx", {})
    limit = context.get("max_length")
    return {**context, **({"limit": limit} if limit else {})}
