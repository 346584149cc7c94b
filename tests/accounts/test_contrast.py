"""The colours of static/css/tokens.css against WCAG 2.2: 4.5:1 for text, 3:1 for controls and small pictures."""

import re
from pathlib import Path

import pytest
from django.conf import settings

TOKENS = Path(settings.BASE_DIR, "static", "css", "tokens.css")
COLOUR = re.compile(r"(--[\w-]+): #([0-9a-f]{6});")
SOFT = ["accent", "good", "warning", "danger"]
TEXT = [
    *((text, ground) for text in ("text", "text-muted") for ground in ("ground", "surface", "surface-sunken")),
    *((text, ground) for text in ("text", "text-muted") for ground in ("surface-hover", "surface-raised")),
    *(("text", f"{state}-soft") for state in SOFT),
    ("text-muted", "accent-soft"),
    *(("accent-text", ground) for ground in ("ground", "surface", "surface-raised", "accent-soft")),
    *((state, ground) for state in SOFT[1:] for ground in (f"{state}-soft", "surface", "surface-raised")),
    *(("on-accent", ground) for ground in ("accent", "accent-hover")),
    *(("on-danger", ground) for ground in ("danger-solid", "danger-solid-hover")),
]
SHAPES = [
    *(("line-control", ground) for ground in ("ground", "surface")),
    *(("accent", ground) for ground in ("ground", "surface")),
    *((f"series-{number}", ground) for number in range(1, 5) for ground in ("ground", "surface")),
]


def colours(scheme: str) -> dict[str, str]:
    """The colours of the light scheme, or those of the dark one where it has its own."""
    light, dark = TOKENS.read_text().split("@media (prefers-color-scheme: dark)")
    found = dict(COLOUR.findall(light))
    if scheme == "dark":
        own = dict(COLOUR.findall(dark))
        assert own.keys() == found.keys(), "a colour has no dark twin"
        found = own
    return found


def luminance(colour: str) -> float:
    """WCAG's relative luminance of a colour in six hexadecimal digits."""
    shares = [int(colour[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    red, green, blue = (share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(first: str, second: str) -> float:
    """WCAG's contrast ratio of two colours, from 1 to 21."""
    darker, lighter = sorted([luminance(first), luminance(second)])
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("pairs", "wanted"), [(TEXT, 4.5), (SHAPES, 3.0)], ids=["text", "shapes"])
def test_colours_stand_out_from_their_ground(scheme: str, pairs: list[tuple[str, str]], wanted: float) -> None:
    found = colours(scheme)
    ratios = {pair: contrast(found[f"--{pair[0]}"], found[f"--{pair[1]}"]) for pair in pairs}
    assert {pair: round(ratio, 2) for pair, ratio in ratios.items() if ratio < wanted} == {}


def test_contrast_of_black_on_white_is_the_greatest() -> None:
    assert (round(contrast("000000", "ffffff"), 2), round(contrast("777777", "ffffff"), 2)) == (21.0, 4.48)
