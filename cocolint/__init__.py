"""Validates and lints COCO annotation files."""

__version__ = "0.1.0"
