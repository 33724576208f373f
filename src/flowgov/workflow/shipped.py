"""The files that come with flowgov: the five definitions and the demo's dataset."""

from __future__ import annotations

from pathlib import Path

from flowgov.errors import NotFound
from flowgov.suggest import closest
from flowgov.workflow.model import Workflow

_PACKAGE = Path(__file__).resolve().parent.parent


def shipped_file(name: str) -> Path:
    """Where the shipped file *name*, such as ``demo/dataset.yaml``, lies on this machine."""
    installed = _PACKAGE / "shipped" / name
    # in a source checkout the files are still where they are edited
    return installed if installed.exists() else _PACKAGE.parent.parent / name


def shipped() -> tuple[str, ...]:
    """Names of the shipped definitions, in alphabetical order."""
    return tuple(sorted(path.stem for path in shipped_file("workflows").glob("*.yaml")))


def shipped_text(name: str) -> str:
    """The shipped definition *name* as it is written, with its comments.

    Raises:
        NotFound: there is no such definition.
    """
    return _file(name).read_text(encoding="utf-8")


def load_shipped(name: str) -> Workflow:
    """The shipped workflow *name*.

    Raises:
        NotFound: there is no such definition.
    """
    from flowgov.workflow.load import load_file  # YAML and pydantic, only when a file is really read

    return load_file(_file(name))


def _file(name: str) -> Path:
    known = shipped()
    if name not in known:
        raise NotFound("workflow", name=name, known=known, suggestions=closest(name, known))
    return shipped_file(f"workflows/{name}.yaml")
