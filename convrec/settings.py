"""Where things are unless said otherwise: each setting is an environment variable `CONVREC_…`, or the default here."""

from __future__ import annotations

from pathlib import Path

from pydantic_settings import BaseSettings, SettingsConfigDict

DATA = Path(__file__).resolve().parents[1] / "data"


class Settings(BaseSettings):
    """`model` and `dataset` are folders, `database` an SQLAlchemy URL (a relative SQLite path counts from where the
    command is run), `host` and `port` where the page is served, `api_key` what a server of a language model asks for
    (`convrec regen`)."""

    model_config = SettingsConfigDict(env_prefix="CONVREC_")

    model: Path = DATA / "model"
    dataset: Path = DATA / "demo"
    database: str = "sqlite:///convrec.sqlite"
    host: str = "127.0.0.1"
    port: int = 7860
    api_key: str = ""
