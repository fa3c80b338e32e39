"""The batch job: a feed in, its categories out."""
