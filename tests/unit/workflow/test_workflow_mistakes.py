"""Every mistake of a definition is found, with its place and what to do.

Each row changes the purchase workflow so that it has one mistake. ``¦`` marks where it must be reported.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from flowgov.errors import WorkflowInvalid
from flowgov.i18n import LANGUAGES, Language
from flowgov.workflow.load import load_file, load_text
from flowgov.workflow.mistake import MOST_SHOWN, Mistake, Position

Changes = list[tuple[str, str]]

ONE_MISTAKE: dict[str, tuple[Changes, str, tuple[str, ...]]] = {
    # keys
    "an unknown key at the top": ([("separation:", "¦budget: 7\nseparation:")], "unknown_key", ()),
    "a misspelt key at the top": (
        [("separation: exception", "separation: exception\n¦separatoin: block")],
        "unknown_key",
        ("separation", "separation_rules"),
    ),
    "a misspelt key of a title": ([("fr: Achat}", "fr: Achat, ¦frr: Achat}")], "unknown_key", ("fr",)),
    "a misspelt key of a role": ([("acts: false", "¦act: false")], "unknown_key", ("acts",)),
    "a misspelt key of a state": ([("{stage: deployed", "{¦stages: deployed")], "unknown_key", ("stage",)),
    "a misspelt key of a transition": (
        [("en: Buy,", "¦evidense: [order], en: Buy,")],
        "unknown_key",
        ("evidence",),
    ),
    "a misspelt key of an approval": ([("min: 1", "¦minn: 1")], "unknown_key", ("min",)),
    "a missing key at the top": ([("id: purchase\n", ""), ("version", "¦version")], "missing_key", ()),
    "a missing key of a transition": ([("  buy:", "  ¦buy:"), ("to: bought, ", "")], "missing_key", ()),
    "a missing section": (
        [
            ("roles:\n", ""),
            *(
                (f"  {line}\n", "")
                for line in (
                    "buyer:   {en: Buyer, fr: Acheteur}",
                    "manager: {en: Manager, fr: Responsable}",
                    "auditor: {en: Auditor, fr: Auditeur, acts: false}",
                )
            ),
            ("id: purchase", "¦id: purchase"),
        ],
        "missing_key",
        (),
    ),
    "a key that is not text": ([("  quote:", "  ¦true: {en: A, fr: B}\n  quote:")], "key_not_text", ()),
    "a merge key": ([("acts: false", "¦<<: {acts: false}")], "key_not_text", ()),
    "a key written twice": (
        [("separation: exception", "separation: exception\n¦separation: warn")],
        "duplicate_key",
        (),
    ),
    "a role declared twice": (
        [("  auditor:", "  ¦buyer: {en: Again, fr: Encore}\n  auditor:")],
        "duplicate_role",
        (),
    ),
    "an evidence kind declared twice": (
        [("  order:", "  ¦quote: {en: Again, fr: Encore}\n  order:")],
        "duplicate_evidence",
        (),
    ),
    "a state declared twice": (
        [("  on_hold: {", "  ¦agreed: {en: Again, fr: Encore}\n  on_hold: {")],
        "duplicate_state",
        (),
    ),
    "a transition declared twice": (
        [
            (
                "  hold:\n",
                "  ¦buy: {from: asked, to: bought, kind: gate, fire: [buyer], en: A, fr: B}\n  hold:\n",
            )
        ],
        "duplicate_transition",
        (),
    ),
    # values
    "a version that YAML reads as a number": ([("version: 1.0.0", "version: ¦1.0")], "bad_version", ()),
    "a version that is no version": ([("1.0.0", "¦1.0.x")], "bad_version", ()),
    "a workflow id with capitals": ([("id: purchase", "id: ¦Purchase")], "bad_workflow_id", ()),
    "a workflow id that is too long": ([("id: purchase", "id: ¦" + "p" * 65)], "bad_workflow_id", ()),
    "a transition id with hyphens": ([("  hold:", "  ¦put-on-hold:")], "bad_id", ()),
    "a role id with a capital": ([("  auditor:", "  ¦Auditor:")], "bad_id", ()),
    "an evidence id that is too long": (
        [
            ("  quote:", "  ¦" + "q" * 65 + ": {en: Quote, fr: Devis}\n  quote:"),
            ("[quote]", "[quote, " + "q" * 65 + "]"),
        ],
        "bad_id",
        (),
    ),
    "a separation that does not exist": (
        [("separation: exception", "separation: ¦exeption")],
        "wrong_value",
        ("exception",),
    ),
    "a stage that does not exist": ([("stage: deployed", "stage: ¦deploid")], "wrong_value", ("deployed",)),
    "a kind of state that does not exist": (
        [("kind: final", "kind: ¦finale")],
        "wrong_value",
        ("final", "initial", "final_negative"),
    ),
    "a kind of transition that does not exist": (
        [("kind: suspend,", "kind: ¦suspended,")],
        "wrong_value",
        ("suspend",),
    ),
    "a condition that does not exist": (
        [("min: 1}", "min: 1, when: ¦personnal_data}")],
        "wrong_value",
        ("personal_data",),
    ),
    "a reason that is neither required nor optional": (
        [("reason: required", "reason: ¦requried")],
        "wrong_value",
        ("required",),
    ),
    "the Norway problem: no is text, not false": ([("acts: false", "acts: ¦no")], "not_true_or_false", ()),
    "a reason that is true": ([("reason: required", "reason: ¦true")], "wrong_value", ()),
    "a minimum that is text": ([("min: 1", 'min: ¦"1"')], "not_a_number", ()),
    "a minimum that is a fraction": ([("min: 1", "min: ¦1.5")], "not_a_number", ()),
    "a minimum of more digits than a machine counts": (
        [("min: 1", "min: ¦" + "9" * 5000)],
        "not_a_number",
        (),
    ),
    "a minimum of nobody": ([("min: 1", "min: ¦0")], "number_out_of_range", ()),
    "a minimum of a crowd": ([("min: 1", "min: ¦51")], "number_out_of_range", ()),
    "one role where a list belongs": ([("fire: [manager]", "fire: ¦manager")], "not_a_list", ()),
    "a list where a mapping belongs": (
        [("  quote: {en: Quote, fr: Devis}", "  quote: ¦[Quote, Devis]")],
        "not_a_mapping",
        (),
    ),
    "a number in a list of names": ([("[order]", "[order, ¦7]")], "not_text", ()),
    "no source at all": ([("from: on_hold", "from: ¦[]")], "empty_list", ()),
    "more names than anybody reads": (
        [
            ("[order]", "¦[order" + "".join(f", order{n}" for n in range(50)) + "]"),
            ("  order:", "".join(f"  order{n}: {{en: A, fr: B}}\n" for n in range(50)) + "  order:"),
        ],
        "too_many_entries",
        (),
    ),
    # labels
    "a missing French label": (
        [("  agreed:  {", "  ¦agreed:  {"), (", fr: Accepté}", "}")],
        "missing_label",
        (),
    ),
    "an empty English label": ([("en: Buy,", "en: ¦'',")], "missing_label", ()),
    "a label of spaces": ([("en: Buy,", "en: ¦'  ',")], "missing_label", ()),
    "a label without a value": ([("en: Buy,", "¦en: ,")], "missing_label", ()),
    "a label that is a number": ([("en: Buy,", "en: ¦007,")], "not_text", ()),
    "a label that is too long": ([("en: Buy,", "en: ¦" + "B" * 121 + ",")], "label_too_long", ()),
    "a label with a line break": ([("en: Buy,", 'en: ¦"Buy\\nnow",')], "label_character", ()),
    "a label that turns the text around": ([("en: Buy,", 'en: ¦"Buy\\u202e",')], "label_character", ()),
    "a label with a lone surrogate": ([("en: Buy,", 'en: ¦"Buy\\ud800",')], "unreadable_character", ()),
    "an id with a lone surrogate": ([("id: purchase", 'id: ¦"\\ud800"')], "unreadable_character", ()),
    "a key with a lone surrogate": ([("  auditor:", '  ¦"\\ud800":')], "unreadable_character", ()),
    "a label with an invisible space": ([("en: Buy,", 'en: ¦"Buy\\u200b",')], "label_character", ()),
    # names
    "an undefined source": (
        [("from: [asked, agreed]", "from: [asked, ¦agred]")],
        "undefined_state",
        ("agreed", "asked"),
    ),
    "an undefined destination": ([("to: agreed", "to: ¦agred")], "undefined_state", ("agreed", "asked")),
    "$previous as a source": ([("from: on_hold", "from: ¦$previous")], "undefined_state", ()),
    "an undefined role that fires": (
        [("fire: [manager]", "fire: [¦manger]")],
        "undefined_role",
        ("manager",),
    ),
    "an undefined role that approves": (
        [("{role: manager", "{role: ¦mnager")],
        "undefined_role",
        ("manager",),
    ),
    "undefined evidence": ([("[order]", "[¦ordre]")], "undefined_evidence", ("order",)),
    "an undefined transition": ([("[agree]", "[¦agre]")], "undefined_transition", ("agree",)),
    "a misspelt creator": ([("[$creator]", "[¦$creater]")], "undefined_transition", ("$creator",)),
    "a guard that is not registered": (
        [("[rework_evidence_is_current]", "[¦rework_evidence_current]")],
        "undefined_guard",
        ("rework_evidence_is_current",),
    ),
    "a guard that looks like something to import": (
        [("[rework_evidence_is_current]", "[¦os.system]")],
        "undefined_guard",
        (),
    ),
    "a source listed twice": (
        [("from: [asked, agreed]", "from: [asked, agreed, ¦asked]")],
        "repeated_item",
        (),
    ),
    "a role listed twice": ([("fire: [manager]", "fire: [manager, ¦manager]")], "repeated_item", ()),
    "an approval listed twice": (
        [("[{role: manager, min: 1}]", "[{role: manager, min: 1}, ¦{role: manager, min: 2}]")],
        "repeated_item",
        (),
    ),
    "evidence listed twice": ([("[order]", "[order, ¦order]")], "repeated_item", ()),
    # roles
    "a transition without a role": ([("  buy:", "  ¦buy:"), ("fire: [buyer], app", "app")], "no_role", ()),
    "a transition with an empty list of roles": ([("fire: [manager]", "fire: ¦[]")], "no_role", ()),
    "a reader who fires": ([("fire: [manager]", "fire: [¦auditor]")], "reader_acts", ()),
    "a reader who approves": ([("{role: manager", "{role: ¦auditor")], "reader_acts", ()),
    "the organisation's own role": (
        [("  auditor:", "  ¦administrator: {en: Administrator, fr: Administrateur}\n  auditor:")],
        "reserved_role",
        (),
    ),
    # separation of duties
    "a rule that cannot be softened": (
        [("separation: exception", "separation: exception\nseparation_rules: {self_assigned: ¦warn}")],
        "hard_rule",
        (),
    ),
    "a misspelt rule": (
        [("separation: exception", "separation: exception\nseparation_rules: {¦validator_desing: warn}")],
        "undefined_rule",
        ("validator_design",),
    ),
    # the path
    "no initial state": ([("states:", "¦states:"), ("kind: initial, ", "")], "no_initial_state", ()),
    "two initial states": (
        [("{stage: business_validated, ", "{stage: business_validated, kind: ¦initial, ")],
        "several_initial_states",
        (),
    ),
    "a state that cannot be reached": (
        [("  on_hold: {", "  ¦lost: {kind: final, en: Lost, fr: Perdu}\n  on_hold: {")],
        "unreachable_state",
        (),
    ),
    "a suspended state that nothing leads to": (
        [("  on_hold: {", "  ¦on_hold: {"), ("to: on_hold, kind: suspend", "to: bought, kind: cancel")],
        "unreachable_state",
        (),
    ),
    "a state that cannot be left": (
        [("  bought:  {", "  ¦bought:  {"), ("kind: final, ", "")],
        "dead_end_state",
        (),
    ),
    "a state that only leads to itself": (
        [
            ("  bought:  {", "  ¦bought:  {"),
            ("kind: final, ", ""),
            (
                "transitions:\n",
                "transitions:\n  again: {from: bought, to: bought, kind: gate, fire: [buyer], en: Again, fr: Encore}\n",
            ),
        ],
        "dead_end_state",
        (),
    ),
    "evidence that nothing asks for": (
        [("  order:", "  ¦invoice: {en: Invoice, fr: Facture}\n  order:")],
        "unused_evidence",
        (),
    ),
    # gates
    "a gate that names itself": ([("[agree]", "[agree, ¦buy]")], "own_gate", ()),
    "a broken glass without a reason": (
        [("  buy:", "  ¦buy:"), ("to: bought, kind: gate", "to: bought, kind: break_glass")],
        "break_glass_reason",
        (),
    ),
    "a suspension that leads elsewhere": (
        [("to: bought, kind: gate", "to: ¦bought, kind: suspend")],
        "suspends_nowhere",
        (),
    ),
    "a return to $previous from a state that is not suspended": (
        [("from: on_hold, to", "from: [on_hold, ¦bought], to")],
        "previous_without_suspension",
        (),
    ),
    "a resumption from a state that is not suspended": (
        [("from: on_hold, to: $previous", "from: [on_hold, ¦bought], to: asked")],
        "resumes_nothing",
        (),
    ),
    "a suspension of a suspension": (
        [("from: [asked, agreed]", "from: [asked, ¦on_hold]")],
        "suspended_twice",
        (),
    ),
    "a reopening of what is not closed": (
        [("to: agreed, kind: gate", "to: agreed, kind: reopen"), ("from: asked", "from: ¦asked")],
        "reopens_nothing",
        (),
    ),
}


@pytest.mark.parametrize("name", ONE_MISTAKE)
def test_t15_a_mistake_is_found_where_it_is(purchase: str, name: str) -> None:
    changes, code, suggestions = ONE_MISTAKE[name]
    text, place = marked(changed(purchase, changes))

    mistakes = mistakes_of(text)

    assert [(m.code, m.at, m.suggestions) for m in mistakes] == [(code, place, suggestions)]


@pytest.mark.parametrize("name", ONE_MISTAKE)
@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_mistake_says_what_to_do(purchase: str, name: str, lang: Language) -> None:
    text, place = marked(changed(purchase, ONE_MISTAKE[name][0]))

    line = mistakes_of(text)[0].line(lang)

    start, middle = f"purchase.yaml:{place.line}:{place.column}: ", " ; " if lang == "fr" else "; "
    assert line.startswith(start) and middle in line and line.isprintable()


def test_the_purchase_workflow_has_no_mistake(purchase: str) -> None:
    workflow = load_text(purchase)

    assert workflow.name == "purchase@1.0.0"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_all_mistakes_of_a_file_are_told_at_once(golden: Path, lang: Language) -> None:
    text = (golden / "many-mistakes.yaml").read_text(encoding="utf-8")

    lines = [mistake.line(lang) for mistake in mistakes_of(text, "many-mistakes.yaml")]

    assert lines == (golden / f"many-mistakes.{lang}.txt").read_text(encoding="utf-8").splitlines()


def test_a_misshapen_part_does_not_hide_mistakes_elsewhere(purchase: str) -> None:
    text = changed(purchase, [("acts: false", "acts: no"), ("{role: manager", "{role: mnager")])

    codes = [mistake.code for mistake in mistakes_of(text)]

    assert codes == ["not_true_or_false", "undefined_role"]


def test_a_misspelt_kind_of_state_is_not_also_a_missing_initial_state(purchase: str) -> None:
    text = changed(purchase, [("kind: initial", "kind: intial")])

    codes = [mistake.code for mistake in mistakes_of(text)]

    assert codes == ["wrong_value"]


def test_evidence_that_a_misspelt_key_asks_for_is_not_also_called_unused(purchase: str) -> None:
    text = changed(purchase, [("evidence: [quote]", "evidense: [quote]")])

    codes = [mistake.code for mistake in mistakes_of(text)]

    assert codes == ["unknown_key"]


def test_a_misspelt_state_is_not_also_called_unreachable(purchase: str) -> None:
    text = changed(purchase, [("to: bought", "to: bougth")])

    codes = [mistake.code for mistake in mistakes_of(text)]

    assert codes == ["undefined_state"]


def test_a_hosts_own_guard_is_known_when_it_is_registered(purchase: str) -> None:
    text = changed(purchase, [("[rework_evidence_is_current]", "[budget_is_left]")])

    workflow = load_text(text, guards={"budget_is_left"})

    assert workflow.transitions["buy"].guards == ("budget_is_left",)


def test_a_final_state_may_be_left_by_reopening(purchase: str) -> None:
    again = "  reopen: {from: bought, to: asked, kind: reopen, fire: [buyer], en: Reopen, fr: Rouvrir}\n"

    workflow = load_text(purchase + again)

    assert workflow.transitions["reopen"].sources == ("bought",)


def test_a_file_of_nothing_but_misspelt_names_is_answered_soon(purchase: str) -> None:
    """A suggestion costs a comparison with every known name."""
    names = "".join(f"  kind_{n:04}: {{en: A, fr: B}}\n" for n in range(400))
    wrong = "\n".join(
        f"  t{n}: {{from: asked, to: agreed, kind: gate, fire: [buyer], en: A, fr: B,"
        f" evidence: [{', '.join(f'kidn_{n}_{m}' for m in range(50))}]}}"
        for n in range(20)
    )

    mistakes = mistakes_of(changed(purchase, [("  order:", f"{names}  order:")]) + wrong)

    assert (len(mistakes), mistakes[-1].code) == (MOST_SHOWN + 1, "too_many_mistakes")


def test_a_missing_file_is_one_mistake(tmp_path: Path) -> None:
    with pytest.raises(WorkflowInvalid) as caught:
        load_file(tmp_path / "nowhere.yaml")

    assert [mistake.code for mistake in caught.value.mistakes] == ["no_such_file"]


def changed(text: str, changes: Changes) -> str:
    for old, new in changes:
        assert old in text, f"the purchase workflow does not contain {old!r}"
        text = text.replace(old, new, 1)
    return text


def marked(text: str) -> tuple[str, Position]:
    before, mark, after = text.partition("¦")
    assert mark, "the row does not say where its mistake is"
    return before + after, Position(before.count("\n") + 1, len(before.rpartition("\n")[2]) + 1)


def mistakes_of(text: str, source: str = "purchase.yaml") -> tuple[Mistake, ...]:
    with pytest.raises(WorkflowInvalid) as caught:
        load_text(text, source)
    return caught.value.mistakes
