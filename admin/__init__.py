"""What people touch: the command line and the pages; composes and starts everything."""
