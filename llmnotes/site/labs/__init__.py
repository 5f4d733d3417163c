"""Labs: notebooks in percent format below `docs/<lang>/labs/`, executed before the build and shown as pages.

`percent` reads them, `execute` runs them and keeps what they give, `outputs` turns that into HTML, and `hook` hands all
three to MkDocs, where mkdocs-jupyter makes pages of the files and renders what cells put out.
"""
