"""How commands look and behave alike: help from the catalogues, options that are understood everywhere."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar

import click
from click.shell_completion import CompletionItem

from flowgov.cli.call import Call
from flowgov.cli.failing import exit_code, unless_the_pipe_closes
from flowgov.i18n import LANGUAGES, has

F = TypeVar("F", bound=Callable[..., Any])

CONTEXT: dict[str, Any] = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
_WIDTH = 100


def call_of(context: click.Context) -> Call:
    """The call that *context* belongs to."""
    return context.find_root().ensure_object(Call)


class Option(click.Option):
    """An option whose help comes from the catalogue."""

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        if self.hidden:
            return None
        shown = _option_help(ctx, self.name or "")
        extra = f" {call_of(ctx).text('help.required')}" if self.required else ""
        return self.get_help_spec(ctx), shown + extra


class Command(click.Command):
    """A command; its ``name`` path leads to its help in the catalogue."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("context_settings", CONTEXT)
        super().__init__(*args, **kwargs)
        own = {word for param in self.params for word in param.opts}
        self.params += [option for option in _common() if not own.intersection(option.opts)]

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        prefix = call_of(ctx).text("help.usage") + " "
        formatter.write_usage(ctx.command_path, " ".join(self.collect_usage_pieces(ctx)), prefix=prefix)

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        pieces = super().collect_usage_pieces(ctx)
        return [call_of(ctx).text("help.options_piece") if piece == "[OPTIONS]" else piece for piece in pieces]

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        call, key = call_of(ctx), help_key(ctx)
        formatter.write_paragraph()
        with formatter.indentation():
            formatter.write_text(call.text(key))
            example = call.text(f"{key}.example")
            formatter.write_paragraph()
            formatter.write(f"{' ' * formatter.current_indent}{call.text('help.example')}\n")
            for line in example.splitlines():
                formatter.write(f"{' ' * (formatter.current_indent + 4)}{line}\n")

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        call = call_of(ctx)
        arguments = [p for p in self.params if isinstance(p, click.Argument)]
        if arguments:
            with formatter.section(call.text("help.arguments")):
                formatter.write_dl([(p.make_metavar(ctx), _option_help(ctx, p.name or "")) for p in arguments])
        own: list[tuple[str, str]] = []
        common: list[tuple[str, str]] = []
        for param in self.get_params(ctx):
            record = _record(param, ctx)
            if record is not None:
                (common if isinstance(param, _Common) or not isinstance(param, Option) else own).append(record)
        for title, records in (("help.options", own), ("help.common", common)):
            if records:
                with formatter.section(call.text(title)):
                    formatter.write_dl(records)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        # not super(): a Group's would load every command to propose its name
        found = click.Command.shell_complete(self, ctx, incomplete)
        records = {word: _record(p, ctx) for p in self.get_params(ctx) for word in p.opts}
        for item in found:
            record = records.get(item.value)
            item.help = record[1] if record else item.help
        return found


class Group(Command, click.Group):
    """A group of commands; its own help lists them."""

    command_class = Command

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        self.format_commands(ctx, formatter)
        Command.format_options(self, ctx, formatter)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section(call_of(ctx).text("help.commands")):
            formatter.write_dl([(name, self.summary(ctx, name)) for name in self.list_commands(ctx)])

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return [*self.commands]

    def summary(self, ctx: click.Context, name: str) -> str:
        """The one sentence that says what the command *name* does; the command itself is not loaded."""
        return call_of(ctx).text(f"{_prefix(ctx)}.{name}")

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        names = [name for name in self.list_commands(ctx) if name.startswith(incomplete)]
        found = [CompletionItem(name, help=self.summary(ctx, name)) for name in names]
        return [*found, *Command.shell_complete(self, ctx, incomplete)]


class Root(Group):
    """``flowgov`` itself: commands are imported when they are called."""

    def __init__(self, sections: Mapping[str, Mapping[str, str]], **kwargs: Any) -> None:
        super().__init__(name="flowgov", **kwargs)
        self._sections = sections
        self._places = {name: place for section in sections.values() for name, place in section.items()}

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return [*self._places]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        place = self._places.get(cmd_name)
        if place is None:
            return None
        module, _, attribute = place.partition(":")
        found = getattr(import_module(module), attribute)
        assert isinstance(found, click.Command), f"{place} is a command"
        return found

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in self._places and not ctx.resilient_parsing:
            # click looks for what was meant among the commands that are loaded, and none is
            raise click.exceptions.NoSuchCommand(args[0], possibilities=self._places, ctx=ctx)
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> object:
        return unless_the_pipe_closes(lambda: super(Root, self).invoke(ctx))

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for title, section in self._sections.items():
            with formatter.section(call_of(ctx).text(title)):
                formatter.write_dl([(name, self.summary(ctx, name)) for name in section])

    def main(self, args: Sequence[str] | None = None, prog_name: str | None = None, **extra: Any) -> Any:  # type: ignore[override]  # always exits
        words = [*(sys.argv[1:] if args is None else args)]
        call = Call.from_words(words)
        _open_what_is_closed()
        for stream in (sys.stdout, sys.stderr):
            if hasattr(stream, "reconfigure"):
                stream.reconfigure(errors="backslashreplace")
        extra |= {"standalone_mode": False, "obj": call}
        sys.exit(exit_code(call, lambda: click.Group.main(self, words, prog_name or "flowgov", **extra)))


def _open_what_is_closed() -> None:
    """Started without standard output or error, as some services are, write them to nowhere."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115 - for as long as the process


def help_key(ctx: click.Context) -> str:
    """The catalogue's key for the command of *ctx*: ``help.role.grant``."""
    return _prefix(ctx) if ctx.parent else "help.flowgov"


def _prefix(ctx: click.Context) -> str:
    return f"{_prefix(ctx.parent)}.{ctx.info_name}" if ctx.parent else "help"


def option(*words: str, **attributes: Any) -> Callable[[F], F]:
    """Decorate a command with an option; its help is in the catalogue."""
    return click.option(*words, cls=Option, **attributes)


class _Common(Option):
    """An option that every command understands, before and after the command's name."""


def _common() -> Iterator[click.Option]:
    yield _Common(["--as", "asked"], metavar="PERSON", expose_value=False, callback=_set, shell_complete=_logins)
    yield _Common(["--db", "url"], metavar="URL", expose_value=False, callback=_set)
    yield _Common(["--json", "json"], is_flag=True, expose_value=False, callback=_set)
    yield _Common(["--lang", "lang"], type=click.Choice(LANGUAGES), expose_value=False, callback=_set)
    yield _Common(["-q", "--quiet", "quiet"], is_flag=True, expose_value=False, callback=_set)
    yield _Common(["-v", "--verbose", "loud"], count=True, expose_value=False, callback=_set)
    yield _Common(["--no-color", "no_color"], is_flag=True, expose_value=False, callback=_set)


def _set(ctx: click.Context, param: click.Parameter, value: Any) -> Any:
    call = call_of(ctx)
    if not value:
        return value
    if param.name == "lang":
        call.speak(value)
    elif param.name == "no_color":
        call.colour = False
    else:
        setattr(call, str(param.name), value)
    if param.name == "loud":
        _listen(value)
    return value


def _listen(loud: int) -> None:
    import logging

    from flowgov.log import show

    show(logging.INFO if loud == 1 else logging.DEBUG)


def _logins(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    from flowgov.cli.complete import logins

    return logins(ctx, param, incomplete)


def _record(param: click.Parameter, ctx: click.Context) -> tuple[str, str] | None:
    if isinstance(param, click.Argument):
        return None
    record = param.get_help_record(ctx)
    if record is None or isinstance(param, Option):
        return record
    name = "version" if "--version" in param.opts else "help"
    return record[0], call_of(ctx).text(f"help.option.{name}")


def _option_help(ctx: click.Context, name: str) -> str:
    """What the catalogue says of an option of this command, or of that option wherever it occurs."""
    call = call_of(ctx)
    own = f"{help_key(ctx)}.option.{name}"
    return call.text(own if has(own, call.lang) else f"help.option.{name}")
