"""From a data set to another one, in the shape that the next tool wants."""
