"""What an installation needs for so many connected users, and what a reconnect storm does to it."""
