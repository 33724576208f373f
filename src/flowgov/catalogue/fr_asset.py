"""Every sentence about assets, plans and contracts, in French."""

MESSAGES: dict[str, str] = {}
