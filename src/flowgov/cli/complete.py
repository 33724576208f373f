"""What the shell proposes: project keys, transitions that start here, logins, roles. Silent when it cannot know."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import click
from click.shell_completion import CompletionItem

from flowgov.cli.call import Call
from flowgov.people import ADMINISTRATOR

Complete = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]


def _proposing(look: Callable[[Call, click.Context], Iterable[tuple[str, str]]]) -> Complete:
    def complete(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem]:
        call = ctx.find_root().ensure_object(Call)
        try:
            found = list(look(call, ctx))
        except Exception:  # noqa: BLE001 - nobody wants to read a traceback while typing
            return []
        finally:
            call.close()
        return [CompletionItem(name, help=label) for name, label in found if name.startswith(incomplete)]

    return complete


def _projects(call: Call, _: click.Context) -> Iterable[tuple[str, str]]:
    return ((p.key, p.title) for p in call.engine().projects())


def _transitions(call: Call, ctx: click.Context) -> Iterable[tuple[str, str]]:
    project = call.engine().project(ctx.params["key"])
    for name in call.engine().transitions(project.key):
        yield name, project.workflow.transitions[name].label[call.lang]


def _kinds(call: Call, ctx: click.Context) -> Iterable[tuple[str, str]]:
    workflow = call.engine().project(ctx.params["key"]).workflow
    return ((name, label[call.lang]) for name, label in workflow.evidence.items())


def _logins(call: Call, _: click.Context) -> Iterable[tuple[str, str]]:
    return ((p.login, p.name) for p in call.engine().people() if not p.erased)


def _chains(call: Call, ctx: click.Context) -> Iterable[tuple[str, str]]:
    yield "org", call.engine().organisation()
    yield from _projects(call, ctx)


def _texts(call: Call, ctx: click.Context) -> Iterable[tuple[str, str]]:
    """Names of the texts beside a record; what they say is not shown."""
    key, seq = ctx.params["key"], int(ctx.params["seq"])
    entry = next(e for e in call.engine().log(project=key) if e.seq == seq)
    return ((name, entry.event) for name in entry.texts)


def _roles(call: Call, _: click.Context) -> Iterable[tuple[str, str]]:
    yield ADMINISTRATOR, call.text("cli.role.administrator")
    known = {r.id: r.label for w in call.engine().workflows() for r in w.roles.values()}
    for name, label in sorted(known.items(), key=lambda item: item[0]):
        yield name, label[call.lang]


def _workflows(call: Call, _: click.Context) -> Iterable[tuple[str, str]]:
    return {w.id: w.title[call.lang] for w in call.engine().workflows()}.items()


def pieces(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """A kind of evidence, and after it a file."""
    file = [CompletionItem(incomplete, type="file")]
    given = ctx.params.get(param.name or "") or ()
    if isinstance(param, click.Argument):
        return file if len(given) % 2 else kinds(ctx, param, incomplete)
    return kinds(ctx, param, incomplete) or file


projects = _proposing(_projects)
transitions = _proposing(_transitions)
kinds = _proposing(_kinds)
logins = _proposing(_logins)
chains = _proposing(_chains)
texts = _proposing(_texts)
roles = _proposing(_roles)
workflows = _proposing(_workflows)
