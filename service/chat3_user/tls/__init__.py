"""TLS on both sides: of the listener, and towards tenant-api, RabbitMQ and Redis."""
