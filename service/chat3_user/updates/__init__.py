"""The stream of updates: brokers, the updates log, and the hub that fans out to streams."""
