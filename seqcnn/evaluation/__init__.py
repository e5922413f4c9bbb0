"""From predictions to scores with intervals: metrics by split and stratum, controls, cross-validation."""
