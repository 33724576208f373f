"""Every sentence about the outcomes of gates, in English."""

MESSAGES: dict[str, str] = {}
