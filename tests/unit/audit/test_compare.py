"""Every cell of every table is compared with what the log says; and every row that is missing, or too much."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from tests.unit.audit.shelves import WITH_A_TREE, FrozenShelf

from flowgov.audit.chain import Chain
from flowgov.audit.compare import COLUMNS, ProjectRows, archived
from flowgov.audit.finding import Finding, Findings
from flowgov.audit.standing import Archived
from flowgov.audit.verify import verify
from flowgov.store import tables

PERSONAL = {"login", "name", "email", "title", "objective", "label", "reason", "compensating", "risk"} | {
    "reservation",
    "texts",
}
KEYS = {
    "person": 1,
    "assignment": 1,
    "exception": 1,
    "approval": 2,
    "evidence": 2,
    "workflow": 1,
    "project": 1,
    "entry": 3,
}
"""How many columns name a row."""
HEADS = ("seq", "head", "ts")


@pytest.mark.parametrize("table", COLUMNS)
def test_every_column_of_a_table_is_compared(table: str) -> None:
    stored = {column.name for column in tables.metadata.tables[f"flowgov_{table}"].columns}

    assert sorted(COLUMNS[table]) == sorted(stored)


def another(value: Any) -> Any:
    """A value of the same type that says something else."""
    if isinstance(value, bytes):
        return value + b" "
    return 1 if value is None else value + 1 if isinstance(value, int) else f"{value}x"


def live(shelf: FrozenShelf, table: str) -> list[Any]:
    """The last row of a table that is not about an archived project."""
    stray = {id_ for _, id_ in shelf.strays()}
    return next(row for row in reversed(shelf.tables[table]) if row[0] not in stray)


def found(shelf: FrozenShelf) -> list[tuple[str, Any, Any]]:
    """Code, what it is about, and the column, of every finding."""
    return [(f.code, f.params.get("about"), f.params.get("column")) for f in verify(shelf).findings]


def altered(table: str, column: str) -> tuple[list[tuple[str, Any, Any]], Finding]:
    """What is found once a cell is altered."""
    shelf = FrozenShelf(WITH_A_TREE)
    row, at = live(shelf, table), COLUMNS[table].index(column)
    row[at] = another(row[at])
    return found(shelf), verify(shelf).findings[0]


CELLS = [
    (table, column)
    for table, columns in COLUMNS.items()
    for column in columns[KEYS.get(table, 0) :]
    if table not in ("organisation", "project", "workflow") or column not in HEADS
]


@pytest.mark.parametrize(("table", "column"), [cell for cell in CELLS if cell[0] not in ("workflow", "entry")])
def test_a_cell_that_was_altered_is_named(table: str, column: str) -> None:
    all_, first = altered(table, column)

    assert all_ == [("STATE_MISMATCH", "text" if column in PERSONAL else None, column)]
    assert first.params["table"] == table
    assert ("found" in first.params) == (column not in PERSONAL)


def test_what_was_found_and_what_was_expected_is_told_but_for_texts() -> None:
    shelf = FrozenShelf(WITH_A_TREE)
    row = live(shelf, "project")
    row[5], expected = "closed", row[5]

    [finding] = verify(shelf).findings

    assert finding.params == {"table": "project", "column": "state", "found": "closed", "expected": expected}


def test_two_cells_of_a_row_are_two_findings() -> None:
    shelf = FrozenShelf(WITH_A_TREE)
    row = live(shelf, "project")
    row[5], row[7] = "closed", 99

    assert [column for *_, column in found(shelf)] == ["state", "cycle"]


@pytest.mark.parametrize("column", COLUMNS["workflow"][1:])
def test_a_definition_that_was_altered_is_named(column: str) -> None:
    all_, first = altered("workflow", column)

    assert all_[0] == ("WORKFLOW_MODIFIED", None, None)
    assert "@" in first.params["name"]


def test_a_definition_whose_columns_agree_but_not_its_bytes_is_named() -> None:
    """The hash is right, and what is hashed says another name than the record of its registration."""
    shelf = FrozenShelf()
    shelf.rewrite(shelf.place("workflow.registered"), wf={**_wf(shelf), "id": "other"})
    next(row for row in shelf.tables["workflow"] if row[0] == _wf(shelf)["sha256"])[1] = "other"

    assert "WORKFLOW_MODIFIED" in [code for code, *_ in found(shelf)]


@pytest.mark.parametrize("table", ["organisation", "project"])
@pytest.mark.parametrize(
    ("column", "to", "code"),
    [
        ("seq", lambda seq: seq + 2, "TRUNCATED"),
        ("seq", lambda seq: seq - 1, "HEAD_MISMATCH"),
        ("seq", lambda seq: "x", "HEAD_MISMATCH"),
        ("ts", lambda ts: f"{ts}x", "HEAD_MISMATCH"),
    ],
)
def test_a_row_that_names_another_end_of_its_chain_is_named(
    table: str, column: str, to: Callable[[Any], Any], code: str
) -> None:
    shelf = FrozenShelf()
    row = live(shelf, table)
    at = COLUMNS[table].index(column)
    seq, row[at] = row[-3], to(row[at])

    [finding] = verify(shelf).findings

    assert finding.code == code
    if code == "TRUNCATED":
        assert (finding.seq, finding.params) == (seq + 1, {"until": seq + 2})
    else:
        assert (finding.seq, finding.params) == (seq, {"table": table, "column": column})


def test_a_row_that_names_another_head_is_named_once() -> None:
    shelf = FrozenShelf()
    live(shelf, "project")[-2] = "0" * 64

    assert found(shelf) == [("HEAD_MISMATCH", None, "head")]


MISSING = {
    "person": ("STATE_MISMATCH", "missing"),
    "assignment": ("ROLE_LOST", None),
    "exception": ("STATE_MISMATCH", "missing"),
    "workflow": ("WORKFLOW_MODIFIED", "missing"),
    "approval": ("STATE_MISMATCH", "missing"),
    "evidence": ("STATE_MISMATCH", "missing"),
    "project": ("PROJECT_MISSING", "row"),
}
EXTRA = {
    "person": ("STATE_MISMATCH", "extra"),
    "assignment": ("ROLE_UNLOGGED", None),
    "exception": ("STATE_MISMATCH", "extra"),
    "workflow": ("WORKFLOW_UNPUBLISHED", None),
    "approval": ("STATE_MISMATCH", "extra"),
    "evidence": ("STATE_MISMATCH", "extra"),
    "project": ("PROJECT_MISSING", "chain"),
}


@pytest.mark.parametrize("table", MISSING)
def test_a_row_that_is_missing_is_found(table: str) -> None:
    shelf = FrozenShelf()
    shelf.tables[table].remove(live(shelf, table))

    assert (*MISSING[table], None) in found(shelf)


@pytest.mark.parametrize("table", EXTRA)
def test_a_row_that_is_too_much_is_found(table: str) -> None:
    shelf = FrozenShelf()
    row = [*live(shelf, table)]
    at = KEYS[table] - 1
    row[at] = another(row[at])
    shelf.tables[table].append(row)

    assert found(shelf) == [(*EXTRA[table], None)]


@pytest.mark.parametrize("table", ["person", "assignment", "exception", "workflow"])
def test_a_row_that_comes_twice_is_too_much(table: str) -> None:
    shelf = FrozenShelf()
    shelf.tables[table].append(live(shelf, table))

    assert found(shelf) == [(*EXTRA[table], None)]


@pytest.mark.parametrize("table", ["person", "assignment", "exception", "workflow"])
def test_where_records_are_missing_no_row_is_too_much(table: str) -> None:
    """The record that made it may be the one that is missing; what is missing is told."""
    shelf = FrozenShelf()
    row = [*live(shelf, table)]
    row[0] = another(row[0])
    shelf.tables[table].append(row)
    del shelf.records[shelf.place("administration.refused")]

    codes = {(code, about) for code, about, _ in found(shelf)}

    assert EXTRA[table] not in codes
    assert ("SEQ_GAP", None) in codes


@pytest.mark.parametrize("table", ["approval", "evidence"])
def test_a_row_that_is_missing_or_too_much_is_told_by_its_whole_name(table: str) -> None:
    shelf = FrozenShelf()
    row = live(shelf, table)
    shelf.tables[table].remove(row)

    [finding] = verify(shelf).findings

    assert (finding.seq, finding.params["row"], finding.params["table"]) == (row[1], f"{row[0]}/{row[1]}", table)


def test_where_records_of_a_project_are_missing_its_rows_are_not_compared() -> None:
    shelf = FrozenShelf()
    gone = shelf.records.pop(shelf.place("project.move_refused"))
    next(row for row in shelf.tables["project"] if f"prj:{row[0]}" == gone[1])[5] = "closed"

    assert "STATE_MISMATCH" not in {code for code, *_ in found(shelf)}


def test_a_project_that_was_never_opened_is_not_compared_with_its_row() -> None:
    shelf = FrozenShelf()
    del shelf.records[shelf.place("project.opened")]

    assert "STATE_MISMATCH" not in {code for code, *_ in found(shelf)}


def test_a_role_whose_record_was_altered_may_still_name_the_original() -> None:
    shelf = FrozenShelf()
    shelf.rewrite(shelf.place("role.granted", 4), code="9")

    assert [code for code, *_ in found(shelf)] == ["RECORD_MODIFIED"]


def test_a_truncated_projects_row_is_not_compared_any_further() -> None:
    shelf = FrozenShelf()
    row = live(shelf, "project")
    row[-3], row[5] = row[-3] + 2, "closed"

    assert found(shelf) == [("TRUNCATED", None, None)]


@pytest.mark.parametrize("stream", ["org", "prj"])
def test_the_head_in_the_row_attests_the_last_record(stream: str) -> None:
    shelf = FrozenShelf()
    last = max(at for at, row in enumerate(shelf.records) if row[1].startswith(stream))
    shelf.rewrite(last - 1, code="9")

    [finding] = verify(shelf).findings

    assert (finding.code, finding.seq) == ("RECORD_MODIFIED", shelf.records[last - 1][2])


def test_an_organisation_whose_founding_is_missing_is_not_compared_with_its_row() -> None:
    shelf = FrozenShelf()
    del shelf.records[0]

    assert not [f for f in verify(shelf).findings if f.params.get("table") == "organisation"]


def test_an_organisation_without_a_row_is_named_as_such() -> None:
    shelf = FrozenShelf()
    shelf.tables["organisation"].clear()

    assert found(shelf)[0] == ("PROJECT_MISSING", "organisation", None)


@pytest.mark.parametrize("body", ["text", None, 7])
def test_a_definition_that_is_no_bytes_was_altered(body: Any) -> None:
    shelf = FrozenShelf()
    live(shelf, "workflow")[4] = body

    assert found(shelf)[0] == ("WORKFLOW_MODIFIED", None, None)


def test_a_role_without_a_record_is_told_by_role_and_person() -> None:
    shelf = FrozenShelf()
    row = ["another", *live(shelf, "assignment")[1:]]
    shelf.tables["assignment"].append(row)

    assert verify(shelf).findings[0].params == {"role": row[2], "person": row[1]}


# --- archived projects ----------------------------------------------------------------------------------------------


def test_the_frozen_log_has_one_archived_project() -> None:
    assert len(list(FrozenShelf(WITH_A_TREE).strays())) == 1


@pytest.mark.parametrize("column", [*COLUMNS["project"][1:]])
def test_a_cell_of_an_archived_project_that_was_altered_is_found(column: str) -> None:
    shelf = FrozenShelf(WITH_A_TREE)
    [(_, id_)] = shelf.strays()
    row = next(row for row in shelf.tables["project"] if row[0] == id_)
    at = COLUMNS["project"].index(column)
    row[at] = another(row[at])

    [finding] = verify(shelf).findings

    assert (finding.code, finding.params) == ("ARCHIVE_MISMATCH", {"about": "head", "name": row[1]})
    assert finding.seq == shelf.records[shelf.place("project.archived")][2]


@pytest.mark.parametrize("table", ["approval", "evidence"])
def test_an_archived_project_has_no_rows_left(table: str) -> None:
    shelf = FrozenShelf(WITH_A_TREE)
    [(_, id_)] = shelf.strays()
    shelf.tables[table].append([id_, *shelf.tables[table][0][1:]])

    assert found(shelf) == [("ARCHIVE_MISMATCH", "head", None)]


def test_the_row_of_an_archived_project_is_compared_with_the_record_that_says_so_only() -> None:
    """Its records may be read from the archive; they say what it was, not what is left of it."""
    shelf = FrozenShelf(WITH_A_TREE)
    id_ = shelf.records[shelf.place("project.opened")][1].removeprefix("prj:")
    shelf.rewrite(shelf.place("project.archived"), project=id_)
    next(row for row in shelf.tables["project"] if row[0] == id_)[5] = "closed"

    assert "STATE_MISMATCH" not in {code for code, *_ in found(shelf)}


def test_an_archived_project_without_a_row_is_missing() -> None:
    shelf = FrozenShelf(WITH_A_TREE)
    [(_, id_)] = shelf.strays()
    shelf.tables["project"] = [row for row in shelf.tables["project"] if row[0] != id_]

    assert found(shelf) == [("PROJECT_MISSING", "row", None)]


@pytest.mark.parametrize("personal_data", [0, False])
def test_yes_and_no_are_the_same_whatever_the_database_calls_them(personal_data: Any) -> None:
    shelf, findings = FrozenShelf(WITH_A_TREE), Findings()
    [(_, id_)] = shelf.strays()
    row = [*next(row for row in shelf.tables["project"] if row[0] == id_)]
    row[10] = personal_data
    stone = Archived(row[14], row[15], row[16], _row_of(shelf), 0, row[2], row[3])

    archived(Chain("org", 1, None, findings), stone, ProjectRows(row))

    assert findings.kept == []


def _row_of(shelf: FrozenShelf) -> str:
    return str(json.loads(shelf.records[shelf.place("project.archived")][3])["row"])


def _wf(shelf: FrozenShelf) -> dict[str, Any]:
    found_: dict[str, Any] = json.loads(shelf.records[shelf.place("workflow.registered")][3])["wf"]
    return found_
