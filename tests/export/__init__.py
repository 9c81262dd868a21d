"""Tests of `cocolint export`."""
