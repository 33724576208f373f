"""Every sentence about meetings and health, in French."""

MESSAGES: dict[str, str] = {}
