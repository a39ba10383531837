"""Where a stream is in the updates log, and what the log holds behind that place."""
