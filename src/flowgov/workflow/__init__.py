"""What a lifecycle is: definitions as values, and how they are read, checked and drawn."""
