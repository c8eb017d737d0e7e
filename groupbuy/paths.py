"""Folders of the package and of the installation. Standard library only."""

from pathlib import Path

PACKAGE_DIR = Path(__file__).resolve().parent


def templates_dir() -> Path:
    """Return the templates: inside the package when installed, beside it in a checkout."""
    inside = PACKAGE_DIR / "templates"
    return inside if inside.is_dir() else PACKAGE_DIR.parent / "templates"


def static_dir() -> Path:
    """Return the folder of pictures, styles and scripts that the server hands out."""
    return PACKAGE_DIR / "static"


def migrations_dir() -> Path:
    """Return the folder of Alembic migrations."""
    return PACKAGE_DIR / "migrations"
