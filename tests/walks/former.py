"""Definitions as they shipped before they spoke of duties, dates and registers: what they demand is still kept."""

from __future__ import annotations

from pathlib import Path

from flowgov import Engine, load_workflow

FORMER = Path(__file__).parents[1] / "lifecycles"


def with_former(engine: Engine, *names: str) -> Engine:
    """*engine*, where new projects get version 1.0.0 of these definitions."""
    for name in names:
        engine.register_workflow(load_workflow(FORMER / f"{name}.yaml"), by="htallec")
    return engine
