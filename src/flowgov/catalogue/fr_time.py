"""Every sentence about due times and reminders, in French."""

MESSAGES: dict[str, str] = {}
