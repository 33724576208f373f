"""Alembic's home: imported only by ``flowgov init`` and ``flowgov db``."""
