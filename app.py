"""The page as a Hugging Face Space: the embedded shop and model, or what the CONVREC_… variables name instead."""

import os
import sys

from convrec.errors import ConvrecError
from convrec.settings import Settings
from convrec.ui.beside import importing

if __name__ == "__main__":
    settings = Settings()
    host = os.environ.get("GRADIO_SERVER_NAME", settings.host)  # a Space sets it to the address it looks at
    try:
        with importing(settings.database, settings.dataset) as imported:
            from convrec.ui.serve import serve  # seconds, in which the shoppers come in

            serve(str(settings.model), imported, settings.database, host, settings.port)
    except ConvrecError as error:
        sys.exit(f"convrec: {error}")
