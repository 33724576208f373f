"""The state machine: the only module that knows the transitions library.

One `Lifecycle` per definition, shared by all its projects and by threads. The Machine built from the
definition decides which transition is legal from where; its conditions are the guards. What transitions would
do by default and must not do here is pinned by contract tests in ``tests/unit/test_machine_contract.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from transitions import EventData, Machine
from transitions.core import Event, Transition

from flowgov.canonical import Json
from flowgov.guarding import times
from flowgov.guarding.known import ALWAYS
from flowgov.guarding.outcomes import LAST
from flowgov.guards import ALWAYS_READ, Blocker, Check, Guard, Verdict
from flowgov.request import Request
from flowgov.workflow.model import Workflow


@dataclass(slots=True)
class Judgement:
    """What the machine found for one request."""

    verdicts: list[Verdict] = field(default_factory=list)
    target: str | None = None
    """Where the transition leads from here; None if it does not start here."""

    @property
    def blockers(self) -> tuple[Blocker, ...]:
        return tuple(blocker for verdict in self.verdicts for blocker in verdict.blockers)


class Reads(NamedTuple):
    """Kinds of entries, of the project and of the organisation, and kinds of evidence."""

    kinds: tuple[str, ...]
    shared: tuple[str, ...]
    evidence: tuple[str, ...]
    staff: bool = False
    """Whether somebody looks at everybody who holds a role."""


class Lifecycle:
    """A definition brought to life: what is possible from a state, and whether a request passes."""

    def __init__(self, workflow: Workflow, guards: Mapping[str, Guard]) -> None:
        """
        Raises:
            KeyError: the definition names a guard that *guards* lacks; check definitions before.
        """
        self.workflow = workflow
        self._reads: dict[str, Reads] = {}
        self._machine = _Machine(
            model=None,
            states=list(workflow.states),
            initial=workflow.initial.id,
            auto_transitions=False,
            send_event=True,
        )
        for transition in workflow.transitions.values():
            named = (*(guards[name] for name in transition.guards), *times.asked_of(transition), *LAST)
            always = (times.the_time_has_come, *ALWAYS[1:]) if transition.timer else ALWAYS
            asked: tuple[Check, ...] = (*always, *named)
            self._reads[transition.id] = Reads(
                tuple(
                    dict.fromkeys(
                        [*ALWAYS_READ, *times.read_for(transition), *(kind for guard in named for kind in guard.kinds)]
                    )
                ),
                tuple(dict.fromkeys(kind for guard in named for kind in guard.shared)),
                times.evidence_for(workflow, transition),
                any(guard.staff for guard in named),
            )
            conditions: list[str | Callable[..., bool | None]] = [_condition(guard) for guard in asked]
            for source in transition.sources:
                for target in workflow.destinations(transition):
                    self._machine.add_transition(transition.id, source, target, conditions=conditions)

    def reads(self, transition: str) -> Reads:
        """The entries that the guards of a transition look at."""
        return self._reads[transition]

    def judge(self, request: Request) -> Judgement:
        """Ask every guard; nothing moves."""
        return self._trigger(request, _Attempt(request, dry=True))

    def step(self, request: Request) -> Judgement:
        """Make the transition if no guard objects; `Judgement.target` is the state reached."""
        attempt = _Attempt(request, dry=False)
        judgement = self._trigger(request, attempt)
        assert attempt.moved is not bool(judgement.blockers), "the machine moves exactly when nothing blocks"
        return judgement

    def leaving(self, state: str) -> tuple[str, ...]:
        """The transitions that start in *state*, in the definition's order."""
        return tuple(name for name, event in self._machine.events.items() if event.transitions.get(state))

    def edges(self) -> Iterator[tuple[str, str, str]]:
        """Every (transition, source, destination) of the machine."""
        for name, event in self._machine.events.items():
            for steps in event.transitions.values():
                for step in steps:
                    assert step.dest is not None, "every transition leads somewhere"
                    yield name, step.source, step.dest

    def _trigger(self, request: Request, attempt: _Attempt) -> Judgement:
        subject = _Subject(request.state)
        event = self._machine.events[request.transition.id]
        attempt.moved = event.trigger(subject, attempt)
        if attempt.judgement.target is None:
            attempt.judgement.verdicts.append(self._not_from_here(request))
        assert not attempt.moved or subject.state == attempt.judgement.target
        return attempt.judgement

    def _not_from_here(self, request: Request) -> Verdict:
        params: dict[str, Json] = {
            "transition": request.transition.id,
            "state": request.state,
            "available": [*self.leaving(request.state)],
        }
        return Verdict("state", (Blocker("not_from_here", params, command=f"flowgov show {request.key}"),))


@dataclass(slots=True)
class _Attempt:
    """What one trigger carries through the library: the question, and the answers so far."""

    request: Request
    dry: bool
    judgement: Judgement = field(default_factory=Judgement)
    moved: bool = False


class _Subject:
    """The lightest thing transitions can move."""

    __slots__ = ("state",)

    def __init__(self, state: str) -> None:
        self.state = state


class _Gate(Transition):
    """A transition that asks every condition, so that a refusal lists all its reasons."""

    def _eval_conditions(self, event_data: EventData) -> bool:
        attempt = _attempt(event_data)
        attempt.judgement.target = self.dest
        passed = [condition.check(event_data) for condition in self.conditions]
        return all(passed) and not attempt.dry


class _GateEvent(Event):
    """An event that picks the one transition meant: ``$previous`` has a candidate for each former state."""

    def _process(self, event_data: EventData) -> bool:
        candidates = self.transitions[event_data.state.name]
        if len(candidates) > 1:
            previous = _attempt(event_data).request.previous
            candidates = [step for step in candidates if step.dest == previous]
        for step in candidates:
            event_data.transition = step
            event_data.result = bool(step.execute(event_data))
        return bool(event_data.result)

    def _is_valid_source(self, state: Any) -> bool:
        return state.name in self.transitions


class _Machine(Machine):
    """A Machine that never turns text into code: callbacks are functions or an error."""

    transition_cls = _Gate
    event_cls = _GateEvent

    @staticmethod
    def resolve_callable(func: object, _event_data: EventData) -> Callable[..., bool | None]:
        if not callable(func):
            raise TypeError(f"callbacks must be functions, not {func!r}")
        return func


def _condition(guard: Check) -> Callable[[EventData], bool]:
    def ask(event_data: EventData) -> bool:
        attempt = _attempt(event_data)
        verdict = guard(attempt.request)
        attempt.judgement.verdicts.append(verdict)
        return verdict.ok

    return ask


def _attempt(event_data: EventData) -> _Attempt:
    carried: list[_Attempt] = event_data.args  # type: ignore[assignment]  # the library types it as any iterable
    return carried[0]
