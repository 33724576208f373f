"""The command line: the only home of click."""

from __future__ import annotations


def main() -> None:
    """Run ``flowgov`` with the arguments of this process, and exit."""
    from flowgov.cli.app import flowgov

    flowgov.main(prog_name="flowgov")
