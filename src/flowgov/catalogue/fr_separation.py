"""Every sentence about separation of duties and exceptions, in French."""

MESSAGES: dict[str, str] = {}
