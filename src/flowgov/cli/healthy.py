"""The three signals of a project, as a terminal shows them: in words and signs, not in colour alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from flowgov.cli.call import Call
from flowgov.cli.table import safe

if TYPE_CHECKING:
    from flowgov.dossier.health import Health

_SIGNS = {"none": "–", "green": "✓", "amber": "!", "red": "✗"}
_STYLES = {"none": "faint", "green": "good", "amber": "warn", "red": "bad"}


def lights(call: Call, health: Health) -> str:
    """What is not green, on one line; a tick where everything is."""
    wrong = [signal for signal in health.signals if signal.level in ("amber", "red")]
    if not wrong:
        return call.style(_SIGNS[health.worst], _STYLES[health.worst])
    said = (f"{_SIGNS[s.level]} {call.text(f'meeting.signal.{s.name}')}" for s in wrong)
    return "  ".join(call.style(one, _STYLES[s.level]) for one, s in zip(said, wrong, strict=True))


def signals_shown(call: Call, health: Health) -> Iterator[str]:
    """Every signal with its reasons."""
    yield ""
    yield call.style(call.text("cli.health.title"), "head")
    for signal in health.signals:
        said = f"{_SIGNS[signal.level]} {signal.said(call.lang)}"
        yield f"  {call.style(safe(said), _STYLES[signal.level])}"
        yield from (f"    {safe(reason.message(call.lang))}" for reason in signal.reasons)
