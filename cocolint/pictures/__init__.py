"""Pictures beside the annotations: where they lie, and what their files hold."""
