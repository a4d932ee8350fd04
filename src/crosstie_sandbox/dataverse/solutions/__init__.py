"""Solutions: what a ZIP of customizations holds, importing it, taking it out again, exporting it."""
