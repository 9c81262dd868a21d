"""What a rule is, and what runs rules."""
