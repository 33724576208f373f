"""Every sentence about separation of duties and exceptions, in English."""

MESSAGES: dict[str, str] = {}
