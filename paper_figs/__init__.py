"""From saved results to figures: modules give makers of panels, one driver reads, styles and saves."""
