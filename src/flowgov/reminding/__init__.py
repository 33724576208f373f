"""Telling people what became due: what to say, to whom, through which channels, and what was said already."""
