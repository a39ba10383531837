"""A protoc plugin that writes the HTML reference and the error catalogue of a gRPC contract."""
