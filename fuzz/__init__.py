"""Coverage-guided search for inputs that are neither taken nor refused: `make fuzz`."""
