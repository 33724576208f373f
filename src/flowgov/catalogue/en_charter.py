"""Every sentence about the charter, delegation and leavers, in English."""

MESSAGES: dict[str, str] = {}
