"""Who there is and who holds which role: ``people``, ``role``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

from flowgov.cli import complete
from flowgov.cli.call import Call
from flowgov.cli.commands import Group, option
from flowgov.cli.plain import plain_value
from flowgov.cli.sure import must_be_sure
from flowgov.cli.table import safe, table, terminal_width
from flowgov.clock import SystemClock, last_day

if TYPE_CHECKING:
    from flowgov.acts.leaving import Left
    from flowgov.people import Assignment, Person


@click.group("people", cls=Group)
def people() -> None:
    """Help is in the catalogue."""


@people.command("add")
@click.argument("login")
@option("--name", metavar="NAME", required=True)
@option("--email", metavar="EMAIL")
@option("--service", is_flag=True)
@click.pass_obj
def add(call: Call, login: str, name: str, email: str | None, service: bool) -> None:
    by = call.acting()
    receipt = call.engine().add_person(login, name=name, email=email, service=service, by=by, source=call.source())
    call.answer({"receipt": plain_value(receipt)}, [call.text("cli.people.added", login=login, name=safe(name))])


@people.command("list")
@click.pass_obj
def list_people(call: Call) -> None:
    found = call.engine().people()
    data = [
        {
            "login": p.login,
            "name": p.name,
            "email": p.email,
            "erased": p.erased,
            "service": p.service,
            "ended": p.ended,
        }
        for p in found
    ]
    head = call.heads("login", "name", "email", "status")
    rows = [[safe(p.login), call.kept(p.name), safe(p.email or ""), _status(call, p)] for p in found]
    call.answer(data, table(head, rows, terminal_width()))


@people.command("erase")
@click.argument("login", shell_complete=complete.logins)
@option("--reason", metavar="TEXT", required=True)
@option("--yes", is_flag=True)
@click.pass_obj
def erase(call: Call, login: str, reason: str, yes: bool) -> None:
    by = call.acting()
    must_be_sure(call, call.text("cli.people.ask", login=safe(login)), yes=yes)
    receipt = call.engine().erase_person(login, reason=reason, by=by, source=call.source())
    shown = call.text("cli.people.erased", login=safe(login), pseudonym=receipt.subject)
    call.answer({"receipt": plain_value(receipt)}, [shown])


@people.command("end")
@click.argument("login", shell_complete=complete.logins)
@option("--reason", metavar="TEXT")
@option("--yes", is_flag=True)
@click.pass_obj
def end(call: Call, login: str, reason: str | None, yes: bool) -> None:
    by = call.acting()
    must_be_sure(call, call.text("cli.people.ending", login=safe(login)), yes=yes)
    left = call.engine().end_person(login, reason=reason, by=by, source=call.source())
    call.answer(plain_value(left), _left_shown(call, login, left))
    for vacancy in left.vacancies:
        call.note(call.text("cli.people.left.next", role=vacancy.role, project=vacancy.project, login=by))


def _left_shown(call: Call, login: str, left: Left) -> Iterator[str]:
    yield call.text("cli.people.left", login=safe(login), count=len(left.ended))
    for a in left.ended:
        yield call.text("cli.people.left.role", role=a.role, person=_holder(call, a), where=_where(call, a.project))
    if left.vacancies:
        yield call.text("cli.people.left.vacant")
    for v in left.vacancies:
        yield call.text("cli.people.left.gates", project=v.project, role=v.role, gates=list(v.gates))
    if left.named:
        yield call.text("cli.people.left.named")
    for n in left.named:
        where = safe(n.project or call.text("cli.organisation"))
        yield call.text("cli.people.left.line", where=where, kind=n.kind, key=safe(n.key), fields=list(n.fields))


@click.group("role", cls=Group)
def role() -> None:
    """Help is in the catalogue."""


@role.command("grant")
@click.argument("role", shell_complete=complete.roles)
@click.argument("person", shell_complete=complete.logins)
@option("--project", metavar="KEY", shell_complete=complete.projects)
@option("--from", "start", metavar="DATE")
@option("--until", metavar="DATE")
@click.pass_obj
def grant(call: Call, role: str, person: str, project: str | None, start: str | None, until: str | None) -> None:
    by = call.acting()
    receipt = call.engine().grant_role(
        role, person, project=project, start=start, until=until, by=by, source=call.source()
    )
    shown = call.text("cli.role.granted", role=role, person=person, where=_where(call, project))
    call.answer({"receipt": plain_value(receipt)}, [shown])


@role.command("revoke")
@click.argument("role", shell_complete=complete.roles)
@click.argument("person", shell_complete=complete.logins)
@option("--project", metavar="KEY", shell_complete=complete.projects)
@option("--reason", metavar="TEXT")
@click.pass_obj
def revoke(call: Call, role: str, person: str, project: str | None, reason: str | None) -> None:
    by = call.acting()
    receipt = call.engine().revoke_role(role, person, project=project, reason=reason, by=by, source=call.source())
    shown = call.text("cli.role.revoked", role=role, person=person, where=_where(call, project))
    call.answer({"receipt": plain_value(receipt)}, [shown])


@role.command("delegate")
@click.argument("role", shell_complete=complete.roles)
@click.argument("person", shell_complete=complete.logins)
@option("--project", metavar="KEY", shell_complete=complete.projects)
@option("--from", "start", metavar="DATE")
@option("--until", metavar="DATE", required=True)
@click.pass_obj
def delegate(call: Call, role: str, person: str, project: str | None, start: str | None, until: str) -> None:
    by = call.acting()
    receipt = call.engine().delegate_role(
        role, person, project=project, start=start, until=until, by=by, source=call.source()
    )
    where = _where(call, project)
    shown = call.text("cli.role.delegated", role=role, person=person, delegator=by, where=where, until=until)
    call.answer({"receipt": plain_value(receipt)}, [shown])


@role.command("undelegate")
@click.argument("role", shell_complete=complete.roles)
@click.argument("person", shell_complete=complete.logins)
@option("--project", metavar="KEY", shell_complete=complete.projects)
@option("--reason", metavar="TEXT")
@click.pass_obj
def undelegate(call: Call, role: str, person: str, project: str | None, reason: str | None) -> None:
    by = call.acting()
    receipt = call.engine().undelegate_role(role, person, project=project, reason=reason, by=by, source=call.source())
    shown = call.text("cli.role.undelegated", role=role, person=person, where=_where(call, project))
    call.answer({"receipt": plain_value(receipt)}, [shown])


@role.command("list")
@option("--project", metavar="KEY", shell_complete=complete.projects)
@option("--person", metavar="PERSON", shell_complete=complete.logins)
@option("--role", metavar="ROLE", shell_complete=complete.roles)
@option("--at", metavar="DATE")
@option("--past", is_flag=True)
@click.pass_obj
def list_roles(
    call: Call, project: str | None, person: str | None, role: str | None, at: str | None, past: bool
) -> None:
    engine = call.engine()
    if project is not None:
        engine.project(project)
    if person is not None:
        engine.person(person)
    moment = None if past else at or SystemClock().now()
    found = engine.assignments(project=project, person=person, role=role, at=moment)
    data = [plain_value(assignment) for assignment in found]
    call.answer(data, _assignments(call, found))
    if not found:
        call.note(call.text("cli.role.none"))


def _assignments(call: Call, found: Sequence[Assignment]) -> Iterator[str]:
    labels = {r.id: r.label[call.lang] for w in call.engine().workflows() for r in w.roles.values()}
    labels["administrator"] = call.text("cli.role.administrator")
    names = ("role", "person", "project", "from", "until", "granted_by")
    rows = [
        [
            call.named(labels.get(a.role, a.role), a.role),
            _holder(call, a),
            safe(a.project or call.text("cli.everywhere")),
            a.start[:10],
            last_day(a.until) if a.until else "",
            safe(a.granted_by),
        ]
        for a in found
    ]
    return table(call.heads(*names), rows, terminal_width())


def _holder(call: Call, assignment: Assignment) -> str:
    """Who holds a role, and for whom."""
    person = safe(assignment.person)
    if assignment.delegator is None:
        return person
    return call.text("cli.on_behalf", person=person, delegator=safe(assignment.delegator))


def _status(call: Call, person: Person) -> str:
    if person.ended:
        return call.text("cli.people.gone", day=person.ended[:10])
    return call.text("cli.people.service") if person.service else ""


def _where(call: Call, project: str | None) -> str:
    return project or call.text("cli.everywhere")
