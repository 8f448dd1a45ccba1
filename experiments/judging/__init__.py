"""From saved results to verdicts and numbers."""
