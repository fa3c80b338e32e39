"""What has no better room and every room may need."""
