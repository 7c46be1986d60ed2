"""What readers see of a run, made once when it ends: small files that are handed out as they are."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from frontcast.forecast import EnsembleResult, ForecastConfig, to_dataset
from frontcast.forecast.campaign import known_armies
from frontcast.forecast.product import lines_table, places_table
from frontcast.forecast.whatif import WhatIf
from frontcast.picture import Picture
from frontcast.serve.geometry import as_geojson, feature, geometry
from frontcast.serve.outlook import WHOLE
from frontcast.show import brief, shapes, style
from frontcast.theatre import HOLDERS, Theatre

QUANTILES: Final = (0.05, 0.10, 0.25, 0.50, 0.75, 0.90, 0.95)
LEAST_CHANCE: Final = 0.01
MOST_PLACES: Final = 3000
LINE_STEP_KM: Final = 0.15


def write_json(file: Path, value: Any) -> None:
    """JSON in as few bytes as it takes; NaN is refused, for no browser reads it."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    file.write_text(text, "utf-8")


def forecast_views(
    folder: Path,
    config: ForecastConfig,
    picture: Picture,
    result: EnsembleResult,
    product: Path,
    lines: gpd.GeoDataFrame,
) -> None:
    """Write what readers see of a forecast.

    Args:
        folder: to write to. config, picture, result: of the forecast. product: its folder. lines: its lines.
    """
    theatre = picture.theatre
    dataset = to_dataset(picture, replace(result, member_control=None))
    places = places_table(picture, result)
    at_risk = risk_rows(places, theatre)
    write_json(folder / "places.json", at_risk)
    leads = shapes.lead_days(dataset)
    ground = shapes.Ground.of(dataset)
    for lead in leads:
        write_json(folder / f"bands-{lead}.json", band_collection(dataset, ground, lines, theatre, lead))
    np.save(folder / "chance_a.npy", parts_of_one(result.probability_a))
    np.save(folder / "chance_b.npy", parts_of_one(result.probability_b))
    np.save(folder / "initial.npy", picture.control)
    armies = None if result.deployment is None else known_armies(result.deployment.armies, theatre)
    write_json(
        folder / "summary.json",
        {
            "init_time": str(shapes.init_time(dataset))[:10],
            "days": config.days,
            "members": result.members,
            "depth": config.depth,
            "source": config.source,
            "leads": leads,
            "valid_dates": [str(shapes.valid_time(dataset, lead))[:10] for lead in leads],
            "data_vintage": f"{picture.vintage}Z",
            "headline": brief.headline(dataset),
            "sentences": [*brief.area_sentences(dataset, theatre), _place_sentence(places, leads, result.members)],
            "area": area_rows(dataset),
            "places_at_risk": len(at_risk),
            "armies": armies,
            "attribution": str(dataset.attrs["source"]),
            "caution": style.CAUTION,
            "run": json.loads((product / "run.json").read_text("utf-8")),
        },
    )


def parts_of_one(probability: npt.NDArray[np.floating]) -> npt.NDArray[np.uint16]:
    """Probabilities in parts of `WHOLE`, to be mapped and not read."""
    return np.asarray(np.round(probability * WHOLE), np.uint16)


def _place_sentence(places: pd.DataFrame, leads: list[int], members: int) -> str:
    return brief.place_sentence(brief.risks(places, leads), members, leads[-1])


def area_rows(dataset: xr.Dataset) -> list[dict[str, Any]]:
    """Quantiles over members of the change in what each holds, by lead day."""
    held = dataset["held_area"].isel(init_time=0).transpose("holder", "lead_day", "member").values.astype(float)
    change = held - held[:, :1]
    values = np.quantile(change, QUANTILES, axis=2)
    return [
        {
            "lead_day": int(day),
            "side": holder,
            **{f"q{round(100 * q):02d}": round(float(values[i, at, row]), 1) for i, q in enumerate(QUANTILES)},
        }
        for row, day in enumerate(dataset["lead_day"].values)
        for at, holder in enumerate(HOLDERS)
    ]


def risk_rows(places: pd.DataFrame, theatre: Theatre) -> list[dict[str, Any]]:
    """Places with some chance of a change, likeliest at the last lead first: `PlaceAtRisk`."""
    table = theatre.places.table
    spots = zip(table["name"], table["lon"], table["lat"], strict=True)
    ids: dict[Any, int] = dict(zip(spots, table["id"].tolist(), strict=True))
    keys = ["name", "lon", "lat"]
    kept = places[places.groupby(keys, sort=False)["p_change"].transform("max") >= LEAST_CHANCE]
    order = kept.groupby(keys, sort=False).tail(1).assign(people=lambda last: last["population"].fillna(0.0))
    order = order.sort_values(["p_change", "people", "name"], ascending=[False, False, True])
    groups = dict(iter(kept.groupby(keys, sort=False)))
    rows = []
    for key in order[keys].itertuples(index=False, name=None):
        first, at_leads = groups[key].iloc[0], groups[key].to_dict("records")
        rows.append(
            {
                "id": ids[key],
                **{name: str(first.get(name, "")) for name in ("name", "local_name", "region", "kind")},
                "lon": float(first["lon"]),
                "lat": float(first["lat"]),
                "population": None if np.isnan(first["population"]) else float(first["population"]),
                "holder_now": str(first["holder_now"]),
                "leads": [
                    {
                        "lead_day": int(row["lead_day"]),
                        **{name: round(float(row[name]), 4) for name in ("p_a", "p_grey", "p_b", "p_change")},
                    }
                    for row in at_leads
                ],
            }
        )
    return rows[:MOST_PLACES]


def band_collection(
    dataset: xr.Dataset,
    ground: shapes.Ground,
    lines: gpd.GeoDataFrame,
    theatre: Theatre,
    lead: int,
    future: str | None = None,
) -> dict[str, Any]:
    """Bands and lines of a lead as GeoJSON: `Bands`."""
    features = []
    for side, bands in shapes.gain_bands(dataset, ground, lead).items():
        edges = [low for low, _ in bands]
        for at, (low, shape) in enumerate(bands):
            drawn = geometry(shape, theatre.grid)
            if drawn is not None:
                high = edges[at + 1] if at + 1 < len(edges) else None
                features.append(_band(drawn, "band", side, future, low=low, high=high))
    at_lead = lines[lines["lead_day"] == lead]
    for side, quantile, line in zip(at_lead["side"], at_lead["quantile"], at_lead.geometry, strict=True):
        drawn = None if line is None else as_geojson(line.simplify(LINE_STEP_KM / 111.0))
        if drawn is not None:
            features.append(_band(drawn, "line", str(side), future, quantile=round(float(quantile), 3)))
    for side, line in ground.flot.items():
        drawn = geometry(line, theatre.grid)
        if drawn is not None:
            features.append(_band(drawn, "flot", side, future))
    date = str(shapes.valid_time(dataset, lead))[:10]
    return {"type": "FeatureCollection", "lead_day": lead, "valid_date": date, "features": features}


def _band(shape: dict[str, Any], kind: str, side: str, future: str | None, **more: float | None) -> dict[str, Any]:
    properties: dict[str, Any] = {"low": None, "high": None, "quantile": None} | more
    return feature(shape, kind=kind, side=side, future=future, **properties)


def what_if_views(folder: Path, found: WhatIf, toml: str, members: int, seed: int) -> None:
    """Write what readers see of a what-if."""
    picture, head = found.musters.picture, found.scenario.head
    futures = (found.base, *found.variants)
    leads = list(found.base.result.lead_days)
    for number, future in enumerate(futures):
        plain = replace(future.result, member_control=None)
        dataset = to_dataset(picture, plain)
        ground, lines = shapes.Ground.of(dataset), lines_table(picture, plain)
        for lead in leads:
            drawn = band_collection(dataset, ground, lines, picture.theatre, lead, future.name)
            write_json(folder / f"bands-{number}-{lead}.json", drawn)
    write_json(
        folder / "summary.json",
        {
            "title": head.title,
            "question": head.question,
            "init_time": str(picture.init_time)[:10],
            "days": head.days,
            "members": members,
            "seed": seed,
            "leads": leads,
            "valid_dates": [str(picture.init_time + np.timedelta64(lead, "D"))[:10] for lead in leads],
            "futures": [future.name for future in futures],
            "differences": _records(found.differences),
            "places": _records(found.places),
            "toml": toml,
            "caution": f"Both futures have the same luck; the difference is the model's, and no forecast. {style.CAUTION}",
        },
    )


def _records(table: pd.DataFrame) -> Sequence[Mapping[str, Any]]:
    return [{str(key): _plain(value) for key, value in row.items()} for row in table.to_dict("records")]


def _plain(value: Any) -> Any:
    if isinstance(value, (float, np.floating)):
        return None if np.isnan(value) else round(float(value), 6)
    return value.item() if isinstance(value, np.generic) else value
