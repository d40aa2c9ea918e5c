"""A small drawing for an item, by what its category and title say it is: the shop needs no photographs."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable

COLOURS = {
    "black": "#3a4149", "white": "#dfe4e8", "grey": "#98a2ab", "gray": "#98a2ab", "silver": "#b4bdc4",
    "blue": "#2f6f9f", "navy": "#26456b", "teal": "#27807c", "turquoise": "#35a09a", "green": "#3d8055",
    "olive": "#7b8147", "red": "#b5473f", "burgundy": "#7f3040", "pink": "#cf7f96", "purple": "#75589b",
    "violet": "#75589b", "yellow": "#d9ae3c", "orange": "#d07d37", "brown": "#8c6a4f", "oak": "#b58f61",
    "walnut": "#7a5a43", "beech": "#cda878", "kraft": "#b0906a", "beige": "#cdbf9f", "cream": "#dfd3b5",
    "gold": "#bd9a4d", "clear": "#b9d0d6", "transparent": "#b9d0d6",
}  # fmt: skip
PALETTE = ("#2f6f8f", "#8c6a4f", "#5d7f58", "#8a5a78", "#b07a3c", "#4f6390", "#7d7f46", "#a3564c")

# Drawn on 64 × 48 in one colour (currentColor); lighter and darker strokes are laid over it. First match wins.
SHAPES: tuple[tuple[str, str], ...] = (
    (
        "refill cartridge ink toner",
        '<rect x="14" y="18" width="26" height="12" rx="3"/><rect x="40" y="21" width="8" height="6"/>'
        '<path d="M20 18v12M27 18v12" class="lo"/>',
    ),
    (
        "bag backpack case pouch sleeve satchel",
        '<rect x="17" y="14" width="30" height="26" rx="6"/><path d="M26 14c0-8 12-8 12 0" class="line"/>'
        '<rect x="22" y="26" width="20" height="9" rx="2" class="hi"/>',
    ),
    (
        "folder binder file filing archive sorter portfolio clipboard",
        '<path d="M12 14h14l4 4h22v20H12z"/><path d="M12 22h40" class="lo"/>',
    ),
    (
        "notebook book journal diary pad planner calendar organiser organizer",
        '<rect x="20" y="8" width="25" height="33" rx="2.5"/><path d="M25.5 8v33" class="lo"/>'
        '<path d="M31 17h9M31 22h9" class="lo"/>',
    ),
    (
        "paper envelope label labels card cards sticky note notes",
        '<path d="M20 7h18l8 8v26H20z"/><path d="M38 7v8h8M25 22h15M25 27h15M25 32h10" class="lo"/>',
    ),
    (
        "marker markers highlighter highlighters chalk crayon crayons",
        '<rect x="10" y="18" width="28" height="12" rx="3"/><rect x="38" y="20" width="8" height="8" class="lo fill"/>'
        '<path d="M46 21l8 2v3l-8 2z"/>',
    ),
    (
        "pencil pencils",
        '<rect x="9" y="20" width="34" height="8"/><path d="M43 20l12 4-12 4z" class="wood"/>'
        '<rect x="9" y="20" width="5" height="8" class="lo fill"/>',
    ),
    (
        "pen pens rollerball ballpoint gel fountain fineliner fineliners brush brushes",
        '<rect x="8" y="20" width="38" height="8" rx="4"/><path d="M46 21.5l9 2.5-9 2.5z" class="metal"/>'
        '<rect x="13" y="17" width="14" height="3" rx="1.5" class="lo fill"/>',
    ),
    (
        "chair chairs stool seating seat",
        '<rect x="24" y="7" width="17" height="17" rx="4"/>'
        '<rect x="21" y="26" width="23" height="5" rx="2.5"/>'
        '<path d="M32.5 31v6M23 41l9.5-4 9.5 4" class="line"/>',
    ),
    (
        "lamp lamps light lights lighting bulb",
        '<path d="M24 8h16l6 14H18z"/><path d="M32 22v16M22 40h20" class="line"/>',
    ),
    (
        "cabinet drawer drawers shelf shelving storage bookcase rack tray organisers locker pedestal",
        '<rect x="19" y="7" width="26" height="34" rx="2"/>'
        '<path d="M19 18.5h26M19 30h26M29 13h6M29 24.5h6M29 36h6" class="lo"/>',
    ),
    (
        "desk desks table tables riser stand workstation easel",
        '<rect x="8" y="16" width="48" height="5" rx="1.5"/><path d="M13 21v19M51 21v19" class="line"/>'
        '<rect x="34" y="21" width="14" height="8" class="lo fill"/>',
    ),
    (
        "keyboard keyboards calculator calculators",
        '<rect x="9" y="15" width="46" height="19" rx="3"/><path d="M14 21h36M14 25h36M22 29.5h20" class="dots"/>',
    ),
    (
        "mouse mice trackball",
        '<rect x="22" y="9" width="20" height="31" rx="10"/><path d="M32 9v11M22 20h20" class="lo"/>',
    ),
    (
        "monitor screen display laptop printer scanner projector shredder webcam",
        '<rect x="13" y="9" width="38" height="24" rx="2.5"/>'
        '<rect x="16" y="12" width="32" height="18" class="hi"/><path d="M25 40h14M32 33v7" class="line"/>',
    ),
    (
        "cable cables charger chargers adapter hub hubs power battery batteries headset headsets headphones",
        '<path d="M10 32c10 8 14-14 24-8s10-4 10-8" class="line"/><rect x="38" y="8" width="13" height="10" rx="2"/>',
    ),
    (
        "scissors cutter cutters knife trimmer trimmers",
        '<path d="M16 9l26 24M48 9L22 33" class="line"/><circle cx="19" cy="36" r="5" class="ring"/>'
        '<circle cx="45" cy="36" r="5" class="ring"/>',
    ),
    (
        "stapler staplers punch punches staple staples",
        '<path d="M10 26c8-10 30-12 44-10v8z"/><rect x="10" y="29" width="44" height="6" rx="2"/>',
    ),
    (
        "tape tapes glue adhesive adhesives",
        '<circle cx="30" cy="24" r="16"/><circle cx="30" cy="24" r="7" class="hole"/>'
        '<rect x="30" y="36" width="24" height="4"/>',
    ),
    (
        "clip clips pin pins magnet magnets band bands fasteners",
        '<path d="M22 34V16a7 7 0 0 1 14 0v20a4.5 4.5 0 0 1-9 0V18" class="line"/>',
    ),
    (
        "ruler rulers compass geometry protractor measuring",
        '<rect x="7" y="17" width="50" height="14" rx="1.5"/>'
        '<path d="M13 17v6M20 17v4M27 17v6M34 17v4M41 17v6M48 17v4" class="lo"/>',
    ),
    (
        "board boards whiteboard whiteboards noticeboard",
        '<rect x="9" y="9" width="46" height="29" rx="2"/>'
        '<rect x="12" y="12" width="40" height="23" class="hi"/><path d="M18 20h18M18 26h12" class="lo"/>',
    ),
    (
        "mug cup bottle flask kettle coffee tea lunch",
        '<path d="M18 12h22v22a5 5 0 0 1-5 5H23a5 5 0 0 1-5-5z"/><path d="M40 18h4a5 5 0 0 1 0 11h-4" class="line"/>',
    ),
    (
        "clock timer watch",
        '<circle cx="32" cy="24" r="16"/><circle cx="32" cy="24" r="12" class="hi"/>'
        '<path d="M32 16v8l6 4" class="lo"/>',
    ),
)
BOX = '<path d="M12 18l20-9 20 9v18l-20 8-20-8z"/><path d="M12 18l20 8 20-8M32 26v18" class="lo"/>'
WORD = re.compile(r"[a-z]+")


def pictogram(names: Iterable[str], colour: str = "", brand: str = "") -> str:
    """An SVG element. `names` go from what says most (the leaf category) to what says least.

    The colour is the one named, else one that stays the same for the brand. Nothing of the input enters the markup.
    """
    shape = next((drawn for name in names if (drawn := _shape(name))), BOX)
    named = next((COLOURS[word] for word in WORD.findall(colour.lower()) if word in COLOURS), None)
    ink = named or PALETTE[zlib.crc32(brand.encode()) % len(PALETTE)]
    return f'<svg class="pictogram" viewBox="0 0 64 48" aria-hidden="true" style="color:{ink}">{shape}</svg>'


def _shape(name: str) -> str | None:
    """The last word of a name says what the thing is: a pen case is a case, a desk lamp a lamp."""
    for word in reversed(WORD.findall(name.lower())):
        for words, drawn in SHAPES:
            if word in words.split() or word.removesuffix("s") in words.split():
                return drawn
    return None
