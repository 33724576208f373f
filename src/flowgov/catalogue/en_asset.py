"""Every sentence about assets, plans and contracts, in English."""

MESSAGES: dict[str, str] = {}
