"""Every sentence about due times and reminders, in English."""

MESSAGES: dict[str, str] = {}
