"""Figures, each beside a baseline measured in the same run (docs/architecture.md says why these)."""
