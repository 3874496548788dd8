"""What the Makefile calls: getting ready, serving, testing. Standard library only, but for `lan`."""
