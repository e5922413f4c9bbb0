"""Options, plans and helpers that several commands share."""
