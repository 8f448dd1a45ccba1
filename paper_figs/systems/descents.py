"""The overview of the atlas: measured over predicted coefficients, and time per evaluation against noise."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..parts import panels
from ..parts.read import StudyResult
from ..parts.settings import short, wrapped
from ..parts.style import WIDTH, few_ticks, log_across, log_axis, state

UNIT, PLAIN = "#0072B2", "#D55E00"  # colours of schemes that follow ĝ and g
MARKS = "os^vDPX<>*hp"
KAPPAS = (1, 10, 100)
NO_DESCENT = "0.45"  # colour of those that follow neither
FAR = 0.05  # from 1: a ratio that lies farther off is an arrow at the edge
YES = "yes"
SMALL: dict[str, Any] = {"color": "0.45", "fontsize": 6, "annotation_clip": False, "textcoords": "offset points"}


def overview(found: StudyResult) -> panels.Panel:
    """Which descent every scheme is: coefficients over their law, and time per evaluation against noise."""
    figure = Figure(figsize=(WIDTH, 2.8 + 0.36 * len(found.parts)))
    ratios, clock = figure.subplots(2, 1, height_ratios=(0.36 * len(found.parts), 1.9))
    numbers: dict[str, Any] = {}
    for k, (name, data) in enumerate(found.parts.items()):
        numbers[name] = _scheme(ratios, clock, k, name, data)
    _finish(ratios, [_label(name, data) for name, data in found.parts.items()])
    _kappas(clock)
    for letter, axis in zip("ab", (ratios, clock), strict=True):
        axis.set_title(f"({letter})", loc="left")
    figure.legend(*clock.get_legend_handles_labels(), loc="outside lower center", ncols=3, fontsize=6)
    share = next(iter(found.parts.values())).attrs["share"]
    state(figure, wrapped([
        f"preset {found.configuration['preset']}", f"declared share {100 * float(share):g} %",
        f"(a) dots: places of {_losses(found)}, bars one standard error", "κ of theory",
        "blue follows g/|g|, orange g, grey neither; filled: equivalent", *_left_out(found),
        "all ours: the paper has no such figure",
    ]))  # fmt: skip
    return figure, numbers


def _losses(found: StudyResult) -> str:
    places = {str(place).partition(",")[0] for data in found.parts.values() for place in data.place.values}
    return "a bowl and of Figure 1’s network" if places - {"bowl"} else "a bowl"


def _left_out(found: StudyResult) -> list[str]:
    names = [name for name, data in found.parts.items() if not _descends(data)]
    return [f"without a clock, so not in (b): {', '.join(names)}"] if names else []


def _descends(data: Any) -> bool:
    return bool(data.attrs.get("descends", 1))


def _equivalent(data: Any) -> bool:
    ends = f": {data.attrs['follows']}"
    told = [text for key, text in data.attrs.items() if str(key).endswith(ends)]
    return bool(told) and all(str(text).startswith(YES) for text in told)


def _label(name: str, data: Any) -> str:
    if _descends(data):
        return f"{name}\nκ {short(float(data.attrs['law_kappa']))}"
    return f"{name}\n× {float(data.ratio[-1]):.2g} at {data.place.values[-1]}"


def _scheme(ratios: Axes, clock: Axes, k: int, name: str, data: Any) -> dict[str, Any]:
    """One scheme: its ratios in a line, and its place on the clock."""
    colour = NO_DESCENT if not _descends(data) else PLAIN if data.attrs["follows"] == "g" else UNIT
    fill = colour if _equivalent(data) else "white"
    mark = {"color": colour, "mfc": fill, "marker": MARKS[k % len(MARKS)], "markersize": 3.4, "linestyle": ""}
    at = k + 0.5 * ((np.arange(data.sizes["place"]) + 0.5) / data.sizes["place"] - 0.5)
    _ratios(ratios, data, at, {**mark, "markersize": 2.4})
    saved = {"places": data.place.values.tolist(), "ratio": data.ratio.values, "ratio_error": data.ratio_error.values,
             "follows": data.attrs["follows"], "equivalent": _equivalent(data)}  # fmt: skip
    if not _descends(data):
        return saved
    drift = float(np.mean(data.ratio)) * float(data.attrs["drift"])
    spent = float(data.attrs["evaluations"])
    kappa = float(data.kappa[0])
    time, noise = drift / spent, kappa * drift / spent
    clock.plot([noise], [time], **mark, label=name)
    return saved | {"time": time, "noise": noise, "kappa": kappa}


def _ratios(axis: Axes, data: Any, at: np.ndarray, mark: dict[str, Any]) -> None:
    far = np.abs(data.ratio.values - 1) > FAR
    near = data.isel(place=np.flatnonzero(~far))
    axis.errorbar(near.ratio, at[~far], xerr=near.ratio_error, elinewidth=0.8, **mark)
    for one, height in zip(data.ratio.values[far], at[far], strict=True):
        side = 1 if one > 1 else -1
        edge = {**mark, "marker": ">" if side > 0 else "<", "markersize": 4, "clip_on": False}
        axis.plot([1 + FAR * side], [height], **edge)


def _finish(axis: Axes, labels: list[str]) -> None:
    axis.axvline(1, color="black", linewidth=0.6, zorder=0)
    axis.set_xlim(1 - FAR, 1 + FAR)
    axis.set_yticks(range(len(labels)), labels, fontsize=6)
    axis.invert_yaxis()
    few_ticks(axis, 3)
    axis.set_xlabel("coefficient of the drift / its law", fontsize=7)


def _kappas(axis: Axes) -> None:
    """Lines of equal κ: of two schemes at equal noise the upper goes further for an evaluation."""
    log_across(axis)
    log_axis(axis)
    low, high = axis.get_xlim()
    bottom, top = axis.get_ylim()
    for kappa in KAPPAS:
        axis.plot([low, high], [low / kappa, high / kappa], color="0.8", linewidth=0.6, zorder=0)
        if bottom < high / kappa < top:
            axis.annotate(f"κ = {kappa}", (high, high / kappa), (2, 0), va="center", **SMALL)
        elif low < top * kappa < high:
            axis.annotate(f"κ = {kappa}", (top * kappa, top), (0, 2), ha="center", **SMALL)
    axis.set_xlim(low, high)
    axis.set_ylim(bottom, top)
    axis.set_xlabel("noise per time, in lengths of a step", fontsize=7)
    axis.set_ylabel("time per evaluation,\nin lengths of a step", fontsize=7)


MAKERS = {"descents": overview}
