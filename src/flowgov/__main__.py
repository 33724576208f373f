"""``python -m flowgov``."""

from flowgov.cli import main

if __name__ == "__main__":
    main()
