"""The product as an ASGI application, with the technician's app from the folder that APP_DIST names."""

import os
from pathlib import Path

from api.asgi import app
from api.routes import phone

phone.BUILD.folder = Path(os.environ["APP_DIST"])
__all__ = ["app"]
