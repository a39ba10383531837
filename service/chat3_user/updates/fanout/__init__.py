"""From one broker to many streams: the hub, the feeds of its users, and their subscriptions."""
