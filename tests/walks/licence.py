"""A lifecycle with dates, timers and evidence that expires, and the people on it."""

from __future__ import annotations

from flowgov import Engine
from flowgov.workflow.load import load_text

LICENCE = """
id: licence
version: 1.0.0
title: {en: Licence, fr: Licence}
separation: warn
roles:
  business_owner: {en: Business owner, fr: Responsable métiers}
  technical_owner: {en: Technical owner, fr: Responsable technique}
evidence:
  test: {en: Test, fr: Test, valid_days: 30}
dates:
  authorisation_valid_until: {en: Valid until, fr: Valable jusqu'au, min_days: 180, max_days: 1096}
  change_window_start: {en: From, fr: Du}
  change_window_end: {en: To, fr: Au}
states:
  asked: {kind: initial, stage: need_expressed, en: Asked, fr: Demandée}
  given: {stage: secured, en: Given, fr: Donnée}
  used: {kind: final, stage: deployed, en: Used, fr: Utilisée}
  over: {kind: recovery, stage: secured, en: Over, fr: Échue}
  on_hold: {kind: suspended, en: On hold, fr: Suspendue}
transitions:
  give:
    {from: asked, to: given, kind: gate, fire: [business_owner], evidence: [test],
     sets: [authorisation_valid_until, change_window_start, change_window_end], en: Give, fr: Donner}
  use:
    {from: given, to: used, kind: gate, fire: [technical_owner], guards: [authorisation_in_force, within_change_window],
     en: Use, fr: Utiliser}
  expire:
    {from: given, to: over, kind: timer, fire: [$system], timer: {date: authorisation_valid_until},
     en: Expire, fr: Échoir}
  again: {from: over, to: asked, kind: rework, fire: [business_owner], en: Again, fr: Reprendre}
  hold: {from: [asked, given], to: on_hold, kind: suspend, fire: [business_owner], en: Hold, fr: Suspendre}
  resume:
    {from: on_hold, to: $previous, kind: resume, fire: [business_owner], guards: [evidence_not_expired],
     en: Resume, fr: Reprendre}
"""
DATES = {
    "authorisation_valid_until": "2026-11-20",
    "change_window_start": "2026-01-12",
    "change_window_end": "2026-01-16",
}


def licensed(engine: Engine, *keys: str) -> None:
    """Open projects on the lifecycle; kbenali owns the business side, ykerbrat the technical one."""
    engine.register_workflow(load_text(LICENCE), by="htallec")
    engine.grant_role("business_owner", "kbenali", by="htallec")
    engine.grant_role("technical_owner", "ykerbrat", by="htallec")
    for key in keys:
        engine.open_project(key, workflow="licence", title=f"Licence {key}", by="ebihan")
