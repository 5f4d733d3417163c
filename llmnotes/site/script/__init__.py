"""Python translated for the browser: equations to JavaScript, the package to Brython."""
