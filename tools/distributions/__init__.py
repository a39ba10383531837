"""The distributions of this repository: where they are, their version, how they are built."""
