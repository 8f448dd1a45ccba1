"""From a question to saved results."""
