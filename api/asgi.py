"""What an ASGI server loads: ``uvicorn api.asgi:app``."""

from api.app import make_app
from api.observed import set_up_logs
from api.settings import load_settings

set_up_logs(load_settings().log_level)
app = make_app()
