"""Photos and a voice that the people carry on their phones: all drawn, none real."""

from functools import cache
from pathlib import Path

from sandbox.acts import ActError

FOLDER = Path(__file__).with_name("samples")

# What the picker shows, in its order; each is <name>.png in the folder.
SAMPLES: dict[str, str] = {
    "id_front": "身份证正面",
    "id_back": "身份证背面",
    "household": "户口本",
    "disability": "残疾人证",
    "request": "手写申请",
    "blurred": "拍糊了的证件",
    "street": "扫干净的村路",
}

# Ten silent frames of the narrow-band format that the platform delivers.
SAMPLE_VOICE = b"#!AMR\n" + (b"\x3c" + bytes(31)) * 10


@cache
def sample_picture(name: str) -> tuple[str, bytes]:
    """A sample's label and PNG, by its name or its label; ActError when there is none."""
    for key, label in SAMPLES.items():
        if name in (key, label):
            return label, (FOLDER / f"{key}.png").read_bytes()
    raise ActError(f"no sample photo is called {name!r}; there are {'、'.join(SAMPLES.values())}")
