"""`chat3 completion`: scripts that complete commands, generated from the command tree."""
