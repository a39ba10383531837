"""The recorded upstream: nginx answers tenant-api's routes with bodies of its recorded shape."""
