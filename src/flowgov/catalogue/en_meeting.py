"""Every sentence about meetings and health, in English."""

MESSAGES: dict[str, str] = {}
