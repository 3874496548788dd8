"""The demonstration: a made-up story, told by made-up phones over the real routes (docs/demo.md)."""
