"""Every sentence about the outcomes of gates, in French."""

MESSAGES: dict[str, str] = {}
