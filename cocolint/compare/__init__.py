"""Two annotation files side by side: which records are new, which are gone, and what changed in the others."""
