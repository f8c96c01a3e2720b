"""How the bytes of a file become rows of named texts: one module per layout."""
