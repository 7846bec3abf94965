"""What each screen reads, in a few statements, always within one district's session."""
