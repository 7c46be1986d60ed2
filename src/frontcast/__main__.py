"""`python -m frontcast` is the command `frontcast`."""

from frontcast.cli import main

main()
