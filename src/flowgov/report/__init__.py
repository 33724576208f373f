"""What reports say (content) apart from how they look (renderers)."""
