"""What somebody who owns the database might do to the log, and what verification must then name.

Each attack returns the finding it must lead to: code, chain, position of the record (None where it concerns none).
"""

from __future__ import annotations

import json
from collections.abc import Callable

from tests.faults.ownership import Owner

Expected = tuple[str, str, int | None]
Attack = Callable[[Owner], Expected]


# --- records ------------------------------------------------------------------------------------------------------


def a_byte_of_a_body(db: Owner) -> Expected:
    seq = db.seq("CRM", "project.opened")
    db.put("CRM", seq, db.body("CRM", seq).replace(b'"code":"0', b'"code":"9'))
    return "RECORD_MODIFIED", "CRM", seq


def a_byte_that_breaks_the_json(db: Owner) -> Expected:
    seq = db.seq("CRM", "approval.given")
    db.put("CRM", seq, b"[" + db.body("CRM", seq)[1:])
    return "RECORD_UNPARSABLE", "CRM", seq


def a_byte_that_is_not_utf_8(db: Owner) -> Expected:
    seq = db.seq("CRM", "approval.given")
    db.put("CRM", seq, db.body("CRM", seq).replace(b"library", b"librar\xff"))
    return "RECORD_UNPARSABLE", "CRM", seq


def a_space_between_two_keys(db: Owner) -> Expected:
    seq = db.seq("org", "role.granted", 2)
    db.put("org", seq, db.body("org", seq).replace(b',"code"', b', "code"'))
    return "RECORD_NOT_CANONICAL", "org", seq


def a_repeated_key(db: Owner) -> Expected:
    seq = db.seq("CRM", "project.moved")
    db.put("CRM", seq, db.body("CRM", seq).replace(b'"cycle":1', b'"cycle":1,"cycle":1'))
    return "RECORD_NOT_CANONICAL", "CRM", seq


def a_float(db: Owner) -> Expected:
    seq = db.seq("CRM", "project.moved")
    db.put("CRM", seq, db.body("CRM", seq).replace(b'"cycle":1', b'"cycle":1.0'))
    return "RECORD_NOT_CANONICAL", "CRM", seq


def an_extra_key(db: Owner) -> Expected:
    seq = db.seq("CRM", "project.moved")
    db.rewrite("CRM", seq, lambda d: d.update(note="smuggled"))
    return "UNKNOWN_FIELD", "CRM", seq


def a_missing_key(db: Owner) -> Expected:
    seq = db.seq("CRM", "project.moved")
    db.rewrite("CRM", seq, lambda d: d.pop("guards"))
    return "RECORD_MALFORMED", "CRM", seq


def a_number_as_text(db: Owner) -> Expected:
    seq = db.seq("CRM", "project.moved")
    db.rewrite("CRM", seq, lambda d: d.update(cycle="1"))
    return "BAD_TYPE", "CRM", seq


def another_version(db: Owner) -> Expected:
    seq = db.seq("CRM", "project.moved")
    db.rewrite("CRM", seq, lambda d: d.update(v="flowgov.audit/2"))
    return "UNKNOWN_VERSION", "CRM", seq


def another_log(db: Owner) -> Expected:
    seq = db.seq("CRM", "project.moved")
    db.rewrite("CRM", seq, lambda d: d.update(log="flowgov/0123456789abcdef"))
    return "LOG_ID_MISMATCH", "CRM", seq


def the_actor_in_the_body(db: Owner) -> Expected:
    seq, actor = db.seq("CRM", "project.moved"), db.one("SELECT id FROM flowgov_person WHERE login = 'ebihan'")
    db.rewrite("CRM", seq, lambda d: d.update(actor=actor), columns=True)
    return "RECORD_MODIFIED", "CRM", seq


def the_time_of_a_record(db: Owner) -> Expected:
    seq = db.seq("CRM", "approval.given", 2)
    db.rewrite("CRM", seq, lambda d: d.update(ts="2026-01-05T08:00:00.000000Z"), columns=True)
    return "TIME_BACKWARDS", "CRM", seq


def the_column(name: str) -> Attack:
    def attack(db: Owner) -> Expected:
        seq = db.seq("CRM", "project.moved", 4)
        statement = f"UPDATE flowgov_record SET {name} = 'x' WHERE stream = :s AND seq = :n"
        db.run(statement, s=db.stream("CRM"), n=seq)
        return "PROJECTION_MISMATCH", "CRM", seq

    return attack


def a_record_deleted_from_the_middle(db: Owner) -> Expected:
    seq = db.seq("CRM", "project.move_refused")
    db.run("DELETE FROM flowgov_record WHERE stream = :s AND seq = :n", s=db.stream("CRM"), n=seq)
    return "SEQ_GAP", "CRM", seq


def the_first_record_deleted(db: Owner) -> Expected:
    db.run("DELETE FROM flowgov_record WHERE stream = :s AND seq = 1", s=db.stream("CRM"))
    return "SEQ_GAP", "CRM", 1


def the_last_record_deleted(db: Owner) -> Expected:
    last = db.last("CRM")
    db.run("DELETE FROM flowgov_record WHERE stream = :s AND seq = :n", s=db.stream("CRM"), n=last)
    return "TRUNCATED", "CRM", last


def the_last_record_of_the_organisation_deleted(db: Owner) -> Expected:
    last = db.last("org")
    db.run("DELETE FROM flowgov_record WHERE stream = 'org' AND seq = :n", n=last)
    return "TRUNCATED", "org", last


def all_records_of_a_project_deleted(db: Owner) -> Expected:
    stream = db.stream("CRM")
    db.run("DELETE FROM flowgov_record WHERE stream = :s", s=stream)
    return "PROJECT_MISSING", stream, None


def every_record_deleted(db: Owner) -> Expected:
    db.run("DELETE FROM flowgov_record")
    return "TRUNCATED", "org", 1


def a_record_appended(db: Owner) -> Expected:
    last = db.last("CRM")
    _copy(db, last, last + 1)
    return "HEAD_MISMATCH", "CRM", last + 1


def two_records_swapped(db: Owner) -> Expected:
    seq = db.seq("CRM", "evidence.added")
    one, other = db.body("CRM", seq), db.body("CRM", seq + 1)
    db.put("CRM", seq, other)
    db.put("CRM", seq + 1, one)
    return "PROJECTION_MISMATCH", "CRM", seq


def a_record_rewritten_with_its_successors(db: Owner) -> Expected:
    """Consistent, but for the project's row, which still names the former head."""
    head = db.one("SELECT head FROM flowgov_project WHERE key = 'CRM'")
    seq = db.seq("CRM", "project.move_refused")
    db.rewrite("CRM", seq, lambda d: d.update(code="9.9.9"))
    db.relink("CRM", seq + 1)
    db.run("UPDATE flowgov_project SET head = :h WHERE key = 'CRM'", h=head)
    return "HEAD_MISMATCH", "CRM", db.last("CRM")


def a_move_nobody_was_entitled_to(db: Owner) -> Expected:
    """A consistent rewrite, heads included, of a move that the rules did not allow."""
    seq, actor = db.seq("CRM", "project.moved"), db.one("SELECT id FROM flowgov_person WHERE login = 'ebihan'")
    db.rewrite("CRM", seq, lambda d: d.update(actor=actor), columns=True)
    db.relink("CRM", seq + 1)
    return "ROLE_VIOLATION", "CRM", seq


def an_approval_that_was_withdrawn_counted(db: Owner) -> Expected:
    """A consistent rewrite, heads included: the move counts the approval that was taken back."""
    seq, given = db.seq("CRM", "project.moved"), db.seq("CRM", "approval.given")

    def count(document: dict[str, list[dict[str, list[dict[str, int]]]]]) -> None:
        next(g for g in document["guards"] if "counted" in g)["counted"][0]["seq"] = given

    db.rewrite("CRM", seq, count)
    db.relink("CRM", seq + 1)
    return "RULE_VIOLATION", "CRM", seq


def a_departure_without_its_exception(db: Owner) -> Expected:
    """A consistent rewrite, heads included: the move does not name the exception it needed."""
    seq = db.seq("VPN", "project.moved")
    db.rewrite("VPN", seq, lambda d: d.pop("departures", None))
    last = db.seq("VPN", "project.moved", 3)
    db.rewrite("VPN", last, lambda d: d.pop("departures", None))
    db.relink("VPN", seq + 1)
    return "RULE_VIOLATION", "VPN", last


# --- tables -------------------------------------------------------------------------------------------------------


def project(column: str, value: str) -> Attack:
    """Another *value*, as SQL, in a column of the project's row."""

    def attack(db: Owner) -> Expected:
        last = db.last("CRM")
        db.run(f"UPDATE flowgov_project SET {column} = {value} WHERE key = 'CRM'")
        return "STATE_MISMATCH", "CRM", last

    return attack


def the_head_of_a_project(db: Owner) -> Expected:
    db.run("UPDATE flowgov_project SET head = :h WHERE key = 'CRM'", h="0" * 64)
    return "HEAD_MISMATCH", "CRM", db.last("CRM")


def the_head_of_the_organisation(db: Owner) -> Expected:
    db.run("UPDATE flowgov_organisation SET ts = '2027-01-01T00:00:00.000000Z'")
    return "HEAD_MISMATCH", "org", db.last("org")


def the_name_of_the_organisation(db: Owner) -> Expected:
    db.run("UPDATE flowgov_organisation SET name = 'x'")
    return "STATE_MISMATCH", "org", 1


def the_organisation_deleted(db: Owner) -> Expected:
    db.run("DELETE FROM flowgov_organisation")
    return "PROJECT_MISSING", "org", None


def a_project_row_deleted(db: Owner) -> Expected:
    db.run("DELETE FROM flowgov_project WHERE key = 'CRM'")
    return "PROJECT_MISSING", "CRM", None


def an_assignment(change: str) -> Attack:
    def attack(db: Owner) -> Expected:
        db.run(f"UPDATE flowgov_assignment SET {change} WHERE project_id IS NOT NULL")
        return "STATE_MISMATCH", "org", db.seq("org", "role.granted", 6)

    return attack


def a_revocation_undone(db: Owner) -> Expected:
    db.run("UPDATE flowgov_assignment SET revoked = NULL WHERE revoked IS NOT NULL")
    return "STATE_MISMATCH", "org", db.seq("org", "role.granted", 3)


def a_role_nobody_granted(db: Owner) -> Expected:
    person = db.one("SELECT id FROM flowgov_person WHERE login = 'ebihan'")
    db.run(
        "INSERT INTO flowgov_assignment (id, person_id, role, project_id, start, until, revoked, granted_by, record)"
        " SELECT 'forged', :p, role, project_id, start, until, revoked, granted_by, record"
        " FROM flowgov_assignment WHERE role = 'sponsor'",
        p=person,
    )
    return "ROLE_UNLOGGED", "org", None


def an_assignment_deleted(db: Owner) -> Expected:
    db.run("DELETE FROM flowgov_assignment WHERE role = 'sponsor'")
    return "ROLE_LOST", "org", db.seq("org", "role.granted", 3)


def an_approval(change: str) -> Attack:
    def attack(db: Owner) -> Expected:
        seq = db.seq("CRM", "approval.given", 2)
        db.run(f"UPDATE flowgov_approval SET {change} WHERE seq = :n", n=seq)
        return "STATE_MISMATCH", "CRM", seq

    return attack


def a_forged_approval(db: Owner) -> Expected:
    db.run(
        "INSERT INTO flowgov_approval (project_id, seq, transition, cycle, person_id, role, given, withdrawn)"
        " SELECT project_id, 3, transition, cycle, person_id, role, given, withdrawn FROM flowgov_approval"
        " WHERE transition = 'approve_design'"
    )
    return "STATE_MISMATCH", "CRM", None


def an_approval_deleted(db: Owner) -> Expected:
    seq = db.seq("CRM", "approval.given", 2)
    db.run("DELETE FROM flowgov_approval WHERE seq = :n", n=seq)
    return "STATE_MISMATCH", "CRM", seq


def a_piece_of_evidence(change: str) -> Attack:
    def attack(db: Owner) -> Expected:
        seq = db.seq("CRM", "evidence.added")
        project_id = db.stream("CRM").removeprefix("prj:")
        db.run(f"UPDATE flowgov_evidence SET {change} WHERE project_id = :p AND seq = :n", p=project_id, n=seq)
        return "STATE_MISMATCH", "CRM", seq

    return attack


def an_exception(change: str) -> Attack:
    def attack(db: Owner) -> Expected:
        db.run(f"UPDATE flowgov_exception SET {change}")
        return "STATE_MISMATCH", "org", db.seq("org", "exception.granted")

    return attack


def an_exception_granted_for_every_project(db: Owner) -> Expected:
    """A consistent rewrite, heads and table included: the record names no project, and nothing more makes up for it."""
    seq = db.seq("org", "exception.granted")
    db.rewrite("org", seq, lambda d: d.update(project=None))
    db.relink("org", seq + 1)
    db.run("UPDATE flowgov_exception SET project_id = NULL")
    return "RULE_VIOLATION", "org", seq


def a_person(change: str) -> Attack:
    def attack(db: Owner) -> Expected:
        db.run(f"UPDATE flowgov_person SET {change} WHERE login = 'kbenali'")
        return "STATE_MISMATCH", "org", db.seq("org", "person.added", 3)

    return attack


NEWEST = "name = 'standard' AND version = '1.1.0'"  # the lifecycle of the projects here is the former one


def a_definition_weakened(db: Owner) -> Expected:
    body = json.loads(bytes(db.one(f"SELECT body FROM flowgov_workflow WHERE {NEWEST}")))
    for transition in body["transitions"]:
        transition["approvals"] = []
    db.run(
        "UPDATE flowgov_workflow SET body = :b WHERE name = 'standard' AND version = '1.1.0'",
        b=json.dumps(body).encode(),
    )
    return "WORKFLOW_MODIFIED", "org", db.seq("org", "workflow.registered", 5)


def a_definition_smuggled_in(db: Owner) -> Expected:
    db.run(
        "INSERT INTO flowgov_workflow (hash, name, version, seq, body)"
        f" SELECT 'x', 'smuggled', version, 1, body FROM flowgov_workflow WHERE {NEWEST}"
    )
    return "WORKFLOW_UNPUBLISHED", "org", None


def a_definition_deleted(db: Owner) -> Expected:
    db.run("DELETE FROM flowgov_workflow WHERE name = 'regulated'")
    return "WORKFLOW_MODIFIED", "org", db.seq("org", "workflow.registered", 3)


# --- texts --------------------------------------------------------------------------------------------------------


def a_text(db: Owner) -> Expected:
    db.run("UPDATE flowgov_text SET value = 'x' WHERE stream = :s AND field = 'reason'", s=db.stream("CRM"))
    return "COMMITMENT_MISMATCH", "CRM", db.seq("CRM", "project.move_refused")


def the_salt_of_a_text(db: Owner) -> Expected:
    db.run("UPDATE flowgov_text SET salt = :x WHERE stream = :s AND field = 'reason'", x=b"x", s=db.stream("CRM"))
    return "COMMITMENT_MISMATCH", "CRM", db.seq("CRM", "project.move_refused")


def a_text_deleted(db: Owner) -> Expected:
    db.run("DELETE FROM flowgov_text WHERE stream = :s AND field = 'os_user'", s=db.stream("CRM"))
    return "UNLOGGED_ERASURE", "CRM", db.seq("CRM", "project.moved")


def a_text_added(db: Owner) -> Expected:
    db.run(
        "INSERT INTO flowgov_text SELECT stream, 2, 'reason', salt, value FROM flowgov_text"
        " WHERE stream = :s AND field = 'title'",
        s=db.stream("CRM"),
    )
    return "DISCLOSURE_ORPHAN", "CRM", 2


def a_text_beyond_the_last_record(db: Owner) -> Expected:
    stream = db.stream("CRM")
    db.run(
        "INSERT INTO flowgov_text SELECT stream, 999, 'reason', salt, value FROM flowgov_text"
        " WHERE stream = :s AND field = 'title'",
        s=stream,
    )
    return "DISCLOSURE_ORPHAN", stream, 999


def _copy(db: Owner, seq: int, to: int) -> None:
    db.run(
        "INSERT INTO flowgov_record (id, stream, seq, body, event, outcome, actor, ts, idem)"
        " SELECT id + 100000, stream, :to, body, event, outcome, actor, ts, NULL FROM flowgov_record"
        " WHERE stream = :s AND seq = :n",
        s=db.stream("CRM"),
        n=seq,
        to=to,
    )
    document = json.loads(db.body("CRM", to))
    document.pop("idem", None)
    db.put("CRM", to, json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode())


ATTACKS: dict[str, Attack] = {
    "a byte of a body": a_byte_of_a_body,
    "a byte that breaks the JSON": a_byte_that_breaks_the_json,
    "a byte that is not UTF-8": a_byte_that_is_not_utf_8,
    "a space between two keys": a_space_between_two_keys,
    "a repeated key": a_repeated_key,
    "a float": a_float,
    "an extra key": an_extra_key,
    "a missing key": a_missing_key,
    "a number as text": a_number_as_text,
    "another version": another_version,
    "another log": another_log,
    "the actor in the body": the_actor_in_the_body,
    "the time of a record": the_time_of_a_record,
    "the column actor": the_column("actor"),
    "the column ts": the_column("ts"),
    "the column event": the_column("event"),
    "the column outcome": the_column("outcome"),
    "the column idem": the_column("idem"),
    "a record deleted from the middle": a_record_deleted_from_the_middle,
    "the first record deleted": the_first_record_deleted,
    "the last record deleted": the_last_record_deleted,
    "the organisation's last record deleted": the_last_record_of_the_organisation_deleted,
    "all records of a project deleted": all_records_of_a_project_deleted,
    "every record deleted": every_record_deleted,
    "a record appended": a_record_appended,
    "two records swapped": two_records_swapped,
    "a record rewritten with its successors": a_record_rewritten_with_its_successors,
    "a move nobody was entitled to": a_move_nobody_was_entitled_to,
    "a withdrawn approval counted": an_approval_that_was_withdrawn_counted,
    "a departure without its exception": a_departure_without_its_exception,
    "a project's state": project("state", "'deployed'"),
    "a project's version": project("version", "99"),
    "a project's cycle": project("cycle", "9"),
    "a project's passages": project("passages", "'{}'"),
    "a project's title": project("title", "'x'"),
    "a project's objective": project("objective", "NULL"),
    "a project's key": project("key", "'NEW'"),
    "a project's previous state": project("previous", "'deployed'"),
    "a project's creator": project("creator", "(SELECT id FROM flowgov_person WHERE login = 'kbenali')"),
    "a project's personal data": project("personal_data", "(1 = 1)"),
    "a project's definition": project("workflow", "(SELECT min(hash) FROM flowgov_workflow WHERE name = 'pme-light')"),
    "when a project was opened": project("opened", "'2025-01-01T00:00:00.000000Z'"),
    "when a project entered its state": project("entered", "'2025-01-01T00:00:00.000000Z'"),
    "a project's head": the_head_of_a_project,
    "a project's row deleted": a_project_row_deleted,
    "the organisation's head": the_head_of_the_organisation,
    "the organisation's name": the_name_of_the_organisation,
    "the organisation's row deleted": the_organisation_deleted,
    "an assignment extended": an_assignment("until = '2030-01-01T00:00:00.000000Z'"),
    "an assignment of another role": an_assignment("role = 'sponsor'"),
    "an assignment everywhere": an_assignment("project_id = NULL"),
    "an assignment by another record": an_assignment("record = ''"),
    "a revocation undone": a_revocation_undone,
    "a role nobody granted": a_role_nobody_granted,
    "an assignment deleted": an_assignment_deleted,
    "an approval of another gate": an_approval("transition = 'deploy'"),
    "an approval withdrawn": an_approval("withdrawn = given"),
    "a forged approval": a_forged_approval,
    "an approval deleted": an_approval_deleted,
    "another hash of evidence": a_piece_of_evidence("sha256 = ''"),
    "another kind of evidence": a_piece_of_evidence("kind = 'x'"),
    "another label of evidence": a_piece_of_evidence("label = 'x'"),
    "an exception for other rules": an_exception("rules = 'procedure'"),
    "an exception extended": an_exception("until = '2030-01-01T00:00:00.000000Z'"),
    "an exception for another reason": an_exception("reason = 'x'"),
    "an exception everywhere": an_exception("project_id = NULL"),
    "an exception granted for every project": an_exception_granted_for_every_project,
    "a person's name": a_person("name = 'x'"),
    "a person's e-mail": a_person("email = 'x@example.org'"),
    "a definition weakened": a_definition_weakened,
    "a definition smuggled in": a_definition_smuggled_in,
    "a definition deleted": a_definition_deleted,
    "a text": a_text,
    "the salt of a text": the_salt_of_a_text,
    "a text deleted": a_text_deleted,
    "a text added": a_text_added,
    "a text beyond the last record": a_text_beyond_the_last_record,
}
