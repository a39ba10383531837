"""What is served: the service, health and reflection on one listener."""
