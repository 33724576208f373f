"""What definitions say of time, and every mistake they can make about it.

Rows change `TIMED`, which has none; ``¦`` marks where the mistake must be reported.
"""

from __future__ import annotations

import pytest
from tests.unit.workflow.test_workflow_mistakes import Changes, changed, marked, mistakes_of

from flowgov.i18n import LANGUAGES, Language
from flowgov.workflow.load import load_text
from flowgov.workflow.model import DateRule, Due, Timer

TIMED = """
id: licence
version: 1.0.0
title: {en: Licence, fr: Licence}
separation: warn
roles:
  owner: {en: Owner, fr: Responsable}
dates:
  valid_until: {en: Valid until, fr: Valable jusqu'au, min_days: 180, max_days: 1096}
  change_window_start: {en: From, fr: Du}
  change_window_end: {en: To, fr: Au}
states:
  asked: {kind: initial, en: Asked, fr: Demandée}
  given: {en: Given, fr: Donnée}
  over: {kind: recovery, en: Over, fr: Échue}
transitions:
  give:
    {from: asked, to: given, kind: gate, fire: [owner], sets: [valid_until, change_window_start, change_window_end],
     due: {working_days: 10}, en: Give, fr: Donner}
  use:
    {from: given, to: given, kind: gate, fire: [owner], guards: [within_change_window], en: Use, fr: Utiliser}
  expire:
    {from: given, to: over, kind: timer, fire: [$system], timer: {date: valid_until, before_days: 30},
     en: Expire, fr: Échoir}
  renew: {from: over, to: asked, kind: rework, fire: [owner], due: {hours: 4}, en: Renew, fr: Renouveler}
"""

ONE_MISTAKE: dict[str, tuple[Changes, str, tuple[str, ...]]] = {
    "a due time without a unit": ([("due: {hours: 4}", "¦due: {}")], "due_one_unit", ()),
    "a due time of two units": ([("due: {hours: 4}", "¦due: {hours: 4, days: 1}")], "due_one_unit", ()),
    "a due time of a unit that there is not": ([("{hours: 4}", "{hours: 4, ¦weeks: 1}")], "unknown_key", ()),
    "a due time of nothing": ([("{hours: 4}", "{hours: ¦0}")], "number_out_of_range", ()),
    "a due time of an age": ([("{hours: 4}", "{hours: ¦9999}")], "number_out_of_range", ()),
    "a timer on a date that there is not": (
        [("{date: valid_until,", "{date: ¦valid_untl,")],
        "undefined_date",
        ("valid_until",),
    ),
    "a gate that sets a date that there is not": (
        [("change_window_end]", "change_window_end, ¦chnge]")],
        "undefined_date",
        (),
    ),
    "a gate that sets a date twice": (
        [("change_window_end]", "change_window_end, ¦valid_until]")],
        "repeated_item",
        (),
    ),
    "a date that nothing sets": (
        [("en: From, fr: Du}", "en: From, fr: Du}\n  ¦other: {en: O, fr: A}")],
        "unset_date",
        (),
    ),
    "a date that nothing sets, where nothing sets any": (
        [
            ("sets: [valid_until, change_window_start, change_window_end],", ""),
            ("guards: [within_change_window],", ""),
            ("  change_window_start: {en: From, fr: Du}\n  change_window_end: {en: To, fr: Au}\n", ""),
            ("  valid_until: {en", "  ¦valid_until: {en"),
        ],
        "unset_date",
        (),
    ),
    "a date without room": ([("max_days: 1096", "¦max_days: 179")], "date_without_room", ()),
    "a guard without its dates": (
        [
            (", change_window_end]", "]"),
            ("  change_window_end: {en: To, fr: Au}\n", ""),
            ("[within_change_window]", "[¦within_change_window]"),
        ],
        "guard_needs_date",
        (),
    ),
    "a timer without a date": (
        [("timer: {date: valid_until, before_days: 30},", ""), ("  expire:", "  ¦expire:")],
        "timer_without_date",
        (),
    ),
    "a timer on a gate": (
        [("due: {working_days: 10}", "¦timer: {date: valid_until}")],
        "timer_of_another_kind",
        (),
    ),
    "a timer that somebody fires": ([("fire: [$system]", "fire: ¦[owner]")], "timer_fired_by", ()),
    "a timer that somebody else fires too": ([("fire: [$system]", "fire: ¦[$system, owner]")], "timer_fired_by", ()),
    "a gate that time fires": ([("kind: rework, fire: [owner]", "kind: rework, fire: ¦[$system]")], "system_fires", ()),
    "a gate that time fires too": (
        [("kind: rework, fire: [owner]", "kind: rework, fire: ¦[owner, $system]")],
        "system_fires",
        (),
    ),
    "an approval by time": (
        [("fire: [owner], due: {hours", "fire: [owner], approvals: [{role: ¦$system}], due: {hours")],
        "undefined_role",
        (),
    ),
    "a timer that asks for approvals": (
        [("fire: [$system],", "fire: [$system], ¦approvals: [{role: owner}],")],
        "timer_asks",
        (),
    ),
    "a timer that asks for a reason": ([("fire: [$system],", "fire: [$system], ¦reason: required,")], "timer_asks", ()),
    "a timer that is due": ([("fire: [$system],", "fire: [$system], ¦due: {days: 1},")], "timer_asks", ()),
    "a timer that sets a date": ([("fire: [$system],", "fire: [$system], ¦sets: [valid_until],")], "timer_asks", ()),
    "a timer without end": (
        [("from: given, to: over, kind: timer", "from: [given, over], to: ¦over, kind: timer")],
        "timer_without_end",
        (),
    ),
    "a misspelt key of a date": ([("min_days: 180", "¦min_day: 180")], "unknown_key", ("min_days", "max_days")),
    "a misspelt key of a timer": ([("before_days: 30", "¦before_day: 30")], "unknown_key", ("before_days",)),
    "a kind of evidence that is good for no day": (
        [
            ("dates:\n", "evidence:\n  test: {en: T, fr: T, valid_days: ¦0}\ndates:\n"),
            ("due: {hours", "evidence: [test], due: {hours"),
        ],
        "number_out_of_range",
        (),
    ),
}


@pytest.mark.parametrize("name", ONE_MISTAKE)
def test_t15_a_mistake_about_time_is_found_where_it_is(name: str) -> None:
    changes, code, suggestions = ONE_MISTAKE[name]
    text, place = marked(changed(TIMED, changes))

    mistakes = mistakes_of(text)

    assert [(m.code, m.at, m.suggestions) for m in mistakes] == [(code, place, suggestions)]


@pytest.mark.parametrize("name", ONE_MISTAKE)
@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_mistake_about_time_says_what_to_do(name: str, lang: Language) -> None:
    text, place = marked(changed(TIMED, ONE_MISTAKE[name][0]))

    line = mistakes_of(text)[0].line(lang)

    start, middle = f"purchase.yaml:{place.line}:{place.column}: ", " ; " if lang == "fr" else "; "
    assert line.startswith(start) and middle in line and line.isprintable()


def test_a_definition_says_when_things_are_due_and_what_time_does() -> None:
    workflow = load_text(TIMED)

    give, expire = workflow.transitions["give"], workflow.transitions["expire"]
    rule: DateRule = workflow.dates["valid_until"]
    assert (give.due, give.sets, expire.timer, (rule.min_days, rule.max_days)) == (
        Due(10, "working_days"),
        ("valid_until", "change_window_start", "change_window_end"),
        Timer("valid_until", 30),
        (180, 1096),
    )


@pytest.mark.parametrize("broken", ["dates: 7", "transitions: {expire: 7}", "transitions: {give: {sets: 7, due: 7}}"])
def test_t15_what_is_out_of_shape_is_told_and_nothing_breaks(broken: str) -> None:
    assert mistakes_of(broken)
