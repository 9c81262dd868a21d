"""Mending: fixes applied to the bytes of a file, so that nothing else changes."""
