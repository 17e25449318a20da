"""The product as in production, for benchmarks over HTTP: server, client, people and machine."""
