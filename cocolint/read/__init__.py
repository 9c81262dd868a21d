"""From a path to columns."""
