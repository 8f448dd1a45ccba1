"""Questions beyond the paper, one file each."""
