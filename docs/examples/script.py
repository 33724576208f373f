"""flowgov in a plain script: three people take a project through the first gates of a short lifecycle.

Run it with ``python script.py``; it makes ``governance.db`` in the present folder, or where its argument says.
"""

from __future__ import annotations

import sys

from flowgov import Engine, MoveRefused
from flowgov.workflow.shipped import load_shipped


def found(url: str) -> Engine:
    """A database of our own, its first administrator, and the people who decide."""
    engine = Engine.init(
        url,
        organisation="Maison Tallec SAS",
        administrator="htallec",
        name="Hélène Tallec",
        workflows=[load_shipped("pme-light")],
    )
    engine.add_person("kbenali", name="Karim Benali", by="htallec")
    engine.add_person("ykerbrat", name="Yann Kerbrat", by="htallec")
    engine.grant_role("business_owner", "kbenali", by="htallec")
    engine.grant_role("technical_owner", "ykerbrat", by="htallec")
    return engine


def express_need(engine: Engine) -> None:
    """Anybody known may open a project; what its first gate asks for is put on the table."""
    engine.open_project("CRM", workflow="pme-light", title="Roll out a CRM", by="kbenali")
    for kind in ("need_statement", "charter"):
        engine.add_evidence("CRM", kind, by="kbenali", link=f"https://intranet.example.org/crm/{kind}")


def try_alone(engine: Engine) -> None:
    """Who has validated the need does not approve the solution, too: the refusal says everything at once."""
    try:
        engine.move("CRM", "approve_design", by="kbenali")
    except MoveRefused as refused:
        print(refused.message())
        for blocker in refused.decision.blockers:
            print(f"- {blocker.message()} {blocker.remedy()}")


def main(url: str) -> None:
    with found(url) as engine:
        express_need(engine)
        receipt = engine.move("CRM", "validate_need", by="kbenali", reason="Budgeted for this year")
        print(f"CRM: {receipt.source} -> {receipt.target}, record {receipt.seq} of its chain")

        try_alone(engine)

        engine.add_evidence("CRM", "solution_note", by="ykerbrat", link="https://intranet.example.org/crm/note")
        engine.move("CRM", "approve_design", by="ykerbrat")
        project = engine.project("CRM")
        print(f"CRM stands at: {project.state.label['en']} / {project.state.label['fr']}")
        for entry in engine.history("CRM"):
            print(f"{entry.seq} {entry.event} {entry.outcome} {entry.actor}")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "sqlite:///governance.db")
