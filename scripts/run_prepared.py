"""Prepare this checkout for development and run a Python file of it with the arguments that follow."""

import os
import sys

from environment import clean_environ, prepared

if __name__ == "__main__":
    with prepared("dev") as python:
        pass
    os.execve(python, [str(python), *sys.argv[1:]], clean_environ())
