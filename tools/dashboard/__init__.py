"""The dashboard for Grafana: what its panels ask, and the JSON that follows from it."""
