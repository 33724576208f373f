"""What the transitions library does by default, and that a Lifecycle is safe from it.

Source: the traps listed in the design ("The walk of one transition"). The first test of each pair shows the
library's behaviour, so that an upgrade that changes it is noticed; the second shows ours.
"""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from tests.unit.gates import document, request, step, workflow
from transitions import Machine, MachineError

from flowgov.guarding.known import BUILT_IN, registry
from flowgov.guards import Blocker, Verdict
from flowgov.machine import Lifecycle, _Machine
from flowgov.request import Grant, Request
from flowgov.workflow.model import Workflow, build
from flowgov.workflow.shipped import load_shipped, shipped

called: list[str] = []
"""What the callbacks below were called with; each test clears it."""


class Thing:
    """A model that can have attributes."""


def note(*_: object) -> bool:
    """A callback that can be found by name."""
    called.append("note")
    return True


def lifecycle(*conditions: Any, gate: dict[str, Any] | None = None) -> Lifecycle:
    """A Lifecycle whose gate ``agree`` also asks these host guards."""
    names = [f"own_{n}" for n, _ in enumerate(conditions)]
    return Lifecycle(workflow({**(gate or {}), "guards": names}), registry(dict(zip(names, conditions, strict=True))))


def machine(**options: Any) -> Machine:
    """A machine of the library as it comes, from a to b."""
    return Machine(**{"states": ["a", "b"], "initial": "a", "send_event": True, **options})


# --- auto transitions ------------------------------------------------------------------------------------------


def test_the_library_adds_triggers_that_bypass_every_condition() -> None:
    thing = Thing()
    machine(model=thing)

    thing.to_b()  # type: ignore[attr-defined]  # that is the trap

    assert thing.state == "b"  # type: ignore[attr-defined]  # that is the trap


def test_a_lifecycle_knows_the_transitions_of_its_definition_only() -> None:
    names = set(lifecycle()._machine.events)

    assert names == {"agree", "finish", "pause", "resume"}


# --- text as code ----------------------------------------------------------------------------------------------


def test_the_library_imports_and_calls_what_text_names() -> None:
    called.clear()
    made = machine(model=None, transitions=[["go", "a", "b"]])
    made.events["go"].transitions["a"][0].add_callback("before", f"{__name__}.note")
    thing = Thing()
    made.add_model(thing)
    thing.trigger("go")  # type: ignore[attr-defined]  # the library adds it

    assert called == ["note"]


def test_t13_malicious_workflow_author_a_lifecycle_refuses_text_as_code() -> None:
    made = _Machine(model=None, states=["a", "b"], initial="a", auto_transitions=False, send_event=True)

    with pytest.raises(TypeError):
        made.resolve_callable("os.getcwd", None)  # type: ignore[arg-type]  # never looked at


def test_t13_malicious_workflow_author_a_guard_is_registered_or_does_not_exist() -> None:
    definition = workflow({"guards": ["os.system"]})

    with pytest.raises(KeyError):
        Lifecycle(definition, BUILT_IN)


# --- conditions ------------------------------------------------------------------------------------------------


def test_the_library_compares_conditions_with_true() -> None:
    thing = Thing()
    machine(model=thing, transitions=[{"trigger": "go", "source": "a", "dest": "b", "conditions": lambda e: "yes"}])

    assert thing.go() is False  # type: ignore[attr-defined]  # the library adds it


def test_a_guard_cannot_answer_with_something_that_looks_true() -> None:
    made = lifecycle(lambda request: "yes")

    with pytest.raises(TypeError):
        made.judge(request())


def test_the_library_stops_at_the_first_condition_that_fails() -> None:
    called.clear()
    thing = Thing()
    conditions = [lambda e: False, note]
    machine(model=thing, transitions=[{"trigger": "go", "source": "a", "dest": "b", "conditions": conditions}])

    thing.go()  # type: ignore[attr-defined]  # the library adds it

    assert called == []


def test_a_lifecycle_asks_every_guard() -> None:
    made = lifecycle(lambda request: Blocker("first"), lambda request: Blocker("second"), gate={"reason": "required"})

    judgement = made.step(request({"reason": "required"}, grants=[]))

    codes = [blocker.params.get("code", blocker.code) for blocker in judgement.blockers]
    assert codes == ["role_missing", "reason_missing", "first", "second"]


def test_the_library_answers_a_blocked_trigger_with_false() -> None:
    thing = Thing()
    machine(model=thing, transitions=[{"trigger": "go", "source": "a", "dest": "b", "conditions": lambda e: False}])

    assert thing.trigger("go") is False  # type: ignore[attr-defined]  # the library adds it


def test_a_lifecycle_answers_with_the_blockers() -> None:
    judgement = lifecycle().step(request(grants=[]))

    assert ([b.code for b in judgement.blockers], judgement.target) == (["role_missing"], "agreed")


# --- from where it does not start ------------------------------------------------------------------------------


def test_the_library_raises_where_a_trigger_does_not_start() -> None:
    thing = Thing()
    machine(model=thing, transitions=[["go", "b", "a"]])

    with pytest.raises(MachineError):
        thing.go()  # type: ignore[attr-defined]  # the library adds it


def test_a_lifecycle_lists_what_does_start_there() -> None:
    judgement = lifecycle().step(request(state="agreed"))

    told = [(blocker.code, blocker.params["available"]) for blocker in judgement.blockers]
    assert (told, judgement.target) == ([("not_from_here", ["finish", "pause"])], None)


def test_a_lifecycle_asks_nobody_where_the_transition_does_not_start() -> None:
    called.clear()

    lifecycle(note).step(request(state="agreed"))

    assert called == []


# --- exceptions ------------------------------------------------------------------------------------------------


def test_the_library_leaves_the_state_when_a_condition_raises() -> None:
    def broken(_: object) -> bool:
        raise ZeroDivisionError

    thing = Thing()
    machine(model=thing, transitions=[{"trigger": "go", "source": "a", "dest": "b", "conditions": broken}])
    with pytest.raises(ZeroDivisionError):
        thing.go()  # type: ignore[attr-defined]  # the library adds it

    assert thing.state == "a"  # type: ignore[attr-defined]  # the library adds it


def test_the_library_does_not_go_back_when_a_later_callback_raises() -> None:
    def broken(_: object) -> None:
        raise ZeroDivisionError

    thing = Thing()
    machine(model=thing, transitions=[{"trigger": "go", "source": "a", "dest": "b", "after": broken}])
    with pytest.raises(ZeroDivisionError):
        thing.go()  # type: ignore[attr-defined]  # the library adds it

    assert thing.state == "b"  # type: ignore[attr-defined]  # that is the trap


def test_a_lifecycle_has_no_callback_but_the_guards() -> None:
    made = lifecycle()._machine

    of_steps = [
        callback
        for event in made.events.values()
        for steps in event.transitions.values()
        for taken in steps
        for callback in (*taken.prepare, *taken.before, *taken.after)
    ]
    of_states = [callback for state in made.states.values() for callback in (*state.on_enter, *state.on_exit)]
    of_the_machine = [
        *made.before_state_change,
        *made.after_state_change,
        *made.prepare_event,
        *made.finalize_event,
        *made.on_exception,
        *made.on_final,
    ]
    assert [*of_steps, *of_states, *of_the_machine] == []


def test_a_lifecycle_lets_a_broken_guard_be_seen() -> None:
    def broken(_: object) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        lifecycle(broken).step(request())


def test_the_library_swallows_errors_where_on_exception_is_set() -> None:
    def broken(_: object) -> bool:
        raise ZeroDivisionError

    thing = Thing()
    machine(
        model=thing,
        transitions=[{"trigger": "go", "source": "a", "dest": "b", "conditions": broken}],
        on_exception=lambda e: None,
    )

    assert thing.go() is False  # type: ignore[attr-defined]  # that is the trap


def test_the_library_swallows_errors_of_finalize_event() -> None:
    def broken(_: object) -> None:
        raise ZeroDivisionError

    thing = Thing()
    machine(model=thing, transitions=[["go", "a", "b"]], finalize_event=broken)

    assert thing.go() is True  # type: ignore[attr-defined]  # that is the trap


# --- queues, states, models ------------------------------------------------------------------------------------


def test_the_library_queues_for_the_whole_machine() -> None:
    made = machine(model=None, queued=True)

    assert made.has_queue


def test_a_lifecycle_does_not_queue() -> None:
    assert not lifecycle()._machine.has_queue


def test_the_library_accepts_a_transition_to_a_state_that_does_not_exist() -> None:
    thing = Thing()
    machine(model=thing, transitions=[["go", "a", "nowhere"]])

    with pytest.raises(ValueError, match="nowhere"):
        thing.go()  # type: ignore[attr-defined]  # only now


def test_the_library_adds_nothing_where_there_is_no_model() -> None:
    class Light:
        __slots__ = ("state",)

    made = machine(model=None, auto_transitions=False, transitions=[["go", "a", "b"]])
    light = Light()
    light.state = "a"

    made.events["go"].trigger(light)

    assert (light.state, made.models) == ("b", [])


def test_the_library_adds_methods_to_a_model() -> None:
    thing = Thing()
    machine(model=thing, auto_transitions=False, transitions=[["go", "a", "b"]])

    assert {"go", "trigger", "is_a", "may_go"} <= set(vars(thing))


def test_judging_moves_nothing_and_says_where_it_would_lead() -> None:
    asked = request()

    judgement = lifecycle().judge(asked)

    assert (judgement.blockers, judgement.target, asked.state) == ((), "agreed", "asked")


@pytest.mark.parametrize("ask", ["judge", "step"])
def test_judging_and_stepping_find_the_same(ask: str) -> None:
    made = lifecycle(lambda request: Blocker("no"), gate={"evidence": ["note"]})

    found = getattr(made, ask)(request({"evidence": ["note"]}))

    assert ([v.name for v in found.verdicts], [b.code for b in found.blockers]) == (
        ["role", "separation", "approvals", "evidence", "reason", "own_0", "conditions"],
        ["evidence_missing", "host_guard"],
    )


# --- $previous -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("previous", ["asked", "agreed"])
def test_resuming_leads_back_to_where_it_was_paused(previous: str) -> None:
    made = lifecycle()
    asked = request(transition=made.workflow.transitions["resume"], state="paused", previous=previous)

    assert made.step(asked).target == previous


@pytest.mark.parametrize("previous", [None, "done", "nowhere"])
def test_resuming_leads_nowhere_else(previous: str | None) -> None:
    made = lifecycle()
    asked = request(transition=made.workflow.transitions["resume"], state="paused", previous=previous)

    assert made.step(asked).target is None


# --- conformance -----------------------------------------------------------------------------------------------


def declared(definition: Workflow) -> set[tuple[str, str, str]]:
    """Every (transition, source, destination) of a definition, from its document alone."""
    suspended_from = {
        target: {
            source for other in definition.transitions.values() if other.target == target for source in other.sources
        }
        for target in definition.states
    }
    return {
        (name, source, target)
        for name, transition in definition.transitions.items()
        for source in transition.sources
        for target in (suspended_from[source] if transition.target == "$previous" else {transition.target})
    }


@pytest.mark.parametrize("name", shipped())
def test_the_machine_is_the_definition_and_nothing_else(name: str) -> None:
    definition = load_shipped(name)

    edges = [*Lifecycle(definition, BUILT_IN).edges()]

    assert (set(edges), len(edges)) == (declared(definition), len(declared(definition)))


@pytest.mark.parametrize("name", shipped())
def test_what_leaves_a_state_is_what_the_definition_says(name: str) -> None:
    definition = load_shipped(name)
    made = Lifecycle(definition, BUILT_IN)

    leaving = {state: set(made.leaving(state)) for state in definition.states}

    assert leaving == {
        state: {t.id for t in definition.transitions.values() if state in t.sources} for state in definition.states
    }


@pytest.mark.parametrize("name", shipped())
def test_from_every_state_only_what_the_definition_says_is_possible(name: str) -> None:
    """Every transition is tried from every state, by somebody who holds every role, with nothing to separate."""
    definition = load_shipped(name)
    made = Lifecycle(definition, BUILT_IN)
    asked = request(workflow=definition, grants=[Grant("alice", role, "g") for role in definition.roles])

    possible = {
        (transition.id, state)
        for transition in definition.transitions.values()
        for state in definition.states
        if made.judge(replace(asked, transition=transition, state=state, previous=made.workflow.initial.id)).target
    }

    assert possible == {(t.id, source) for t in definition.transitions.values() for source in t.sources}


def test_a_hold_with_one_source_resumes_there() -> None:
    definition = build(
        document(step("pause", "asked", "paused", kind="suspend"), step("resume", "paused", "$previous", kind="resume"))
    )

    assert set(Lifecycle(definition, BUILT_IN).edges()) == {
        ("pause", "asked", "paused"),
        ("resume", "paused", "asked"),
    }


# --- threads ---------------------------------------------------------------------------------------------------


def test_t30_threads_share_one_lifecycle_and_do_not_meet() -> None:
    barrier = threading.Barrier(8)

    def slow(asked: Request) -> Blocker | None:
        threading.Event().wait(0.0005)
        return None if asked.key.endswith("0") else Blocker("odd", {"key": asked.key})

    made = lifecycle(slow)

    def ask(number: int) -> tuple[str, tuple[Any, ...], int]:
        if number < 8:
            barrier.wait()
        key = f"P{number}"
        judgement = made.step(request(key=key))
        return key, tuple(b.params["key"] for b in judgement.blockers), len(judgement.verdicts)

    with ThreadPoolExecutor(8) as threads:
        answers = [*threads.map(ask, range(200))]

    assert answers == [(f"P{n}", () if n % 10 == 0 else (f"P{n}",), 7) for n in range(200)]


def test_every_verdict_is_of_the_guard_that_was_asked() -> None:
    found = lifecycle().judge(request()).verdicts

    assert all(isinstance(verdict, Verdict) for verdict in found)
