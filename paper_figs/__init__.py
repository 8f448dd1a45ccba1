"""From saved results to figures: one file per figure, draws only."""
