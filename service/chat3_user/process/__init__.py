"""The processes of the service: what a worker is, who watches it, its signals, ports and files."""
