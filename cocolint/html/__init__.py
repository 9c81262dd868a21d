"""The report as a page: one file with pictures of what is wrong, opened in a browser or mailed."""
