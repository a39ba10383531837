"""RabbitMQ behind the interface of `broker`: connections, sessions, deliveries, the log's queue."""
