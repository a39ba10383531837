"""The REST endpoints, one module a resource; `table` lists them all."""
