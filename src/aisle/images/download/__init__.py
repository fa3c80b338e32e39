"""From addresses to image records: safe, polite, resumable."""
