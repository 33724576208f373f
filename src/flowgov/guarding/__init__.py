"""Guards that definitions can name, one module for each matter."""
