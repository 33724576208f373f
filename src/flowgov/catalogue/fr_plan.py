"""Every sentence about plans, in French."""

MESSAGES: dict[str, str] = {}
