"""What is learned: losses with their start parameters."""
