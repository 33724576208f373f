"""T32: what the log keeps for ever names nobody."""

from __future__ import annotations

import pytest
from sqlalchemy import create_engine, text

from flowgov import Engine, Source

CANARIES = (
    "canari-login",
    "Nom Canari",
    "canari@example.org",
    "Titre Canari",
    "Motif Canari",
    "https://canari",
    "oscanari",
)


@pytest.fixture
def bodies(engine: Engine, url: str) -> bytes:
    at_the_keyboard = Source(face="cli", os_user="oscanari", trusted=True)
    engine.add_person(
        "canari-login", name="Nom Canari", email="canari@example.org", by="htallec", source=at_the_keyboard
    )
    engine.grant_role("business_owner", "canari-login", by="htallec")
    engine.open_project(
        "CANARI", workflow="pme-light", title="Titre Canari", objective="Titre Canari", by="canari-login"
    )
    engine.add_evidence("CANARI", "charter", link="https://canari/charte", by="canari-login")
    engine.move("CANARI", "reject_need", reason="Motif Canari", by="canari-login", source=at_the_keyboard)
    database = create_engine(url)
    with database.connect() as connection:
        found = b"".join(bytes(row.body) for row in connection.execute(text("SELECT body FROM flowgov_record")))
    database.dispose()
    return found


@pytest.mark.parametrize("canary", CANARIES)
def test_t32_personal_data_no_record_holds_a_name_or_a_free_text(bodies: bytes, canary: str) -> None:
    assert canary.encode() not in bodies


def test_t32_personal_data_the_log_shows_names_from_the_cards_beside_it(engine: Engine, bodies: bytes) -> None:
    last = engine.history("CANARI")[-1]

    assert (last.actor, last.texts["reason"]) == ("canari-login", "Motif Canari")
