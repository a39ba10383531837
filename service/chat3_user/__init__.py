"""The Chat3 User Service: a typed, streaming gRPC gateway in front of tenant-api."""
