"""The audit log as bytes, without a database: records, chains, replay and verification."""
