"""python -m pauta"""

from pauta.cli import app

app()
