"""SQLAlchemy's home: tables, queries, the unit of work and migrations."""
