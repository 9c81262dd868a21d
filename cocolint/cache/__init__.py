"""What one run leaves for the next: results of files, and what failed."""
