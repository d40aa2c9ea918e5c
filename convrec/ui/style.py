"""How the page looks: one theme without network fonts, one style sheet, light and dark from the same names."""

from __future__ import annotations

from pathlib import Path

import gradio as gr

CSS = Path(__file__).with_name("style.css").read_text(encoding="utf-8")
SCRIPT = Path(__file__).with_name("page.js").read_text(encoding="utf-8")
FONTS = ("Inter", "system-ui", "-apple-system", "Segoe UI", "Roboto", "sans-serif")


def theme() -> gr.themes.Base:
    return gr.themes.Base(
        primary_hue="teal", neutral_hue="slate", font=list(FONTS), font_mono=["ui-monospace", "Consolas", "monospace"]
    )
