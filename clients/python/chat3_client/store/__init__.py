"""What a user sees, kept in memory: read once, then brought up to date by updates."""
