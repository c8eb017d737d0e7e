"""Run the command line as ``python -m groupbuy``."""

from groupbuy.cli.main import main

if __name__ == "__main__":
    main()
