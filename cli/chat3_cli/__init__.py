"""The `chat3` command: the user service at a shell prompt, built on the generated client alone."""
