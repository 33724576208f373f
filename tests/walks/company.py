"""Maison Tallec at work: who holds which role on the CRM project, in the walks through the library's face."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from flowgov import Engine, Refused

ROLES = {
    "business_owner": "kbenali",
    "technical_owner": "ykerbrat",
    "security_officer": "nroussel",
    "operations": "jprigent",
    "sponsor": "slegoff",
}
"""Everybody holds one role; ebihan, who expressed the need, holds none."""

PATH = {
    "validate_need": "kbenali",
    "approve_design": "ykerbrat",
    "confirm_secured": "nroussel",
    "deploy": "jprigent",
    "review": "kbenali",
}
"""The standard lifecycle's gates in order, and who passes them."""


def open_crm(engine: Engine, workflow: str = "standard", *, by: str = "ebihan", personal_data: bool = False) -> None:
    """Open the CRM project with nobody on it."""
    engine.open_project("CRM", workflow=workflow, title="Déploiement d'un CRM", by=by, personal_data=personal_data)


def staffed_crm(engine: Engine, workflow: str = "standard", *, personal_data: bool = False, **others: str) -> None:
    """Open the CRM project with everybody in the one role that `ROLES` gives them; *others* add or replace."""
    open_crm(engine, workflow, personal_data=personal_data)
    roles = engine.project("CRM").workflow.roles
    for role, login in {**ROLES, **others}.items():
        if role in roles:
            give(engine, role, login)


def give(engine: Engine, role: str, login: str) -> None:
    """Have an administrator give *role* on the CRM project to *login*."""
    engine.grant_role(role, login, project="CRM", by="htallec" if login != "htallec" else "slegoff")


def walk_to(engine: Engine, last: str) -> None:
    """Pass the standard lifecycle's gates up to and including *last*."""
    from flowgov.testing import pass_gate

    for transition, by in PATH.items():
        pass_gate(engine, "CRM", transition, by=by)
        if transition == last:
            return


def codes(decision: object) -> set[str]:
    """The codes of a decision's blockers."""
    return {blocker.code for blocker in decision.blockers}  # type: ignore[attr-defined]  # a Decision


def refused(deed: Callable[[], object]) -> set[str]:
    """The codes of what blocks *deed*."""
    with pytest.raises(Refused) as caught:
        deed()
    return codes(caught.value.decision)


def holds(engine: Engine) -> bool:
    """Whether the whole log, replayed, is what the tables say."""
    return engine.verify().holds
