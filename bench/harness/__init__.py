"""What the benchmarks share: pinned processes, raw HTTP/2 load, figures and their files."""
