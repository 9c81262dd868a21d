"""Which rules run, which findings count, and what is kept out of the report."""
