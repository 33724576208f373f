"""Every sentence about contracts and rights of access, in French."""

MESSAGES: dict[str, str] = {}
