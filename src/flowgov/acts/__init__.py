"""What can be done: each act locks, judges, writes the projection, then appends the record."""
