"""CSV that a spreadsheet can open without harm."""

from __future__ import annotations

import csv
import io

import pytest
from tests.unit.report import seals

from flowgov.report import render_csv
from flowgov.report.seal import Seal
from flowgov.report.values import Fact, Mark, Moment, Report, Section, Table, columns

FORMULAS = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", ' "=1', "'=1", "  =1", "＝1", "－1", "\ufeff=1")
HARMLESS = ("CRM", "a=b", "1-2", "Déploiement", "", "«=»", "2026-01-05")


def report(*rows: tuple[str | int | Mark | Moment, ...], lang: str = "en") -> Report:
    """A report of one table of two columns."""
    table = Table("gates", columns("project", "reason"), rows)
    sections = (Section("gates", tables=(table,)),)
    return Report(lang, "Maison Tallec", ("2026-01-01", "2026-01-31"), True, (), sections)  # type: ignore[arg-type]  # a language


@pytest.mark.parametrize("cell", FORMULAS)
def test_t20_a_text_that_could_be_a_formula_gets_an_apostrophe(cell: str) -> None:
    assert render_csv.harmless(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", HARMLESS)
def test_any_other_text_stays_as_it_is(cell: str) -> None:
    assert render_csv.harmless(cell) == cell


def test_a_cell_that_starts_a_formula_behind_the_separator_stays_inside_its_quotes() -> None:
    said = "".join(
        render_csv.render(
            report(
                (
                    "a,=1",
                    'b"',
                )
            ),
            "gates",
        )
    )

    assert said.endswith('"a,=1","b"""\r\n')


def test_spreadsheets_are_told_that_it_is_utf8() -> None:
    assert next(render_csv.render(report(), "gates")) == "\ufeff"


def test_french_spreadsheets_expect_semicolons() -> None:
    said = "".join(render_csv.render(report(("CRM", "a;b"), lang="fr"), "gates"))

    assert said == '\ufeffProjet;Motif\r\nCRM;"a;b"\r\n'


def test_moments_can_be_sorted_and_numbers_added() -> None:
    said = "".join(render_csv.render(report((Moment("2026-01-05T09:30:00.000000Z"), 1200), lang="fr"), "gates"))

    assert said.endswith("2026-01-05 09:30:00;1200\r\n")


def test_a_table_that_this_report_does_not_have_is_empty() -> None:
    assert "".join(render_csv.render(report(), "findings")) == "\ufeff"


def rows(section: Section, table: str) -> list[list[str]]:
    """A table of a report with one chapter, read as a spreadsheet does."""
    report = Report("en", "Maison Tallec", ("2026-01-01", "2026-01-31"), True, (), (section,))
    said = "".join(render_csv.render(report, table))
    return list(csv.reader(io.StringIO(said.removeprefix(render_csv.BOM), newline="")))


def checkpoint(seal: Seal | None) -> list[list[str]]:
    """The table of the checkpoint, without its heading."""
    return rows(Section("integrity", seal=seal), "checkpoint")[1:]


def test_the_checkpoint_is_a_table_of_one_row() -> None:
    note = seals.raw("witness.example.org/a")

    assert checkpoint(seals.seal("witness.example.org/a")) == [["50", seals.encoded(seals.ROOT), note]]


def test_a_log_without_a_checkpoint_has_no_row() -> None:
    assert checkpoint(None) == []


@pytest.mark.parametrize("origin", ["=cmd()", "-1", "@x", "\uff1dcmd()"])
def test_t20_a_checkpoint_that_could_be_a_formula_gets_an_apostrophe(origin: str) -> None:
    root = b"\xfb" * 32

    assert checkpoint(seals.seal(origin=origin, root=root)) == [
        ["50", f"'{seals.encoded(root)}", f"'{seals.raw(origin=origin, root=root)}"]
    ]


def test_t20_a_line_of_a_signature_stays_inside_its_cell() -> None:
    (row,) = checkpoint(seals.seal("=cmd()"))

    assert row[2].splitlines()[-1].startswith("— =cmd() ")


def test_a_list_of_facts_is_a_table() -> None:
    facts = (Fact("unsigned", 1200), Fact("verdict", Mark("holds")))

    assert rows(Section("integrity", facts), "integrity") == [
        ["What", "Value"],
        ["Records not signed yet", "1200"],
        ["Result of the verification", "The log holds"],
    ]
