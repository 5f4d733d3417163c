"""Pages that the build makes of the package itself, in the skeleton of the written ones."""
