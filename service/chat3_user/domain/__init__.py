"""What the service does between contract and platform: prove access, write, open streams."""
