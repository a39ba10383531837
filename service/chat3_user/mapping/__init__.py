"""From tenant-api's models to messages of the contract: the one place that knows both."""
