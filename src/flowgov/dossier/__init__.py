"""What lies on a project: evidence, approvals and exceptions."""
