"""Before a run: what theory foresees along the noise-free path."""
