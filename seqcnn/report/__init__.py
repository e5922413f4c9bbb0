"""From predictions to scores with intervals, figures, and the report page."""
