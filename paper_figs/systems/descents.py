"""The overview of the atlas: measured over predicted coefficients, and time per evaluation against noise."""

import math
from collections import Counter
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..parts import panels
from ..parts.read import StudyResult
from ..parts.settings import short, wrapped
from ..parts.style import WIDTH, few_ticks, log_across, log_axis, state

COLOURS = {"g/|g|": "#0072B2", "g": "#D55E00"}
OTHER = "#009E73"  # colour of those that follow another vector, which their label names
MARKS = "os^vDPX<>*hp"
KAPPAS = (1, 10, 100)
LOSSES = {
    "bowl": "a bowl",
    "network": "Figure 1’s network",
    "matrix": "a bowl of a matrix",
    "ripples": "a rippled bowl",
}
NO_DESCENT = "0.45"  # colour of those that follow neither
ROW = 0.29  # inches
FAR = 0.08  # from 1: a ratio that lies farther off is an arrow at the edge
YES = "yes"
SMALL: dict[str, Any] = {"color": "0.45", "fontsize": 6, "annotation_clip": False, "textcoords": "offset points"}


def overview(found: StudyResult) -> panels.Panel:
    """Which descent every scheme is: coefficients over their law, and time per evaluation against noise."""
    rows = ROW * len(found.parts)
    figure = Figure(figsize=(WIDTH, 3.1 + rows))
    ratios, clock = figure.subplots(2, 1, height_ratios=(rows, 1.9))
    numbers: dict[str, Any] = {}
    for k, ((name, data), mark) in enumerate(zip(found.parts.items(), _marks(found), strict=True)):
        numbers[name] = _scheme(ratios, clock, k, name, data, mark)
    _finish(ratios, [_label(name, data) for name, data in found.parts.items()])
    _kappas(clock)
    for letter, axis in zip("ab", (ratios, clock), strict=True):
        axis.set_title(f"({letter})", loc="left")
    close = {"ncols": 3, "fontsize": 6, "handlelength": 1, "columnspacing": 1}
    figure.legend(*clock.get_legend_handles_labels(), loc="outside lower center", **close)
    share = next(iter(found.parts.values())).attrs["share"]
    state(figure, wrapped([
        f"preset {found.configuration['preset']}", f"declared share {100 * float(share):g} %",
        *_losses(found), "bars one standard error", "pale: model error", "κ of theory (≈: measured)",
        "blue follows g/|g|", "orange g", "green the vector named", "grey none", "filled: equivalent",
        *_left_out(found),
        "all ours: the paper has no such figure",
    ]))  # fmt: skip
    return figure, numbers


def _losses(found: StudyResult) -> list[str]:
    """Where schemes are looked at: losses are what verdicts are told of."""
    told = {str(key).partition(": ")[0] for data in found.parts.values() for key in data.attrs}
    shown = [words for loss, words in LOSSES.items() if loss in told]
    return [f"(a) dots: places of {shown[0]}", *shown[1:]]


def _left_out(found: StudyResult) -> list[str]:
    first, *more = [name for name, data in found.parts.items() if not _descends(data)] or [""]
    return [f"no clock, so not in (b): {first}", *more] if first else []


def _descends(data: Any) -> bool:
    return bool(data.attrs.get("descends", 1))


def _equivalent(data: Any) -> bool:
    ends = f": {data.attrs['follows']}"
    told = [text for key, text in data.attrs.items() if str(key).endswith(ends)]
    return bool(told) and all(str(text).startswith(YES) for text in told)


def _label(name: str, data: Any) -> str:
    """With κ, measured where theory has none, and the vector that no colour tells; or with its growth."""
    if not _descends(data):
        law = f", law {float(data.ratio_theory[-1]):.3g}" if "ratio_theory" in data else ""
        return f"{name}\n× {float(data.ratio[-1]):.3g} at {data.place.values[-1]}{law}"
    kappa, follows = float(data.attrs["law_kappa"]), data.attrs["follows"]
    told = f"κ {short(kappa)}" if math.isfinite(kappa) else f"κ ≈ {short(float(data.kappa[0]))}"
    return f"{name}\n{told}" if follows in COLOURS else f"{name}\n{follows}, {told}"


def _colour(data: Any) -> str:
    return COLOURS.get(data.attrs["follows"], OTHER) if _descends(data) else NO_DESCENT


def _scheme(ratios: Axes, clock: Axes, k: int, name: str, data: Any, mark: dict[str, Any]) -> dict[str, Any]:
    """One scheme: its ratios in a line, and its place on the clock."""
    fill = mark["color"] if _equivalent(data) else "white"
    mark = {**mark, "mfc": fill, "markersize": 3.4, "linestyle": ""}
    at = k + 0.5 * ((np.arange(data.sizes["place"]) + 0.5) / data.sizes["place"] - 0.5)
    _ratios(ratios, data, at, {**mark, "markersize": 2.4})
    saved = {"places": data.place.values.tolist(), "ratio": data.ratio.values, "ratio_error": data.ratio_error.values,
             "follows": data.attrs["follows"], "equivalent": _equivalent(data)}  # fmt: skip
    if not _descends(data):
        return saved
    time = float(np.mean(data.coefficient)) / float(data.attrs["evaluations"])
    kappa = float(data.kappa[0])
    noise = kappa * time
    clock.plot([noise], [time], **mark, label=name)
    return saved | {"time": time, "noise": noise, "kappa": kappa}


def _marks(found: StudyResult) -> list[dict[str, Any]]:
    """Colour and marker of each scheme, no two alike."""
    used: Counter[str] = Counter()
    made = []
    for colour in map(_colour, found.parts.values()):
        made.append({"color": colour, "marker": MARKS[used[colour] % len(MARKS)]})
        used[colour] += 1
    return made


def _ratios(axis: Axes, data: Any, at: np.ndarray, mark: dict[str, Any]) -> None:
    far = np.abs(data.ratio.values - 1) > FAR
    near = data.isel(place=np.flatnonzero(~far))
    axis.errorbar(near.ratio, at[~far], xerr=near.ratio_error, elinewidth=0.8, **mark)
    if "model" in data:
        axis.barh(at, 2 * data.model, height=0.12, left=1 - data.model, color="0.85", zorder=0)
    for one, height in zip(data.ratio.values[far], at[far], strict=True):
        side = 1 if one > 1 else -1
        edge = {**mark, "marker": ">" if side > 0 else "<", "markersize": 4, "clip_on": False}
        axis.plot([1 + FAR * side], [height], **edge)


def _finish(axis: Axes, labels: list[str]) -> None:
    axis.axvline(1, color="black", linewidth=0.6, zorder=0)
    axis.set_xlim(1 - FAR, 1 + FAR)
    axis.set_yticks(range(len(labels)), labels, fontsize=6)
    axis.set_ylim(len(labels) - 0.4, -0.6)
    few_ticks(axis, 3)
    axis.set_xlabel("coefficient of the drift / its law", fontsize=7)


def _kappas(axis: Axes) -> None:
    """Lines of equal κ: of two schemes at equal noise the upper goes further for an evaluation."""
    log_across(axis)
    log_axis(axis)
    low, high = axis.get_xlim()
    bottom, top = axis.get_ylim()
    for kappa in KAPPAS:
        said = f"κ = {kappa}" if kappa == KAPPAS[0] else str(kappa)
        axis.plot([low, high], [low / kappa, high / kappa], color="0.8", linewidth=0.6, zorder=0)
        if bottom < high / kappa < top:
            axis.annotate(said, (high, high / kappa), (2, 0), va="center", **SMALL)
        elif low < top * kappa < high:
            axis.annotate(said, (top * kappa, top), (0, 2), ha="center", **SMALL)
    axis.set_xlim(low, high)
    axis.set_ylim(bottom, top)
    axis.set_xlabel("noise per time, in lengths of a step", fontsize=7)
    axis.set_ylabel("time per evaluation,\nin lengths of a step", fontsize=7)


MAKERS = {"descents": overview}
