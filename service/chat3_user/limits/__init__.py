"""How much a client may ask of a worker: frames, connections, calls, streams, rates."""
