"""Where signed checkpoints go that the administrator of the database cannot reach, and how they are read back."""
