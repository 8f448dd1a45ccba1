"""The paper's figures, one declaration each."""
