"""Every sentence about contracts and rights of access, in English."""

MESSAGES: dict[str, str] = {}
