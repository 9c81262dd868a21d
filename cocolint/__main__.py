"""Run with `python -m cocolint`."""

from cocolint.cli import main

if __name__ == "__main__":
    main()
