"""Every sentence about the charter, delegation and leavers, in French."""

MESSAGES: dict[str, str] = {}
