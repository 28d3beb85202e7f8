"""`python -m cli` is `gyg`."""

from cli import main

main()
