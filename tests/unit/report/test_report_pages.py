"""Minutes and agendas, as Markdown and HTML, from plain values."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from markdown_it import MarkdownIt

from flowgov.dossier.deadlines import Deadline
from flowgov.dossier.health import Health, Reason, Signal
from flowgov.dossier.meetings import (
    PORTFOLIO,
    Action,
    Agenda,
    Meeting,
    RiskToReview,
    Series,
    Waiting,
)
from flowgov.dossier.rhythm import Rhythm
from flowgov.i18n import LANGUAGES, Language
from flowgov.report.agenda import agenda
from flowgov.report.minutes import minutes
from flowgov.report.page import FORMATS, Page, PageFormat, Part, html, markdown, rendered

NAMES = {"kbenali": "Karim Benali", "ykerbrat": "Yann Kerbrat"}
SERIES = Series(
    "CRM", 14, 30, "2026-01-26", "09:30", "Europe/Paris", "kbenali", ("kbenali", "ykerbrat"), "Salle A", 1,
    "2026-01-20T09:00:00.000000Z",
)  # fmt: skip
ACTION = Action("CRM", "AC-01", "Obtenir l'engagement écrit", "ykerbrat", "2026-03-23", "2026-04-03", meeting="M-05")
MEETING = Meeting(
    project="CRM",
    key="M-05",
    held="2026-03-23",
    recorded="2026-03-23T10:00:00.000000Z",
    chair="kbenali",
    present=("kbenali", "ykerbrat"),
    excused=("htallec",),
    decisions=("Demander l'export natif", None),
    actions=("AC-01",),
    risks=("R-01", "R-02"),
    seq=17,
    notes="Rien d'autre",
)
HEALTH = Health(
    "CRM",
    "2026-04-20T09:00:00.000000Z",
    Signal("roles", "green"),
    Signal("rhythm", "amber", (Reason("missed", {"missed": 2, "every": 14, "last": "2026-03-23"}),)),
    Signal("risks", "none"),
)
AGENDA = Agenda(
    project="CRM",
    title="Déploiement d'un CRM",
    day="2026-04-20",
    made="2026-04-20",
    series=SERIES,
    rhythm=Rhythm(14, planned=True, last=date(2026, 3, 23), missed=1, frozen=False, next=date(2026, 4, 20)),
    waiting=(
        Waiting("CRM", "deploy", {"en": "Deploy", "fr": "Déployer"}, "2026-04-08T09:00:00.000000Z", ("ykerbrat",),
                ("kbenali",), 2, "2026-04-15", overdue=True),
    ),
    ending=(Deadline("exception", "CRM", "EX-0042", "2026-05-04", late=False, persons=("htallec",)),),
    risks=(RiskToReview("CRM", "R-06", "Injection de code", 4, ("high", "measure_late"), {"late": "2026-04-01"}),),
    actions=(ACTION,),
    last=MEETING,
    health=(HEALTH,),
)  # fmt: skip


def table_of(page: Page, title: str) -> Part:
    return next(part for part in page.parts if part.title == title)


def test_minutes_say_who_was_there_and_what_was_decided() -> None:
    page = minutes(MEETING, [ACTION], "Déploiement d'un CRM", NAMES, "fr")

    assert markdown(page) == (
        "# Compte rendu M-05\n\n"
        "**CRM · Déploiement d'un CRM**\n\n"
        "- Tenu le\u00a0: **23 mars 2026**\n"
        "- Enregistré le\u00a0: **23/03/2026**\n"
        "- Animation\u00a0: **Karim Benali**\n"
        "- Présents\u00a0: **Karim Benali, Yann Kerbrat**\n"
        "- Excusés\u00a0: **htallec**\n"
        "- Risques revus\u00a0: **R-01, R-02**\n\n"
        "## Décisions\n\n"
        "1. Demander l'export natif\n"
        "2. (caviardé)\n\n"
        "## Actions convenues\n\n"
        "| Action | Objet | Qui | Échéance | Fait le |\n"
        "| --- | --- | --- | --- | --- |\n"
        "| AC-01 | Obtenir l'engagement écrit | Yann Kerbrat | 03/04/2026 | — |\n\n"
        "## Notes\n\n"
        "1. Rien d'autre\n\n"
        "*Enregistrement 17 de la chaîne de CRM. Une décision notée ici ne vaut pas approbation d'un jalon.*\n"
    )


def test_minutes_recorded_later_say_how_much_later() -> None:
    late = replace(MEETING, recorded="2026-04-02T10:00:00.000000Z")

    facts = dict(minutes(late, [], "CRM", NAMES, "en").facts)

    assert facts["Recorded"] == "2026-04-02 (10 days later)"


def test_a_meeting_without_decisions_or_actions_says_so() -> None:
    empty = replace(MEETING, decisions=(), actions=(), notes=None)

    page = minutes(empty, [ACTION], "CRM", NAMES, "en")

    assert [(part.title, part.rows, part.nothing) for part in page.parts if part.shown] == [
        ("Decisions", (), "None."),
        ("Actions agreed on", (), "None."),
    ]


def test_an_action_that_was_redacted_keeps_its_line() -> None:
    page = minutes(MEETING, [replace(ACTION, what=None, done="2026-04-02")], "CRM", NAMES, "en")

    assert table_of(page, "Actions agreed on").rows == (
        ("AC-01", "(redacted)", "Yann Kerbrat", "2026-04-03", "2026-04-02"),
    )


def test_an_agenda_lists_what_waits_and_what_is_late() -> None:
    page = agenda(AGENDA, NAMES, "en")

    assert [(part.title, part.rows) for part in page.parts] == [
        (
            "Signals",
            (
                ("roles", "green", ""),
                (
                    "rhythm",
                    "amber",
                    "2 points missed in a row; the last meeting was on 2026-03-23, one is due every 14 days.",
                ),
                ("risks", "–", ""),
            ),
        ),
        (
            "Gates that wait",
            (("Deploy", "Yann Kerbrat", "Karim Benali", "2", "2026-04-08", "2026-04-15 (late)"),),
        ),
        ("Ends, or is due, within 30 days", (("the exception EX-0042", "", "htallec", "2026-05-04"),)),
        (
            "Risks to review",
            (("R-06", "Injection de code", "4", "high and not treated; a measure is overdue since 2026-04-01"),),
        ),
        ("Open actions", (("AC-01", "Obtenir l'engagement écrit", "Yann Kerbrat", "2026-04-03 (late)"),)),
        ("Decided last time", (("Demander l'export natif",), ("(redacted)",))),
    ]


def test_an_agenda_says_when_where_and_how_often() -> None:
    assert dict(agenda(AGENDA, NAMES, "en").facts) == {
        "Day": "20 April 2026",
        "Time": "09:30, 30 minutes (Europe/Paris)",
        "Place": "Salle A",
        "Chair": "Karim Benali",
        "Participants": "Karim Benali, Yann Kerbrat",
        "Last meeting": "23 March 2026",
        "Rhythm": "every 14 days; missed in a row: 1",
    }


@pytest.mark.parametrize(
    ("rhythm", "said"),
    [
        (None, None),
        (Rhythm(7, planned=True, last=None, missed=0, frozen=False, next=None), "every 7 days"),
        (Rhythm(7, planned=True, last=None, missed=4, frozen=True, next=None), "every 7 days; on hold, none expected"),
    ],
)
def test_an_agenda_says_how_the_rhythm_is_kept(rhythm: Rhythm | None, said: str | None) -> None:
    facts = dict(agenda(replace(AGENDA, rhythm=rhythm, series=None, last=None), NAMES, "en").facts)

    assert facts.get("Rhythm") == said


def test_a_time_of_day_stays_with_its_day() -> None:
    hours = replace(AGENDA, waiting=(replace(AGENDA.waiting[0], due="2026-04-15 16:00", overdue=False),))

    assert table_of(agenda(hours, NAMES, "fr"), "Jalons en attente").rows[0][-1] == "15/04/2026 16:00"


def test_what_is_late_is_late_on_the_day_the_agenda_is_made() -> None:
    page = agenda(replace(AGENDA, made="2026-04-01"), NAMES, "en")

    assert (table_of(page, "Open actions").rows[0][-1], page.footer) == (
        "2026-04-03",
        "Made of what the registers say on 2026-04-01.",
    )


def test_several_reasons_are_told_apart_as_the_language_does() -> None:
    why = table_of(agenda(AGENDA, NAMES, "fr"), "Risques à revoir").rows[0][-1]

    assert why == "élevé et non traité ; une mesure en retard depuis le 2026-04-01"


def test_where_working_days_cannot_be_counted_the_page_says_so() -> None:
    facts = dict(agenda(replace(AGENDA, due_known=False), NAMES, "en").facts)

    assert "flowgov[calendar]" in facts["Due times"]


def test_the_portfolios_agenda_names_the_project_of_everything() -> None:
    across = replace(
        AGENDA,
        project=PORTFOLIO,
        title="Maison Tallec SAS",
        waiting=(replace(AGENDA.waiting[0], movers=(), due=None, overdue=False),),
        risks=(replace(AGENDA.risks[0], title=None, level=None),),
        ending=(Deadline("contract", None, "C-01", "2026-05-04", late=True, title="Éditeur"),),
        actions=(replace(ACTION, project=PORTFOLIO, what=None, due="2026-05-01"),),
        last=None,
    )

    page = agenda(across, NAMES, "en")

    assert (page.subtitle, [part.rows for part in page.parts]) == (
        "Maison Tallec SAS",
        [
            (
                (
                    "CRM",
                    "rhythm",
                    "amber",
                    "2 points missed in a row; the last meeting was on 2026-03-23, one is due every 14 days.",
                ),
            ),
            (("CRM", "Deploy", "nobody", "Karim Benali", "2", "2026-04-08", ""),),
            (("", "the contract C-01", "Éditeur", "", "2026-05-04 (late)"),),
            (("CRM", "R-06", "(redacted)", "", "high and not treated; a measure is overdue since 2026-04-01"),),
            (("", "AC-01", "(redacted)", "Yann Kerbrat", "2026-05-01"),),
            (),
        ],
    )


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("format", FORMATS)
def test_what_people_wrote_is_never_taken_for_markup(format: PageFormat, lang: Language) -> None:
    nasty = "<script>alert(1)</script> | **bold**\n# head"
    page = minutes(
        replace(MEETING, decisions=(nasty,), notes=nasty),
        [replace(ACTION, what=nasty)],
        nasty,
        {"kbenali": nasty},
        lang,
    )

    shown = rendered(page, format)

    as_html = MarkdownIt("commonmark", {"html": True}).enable("table").render(shown) if format == "md" else shown
    assert ("<script>" in as_html, "<strong>bold" in as_html, as_html.count("<h1>")) == (False, False, 1)


def test_the_html_page_asks_for_nothing_else() -> None:
    shown = html(minutes(MEETING, [ACTION], "CRM", NAMES, "fr"))

    assert ("default-src 'none'" in shown, "<script" in shown, "http://" in shown, 'lang="fr"' in shown) == (
        True,
        False,
        False,
        True,
    )


def test_a_part_without_rows_is_left_out_unless_it_says_so() -> None:
    page = Page("en", "T", "S", (), (Part("Empty", ()), Part("Said", (), nothing="None.")), "F")

    assert ("Empty" in html(page) + markdown(page), html(page).count("None."), markdown(page).count("None.")) == (
        False,
        1,
        1,
    )
