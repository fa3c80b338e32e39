"""Raw rows to labelled, grouped, split products."""
