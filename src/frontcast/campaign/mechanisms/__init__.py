"""The mechanisms M1 to M28: one effect of war, one file."""
