"""Every sentence about risks, requirements, in French."""

MESSAGES: dict[str, str] = {}
