"""Settings, wiring (the one place that builds things), workers, and what the faces share."""
