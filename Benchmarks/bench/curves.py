"""Small charts side by side, as SVG written by hand: one curve each, over routes on a logarithmic axis."""
import math
from dataclasses import dataclass
from xml.sax.saxutils import escape

WIDTH, HEIGHT, COLUMNS = 330, 250, 3
LEFT, RIGHT, TOP, BOTTOM = 58, 28, 44, 44
STYLE = """
  text { font: 12px sans-serif; fill: #333 }
  .title { font-weight: bold; font-size: 13px }
  .tick { font-size: 11px; fill: #666 }
  .value { font-size: 11px; fill: #1f5fa8 }
  .grid { stroke: #e3e3e3 }
  .axis { stroke: #777 }
  .curve { fill: none; stroke: #1f5fa8; stroke-width: 2 }
  .point { fill: #1f5fa8 }
  .bound { stroke: #b3402e; stroke-dasharray: 5 4 }
  .wanted { fill: #b3402e; font-size: 11px }
"""


@dataclass
class Curve:
    title: str
    unit: str
    points: list                      # (routes, value)
    is_logarithmic: bool = False      # the upright axis, too
    wanted: float | None = None       # a bound, drawn across


def short(value):
    if value >= 1000:
        return f"{value:,.0f}".replace(",", " ")
    return f"{value:.3g}"


def steps(highest):
    """Round numbers from 0 to at least `highest`, four to six of them."""
    size = 10 ** math.floor(math.log10(highest / 4))
    step = next(size * factor for factor in (1, 2, 2.5, 5, 10) if size * factor * 5 >= highest)
    return [step * index for index in range(math.ceil(highest / step) + 1)]


def decades(lowest, highest):
    return [10.0 ** power for power in range(math.floor(math.log10(lowest)), math.ceil(math.log10(highest)) + 1)]


def panel(curve, left, top):
    xs, ys = [x for x, _ in curve.points], [y for _, y in curve.points]
    ticks_x = decades(min(xs), max(xs))
    highest = max(ys + ([curve.wanted] if curve.wanted and not curve.is_logarithmic else [])) * 1.08
    ticks_y = decades(min(ys), max(ys)) if curve.is_logarithmic else steps(highest)
    width, height = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM

    def across(x):
        return left + LEFT + width * (math.log10(x / ticks_x[0]) / math.log10(ticks_x[-1] / ticks_x[0]))

    def up(y):
        share = (math.log10(y / ticks_y[0]) / math.log10(ticks_y[-1] / ticks_y[0]) if curve.is_logarithmic
                 else (y - ticks_y[0]) / (ticks_y[-1] - ticks_y[0]))
        return top + TOP + height * (1 - share)

    parts = [f'<text class="title" x="{left + LEFT}" y="{top + 18}">{escape(curve.title)}</text>',
             f'<text class="tick" x="{left + LEFT}" y="{top + 34}">{escape(curve.unit)}'
             f'{", logarithmic" if curve.is_logarithmic else ""}</text>']
    if curve.wanted:
        parts.append(f'<text class="wanted" text-anchor="end" x="{left + WIDTH - RIGHT}" y="{top + 34}">'
                     f'wanted ≤ {short(curve.wanted)}</text>')
    right, bottom = left + LEFT + width, top + TOP + height
    for tick in ticks_y:
        parts.append(f'<line class="grid" x1="{left + LEFT}" x2="{right}" y1="{up(tick):.1f}" y2="{up(tick):.1f}"/>'
                     f'<text class="tick" text-anchor="end" x="{left + LEFT - 6}" y="{up(tick) + 4:.1f}">{short(tick)}</text>')
    for tick in ticks_x:
        parts.append(f'<line class="axis" x1="{across(tick):.1f}" x2="{across(tick):.1f}" y1="{bottom}" y2="{bottom + 4}"/>'
                     f'<text class="tick" text-anchor="middle" x="{across(tick):.1f}" y="{bottom + 18}">{short(tick)}</text>')
    parts.append(f'<line class="axis" x1="{left + LEFT}" x2="{right}" y1="{bottom}" y2="{bottom}"/>'
                 f'<text class="tick" text-anchor="middle" x="{(left + LEFT + right) / 2}" y="{bottom + 34}">routes</text>')
    if curve.wanted and ticks_y[0] <= curve.wanted <= ticks_y[-1]:
        y = up(curve.wanted)
        parts.append(f'<line class="bound" x1="{left + LEFT}" x2="{right}" y1="{y:.1f}" y2="{y:.1f}"/>')
    line = " ".join(f"{across(x):.1f},{up(y):.1f}" for x, y in curve.points)
    parts.append(f'<polyline class="curve" points="{line}"/>')
    for x, y in curve.points:
        anchor = "end" if x == xs[-1] else "start" if x == xs[0] else "middle"
        parts.append(f'<circle class="point" cx="{across(x):.1f}" cy="{up(y):.1f}" r="3"/>'
                     f'<text class="value" text-anchor="{anchor}" x="{across(x):.1f}" y="{up(y) - 8:.1f}">{short(y)}</text>')
    return "\n".join(parts)


def draw(curves):
    """-> the text of an SVG file."""
    rows = math.ceil(len(curves) / COLUMNS)
    panels = "\n".join(panel(curve, index % COLUMNS * WIDTH, index // COLUMNS * HEIGHT)
                       for index, curve in enumerate(curves))
    width, height = WIDTH * min(COLUMNS, len(curves)), HEIGHT * rows
    size = f'viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
    return (f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img">\n'
            f'<style>{STYLE}</style>\n<rect width="{width}" height="{height}" fill="#fff"/>\n{panels}\n</svg>\n')
