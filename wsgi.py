"""For gunicorn: `gunicorn wsgi:app` (scripts and docs/deploy.md give the options that matter)."""

from app import create_app

app = create_app()
