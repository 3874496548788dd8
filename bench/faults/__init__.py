"""Ways to lose something, tried on purpose: `make faults`, `make faults-quick`, docs/faults.md."""
