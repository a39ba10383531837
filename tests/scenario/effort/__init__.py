"""The same programs on the generated stubs and on the libraries, counted and tried."""
