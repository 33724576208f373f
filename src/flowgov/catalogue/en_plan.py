"""Every sentence about plans, in English."""

MESSAGES: dict[str, str] = {}
