"""Canvas: sections are groups, modules are units, assignments are checks."""
