"""The axis facade: the national client's protocol in front of the same use cases as the native API."""
