"""Readable copies of documents, as PDF/A-1, for mail that leaves.

`pdfa`: a PDF made PDF/A-1b without loss, or left. `pages`: words, pictures and CDA bodies as PDF/A-1a. `process`: the
limited process in which both run. `copyist`: the service's side of it.
"""
