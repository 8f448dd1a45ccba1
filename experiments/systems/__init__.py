"""Other training schemes, one declaration each."""
