"""The page of each registered model, and the table of all: made from the registry after the editions are built."""
