"""How each component is looked at: a module for each."""
