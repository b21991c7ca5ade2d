"""What machines touch: use cases, the HTTP API, the worker and the client library."""
