"""The documentation as tests read and run it: its fenced blocks, and what is done with them."""
