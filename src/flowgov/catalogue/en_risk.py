"""Every sentence about risks, requirements, in English."""

MESSAGES: dict[str, str] = {}
