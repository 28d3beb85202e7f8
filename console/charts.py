"""Pictures of numbers, as SVG images; a table with the same numbers always stands beside them."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence

import pygal
from pygal.style import Style
from werkzeug.wrappers import Response

sys.meta_path[:] = [one for one in sys.meta_path if not isinstance(one, pygal.PluginImportFixer)]
# pygal looks for its map plugins in a way that Python warns of at every later import; we use none.

STYLE = Style(
    background="#ffffff",
    plot_background="#ffffff",
    foreground="#1d2b26",
    foreground_strong="#1d2b26",
    foreground_subtle="#56645e",
    colors=("#0b6b4f", "#b9c7c0"),
    font_family="sans-serif",
    label_font_size=22,
    major_label_font_size=22,
    legend_font_size=24,
    value_font_size=22,
    value_label_font_size=22,
    title_font_size=26,
    opacity="1",
    no_data_font_size=26,
)
MARGIN_PER_LETTER = 10
"""pygal reckons a letter's width by Latin ones; Chinese ones are wider by so much."""

SCRIPT = re.compile(r"<script\b.*?</script>", re.DOTALL)
"""pygal leaves its settings in one even where it brings no script files."""

CSP = "default-src 'none'; style-src 'unsafe-inline'"
"""An image of its own, in which nothing runs; pygal writes its style into the file."""


def bars(
    title: str, labels: Sequence[str], series: Sequence[tuple[str, Sequence[int]]]
) -> Response:
    """Stacked bars, one per label; 720 px wide, with letters of at least 22. The axis has whole
    numbers only: nobody has half a sheet."""
    chart = pygal.HorizontalStackedBar(
        style=STYLE,
        js=[],
        width=720,
        height=170 + 52 * max(len(labels), 1),
        title=title,
        legend_at_bottom=True,
        legend_at_bottom_columns=2,
        show_y_guides=False,
        print_values=False,
        order_min=0,
        explicit_size=True,
        truncate_label=-1,
        margin_left=MARGIN_PER_LETTER * max(map(len, labels), default=0),
        truncate_legend=-1,
        disable_xml_declaration=True,
    )
    chart.x_labels = list(reversed(labels))
    for name, values in series:
        chart.add(name, list(reversed(values)))
    picture = SCRIPT.sub("", chart.render(is_unicode=True))
    answer = Response(picture, mimetype="image/svg+xml")
    answer.headers["Content-Security-Policy"] = CSP
    return answer
