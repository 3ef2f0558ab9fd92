"""Assets by layer, each file one layer; bodies call one step of the library and show its result."""
