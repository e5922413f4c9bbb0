"""What the report says: summary, verdicts, evidence, tables, figures."""
