"""The group ``audit`` with all its commands, wherever they are."""

from flowgov.cli import auditing, proving

audit = auditing.audit

__all__ = ["audit", "auditing", "proving"]
