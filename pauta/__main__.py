"""Runs the command line: python -m pauta."""

from pauta.cli import app

app()
