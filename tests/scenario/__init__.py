"""One scenario as data, played by every client library and by the CLI, and compared."""
