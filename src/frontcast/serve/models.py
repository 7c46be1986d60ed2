"""What the service answers, as records: the OpenAPI document and the page's own types are made from these.

Longitudes and latitudes are degrees in WGS 84, areas km², distances km, times UTC in ISO 8601, probabilities 0 to 1.
`a` and `b` are the theatre's sides, `grey` is ground held by neither.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Holder = Literal["a", "grey", "b"]
SideKey = Literal["a", "b"]
Probability = Annotated[float, Field(ge=0, le=1)]
Box = tuple[float, float, float, float]
"""West, south, east, north."""


class Answer(BaseModel):
    """Anything the service answers."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Problem(Answer):
    """Why a request could not be answered.

    Attributes:
        detail: for people. problems: each thing wrong with what was sent, where it can be told apart.
    """

    detail: str
    problems: list[Fault] = []


class Fault(Answer):
    """One thing wrong with what was sent: where, what, and what would be right."""

    place: str
    problem: str
    remedy: str


# ---- GeoJSON


class Geometry(Answer):
    """A GeoJSON geometry."""

    type: Literal["Point", "LineString", "MultiLineString", "Polygon", "MultiPolygon"]
    coordinates: list[Any]


class GroundProperties(Answer):
    """Of a border, river, lake or region: its name ("" where it has none), kind, and size (1 is largest; rivers, lakes)."""

    name: str
    kind: Literal["country", "region", "river", "lake"]
    scalerank: float | None = None


class GroundFeature(Answer):
    """A border, river, lake or region."""

    type: Literal["Feature"]
    geometry: Geometry
    properties: GroundProperties


class GroundLayer(Answer):
    """GeoJSON of one layer of the ground."""

    type: Literal["FeatureCollection"]
    features: list[GroundFeature]


class ControlProperties(Answer):
    """Ground held (`held`, side a or b; `grey_zone`), or a side's forward line (`flot`). `area_km2` of ground only."""

    kind: Literal["held", "grey_zone", "flot"]
    side: Holder
    area_km2: float | None = None


class ControlFeature(Answer):
    """Ground held, or a forward line."""

    type: Literal["Feature"]
    geometry: Geometry
    properties: ControlProperties


class Control(Answer):
    """GeoJSON of who held what on a day, by the newest map of a source known at its end."""

    type: Literal["FeatureCollection"]
    date: str
    source: str
    valid_time: str
    known_at: str
    features: list[ControlFeature]


class BandProperties(Answer):
    """A band of probability, or a forecast line.

    Attributes:
        kind: `band`: ground the side does not hold at the start, where its chance of holding it then is `low` or more and,
            unless there is a higher band, less than `high`; bands lie within one another. `line`: where the side's FLOT is
            at or behind with probability `quantile`. `flot`: the line at the start.
        side: which.
        future: of a what-if, the future; else null.
    """

    kind: Literal["band", "line", "flot"]
    side: SideKey
    low: float | None = None
    high: float | None = None
    quantile: float | None = None
    future: str | None = None


class BandFeature(Answer):
    """A band of probability, or a forecast line."""

    type: Literal["Feature"]
    geometry: Geometry
    properties: BandProperties


class Bands(Answer):
    """GeoJSON of where a side may hold, at a lead, ground it does not hold at the start; and of the forecast lines."""

    type: Literal["FeatureCollection"]
    lead_day: int
    valid_date: str
    features: list[BandFeature]


# ---- the theatre


class GridAnswer(Answer):
    """The projected grid: its CRS as PROJ reads it, north-west corner in m, cells."""

    crs: str
    west: float
    north: float
    cell_km: float
    nx: int
    ny: int


class Colours(Answer):
    """A side's colours on a light or a dark page: ramp, one for each band of probability; tint of what it holds; line."""

    ramp: list[str]
    tint: str
    line: str


class SideAnswer(Answer):
    """One belligerent."""

    name: str
    adjective: str
    colour: str
    light: Colours
    dark: Colours


class Sides(Answer):
    """Both belligerents."""

    a: SideAnswer
    b: SideAnswer


class SourceAnswer(Answer):
    """A source of maps: its days, how many maps, and how to credit it."""

    name: str
    first: str
    last: str
    maps: int
    attribution: str


class Limits(Answer):
    """The most that may be asked for in one run; `queue` is how many may wait."""

    members: int
    days: int
    member_days: int
    memory_mb: int
    seconds: int
    queue: int
    body_bytes: int


class TheatreAnswer(Answer):
    """The war that is served: area, grid, sides, colours, sources and limits.

    Attributes:
        bounds: west, south, east, north of the grid in degrees.
        front_bounds: the same of the front on the newest map, with a margin: where a map may begin.
        bands: lower edges of the probability bands; band_words: what to call them.
        first, last: days the default source covers. default_source: whose maps are shown where none is named.
        sources: of maps. attribution: of the ground. data_notice: terms of the data, Markdown.
        caution: a sentence to show with every forecast.
    """

    name: str
    title: str
    bounds: Box
    front_bounds: Box
    grid: GridAnswer
    sides: Sides
    holder_words: dict[Holder, str]
    bands: list[float]
    band_words: list[str]
    first: str
    last: str
    default_source: str
    sources: list[SourceAnswer]
    attribution: str
    caution: str
    holds_claims: bool
    limits: Limits
    version: str


class Day(Answer):
    """One day of the time bar: the map known at its end, and km² by holder. `map` counts maps from 0."""

    date: str
    map: int
    valid_time: str
    a: float
    grey: float
    b: float


class Timeline(Answer):
    """Every day from the first map to the last; days without a new map repeat the one before."""

    source: str
    first: str
    last: str
    days: list[Day]


class YearLines(Answer):
    """A year of lines for scrubbing.

    Every ring or line is a flat list of whole numbers: longitude and latitude of its first point times `scale`, then the
    difference of each point from the one before: [x0, y0, dx1, dy1, ...].

    Attributes:
        maps: each map of the year once. days: by day of the year, from 1 January (or the first day with a map), the
            index into `maps`; null where the source has none yet.
    """

    year: int
    source: str
    scale: int
    first: str
    days: list[int | None]
    maps: list[MapLines]


class MapLines(Answer):
    """One map: forward lines of `a` and `b`; rings of the ground `b` holds and of the grey zone, even-odd."""

    valid_time: str
    a: list[list[int]]
    b: list[list[int]]
    held_b: list[list[int]]
    grey: list[list[int]]


# ---- places


class PlaceAnswer(Answer):
    """One settlement. `population` is of before the war, null where unknown. `front_km`: how far the front is today."""

    id: int
    name: str
    local_name: str
    region: str
    kind: str
    lon: float
    lat: float
    population: float | None
    front_km: float | None = None
    holder_now: Holder | None = None


class PlacesFound(Answer):
    """What a name in any spelling may mean, likeliest first; where nothing has it, spellings near it."""

    query: str
    places: list[PlaceAnswer]
    suggestions: list[str] = []


# ---- forecasts


class ForecastRequest(BaseModel):
    """A forecast to run. `init_time` left out: the last day of the record."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    init_time: str | None = Field(default=None, pattern=r"^\d{4}-\d{2}-\d{2}$")
    days: int = Field(default=30, ge=1, le=180)
    members: int = Field(default=200, ge=20, le=10_000)
    seed: int = Field(default=1, ge=0, le=2**32 - 1)
    depth: Literal["line", "units"] = "line"
    source: str | None = Field(default=None, max_length=64)
    without: list[Annotated[str, Field(max_length=64)]] = Field(default=[], max_length=28)


class AreaQuantiles(Answer):
    """Change since the start in what a side holds, km², on a lead day: shares of members at or below each value."""

    lead_day: int
    side: Holder
    q05: float
    q10: float
    q25: float
    q50: float
    q75: float
    q90: float
    q95: float


class ForecastSummary(Answer):
    """A forecast that has been made."""

    id: str
    init_time: str
    days: int
    members: int
    depth: Literal["line", "units"]
    source: str
    leads: list[int]
    data_vintage: str
    made_at: str
    is_default: bool


class ForecastAnswer(ForecastSummary):
    """A forecast: in words, in km², and how it was made (`run`, the run.json)."""

    headline: str
    sentences: list[str]
    valid_dates: list[str]
    area: list[AreaQuantiles]
    places_at_risk: int
    armies: str | None
    attribution: str
    caution: str
    run: dict[str, Any]


class Forecasts(Answer):
    """Forecasts kept here, newest start first."""

    forecasts: list[ForecastSummary]


class RiskAtLead(Answer):
    """Chances of a place at a lead."""

    lead_day: int
    p_a: Probability
    p_grey: Probability
    p_b: Probability
    p_change: Probability


class PlaceAtRisk(PlaceAnswer):
    """A place near the front and its chances."""

    leads: list[RiskAtLead]


class PlacesAtRisk(Answer):
    """Places with some chance of changing hands by the last lead, likeliest first; `total` of them in all."""

    total: int
    places: list[PlaceAtRisk]


class Reliability(Answer):
    """How often forecasts that gave such a chance came true.

    Attributes:
        lead_day: lead of the track record nearest to the one asked about.
        low, high: chances counted alike. forecasts: how many there were, of how many starts. came_true: share of them.
        of: what was counted.
    """

    lead_day: int
    low: Probability
    high: Probability
    forecasts: int
    starts: int
    mean_forecast: Probability
    came_true: Probability | None
    of: str


class OutlookAtLead(RiskAtLead):
    """Chances at a lead, and how often such a chance of a change came true. Of a box, means over its land."""

    valid_date: str
    reliability: Reliability | None


class Outlook(Answer):
    """Who may hold a place, or how much of a box each side may hold, over the days of a forecast.

    Attributes:
        place: where one was asked about. box: where one was. area_km2: land of the box. holder_now: at the start, of a box
            the holder of most of it; shares_now: of a box. places: at risk in the box, likeliest first.
        front_km: distance of the front on the newest map. finest: smallest chance the ensemble can tell from none.
    """

    forecast: str
    init_time: str
    members: int
    finest: float
    where: str
    place: PlaceAnswer | None
    box: Box | None
    area_km2: float | None
    holder_now: Holder
    shares_now: dict[Holder, float]
    front_km: float
    leads: list[OutlookAtLead]
    places: list[PlaceAtRisk]
    happened: list[Happened]


class Happened(Answer):
    """Who held it by the maps of the source afterwards, at a lead the record reaches: for looking back."""

    lead_day: int
    valid_date: str
    a: Probability
    grey: Probability
    b: Probability


class Contribution(Answer):
    """How far one mechanism moved the front: km towards b, mean, 10 % and 90 % of members; shares of members in which it
    moved it more than 0.1 km that way; km²."""

    mechanism: str
    mean_km: float
    low_km: float
    high_km: float
    p_forward: Probability
    p_back: Probability
    mean_km2: float


class Mechanisms(Answer):
    """Why the front moves somewhere, by a lead, in the members of a forecast with armies."""

    where: str
    lead_day: int
    length_km: float
    total: Contribution
    mechanisms: list[Contribution]


# ---- claims and units


class ClaimLink(Answer):
    """What confirms or contradicts a claim: a map (source, days after), or another claim."""

    link: str
    by: str
    source: str | None = None
    other: int | None = None
    date: str | None = None
    lag_days: float | None = None


class ClaimAnswer(Answer):
    """One claim: who says what happened where and when, how sure, in which words. Text is of documents: never markup.

    Attributes:
        who: the speaker or, where none is named, the publisher. what: in a few plain words. evidence: claims of one
            number are one piece of evidence.
    """

    id: int
    evidence: int
    kind: str
    who: str
    what: str
    source: str
    attributed_to: str | None
    side: str | None
    holder: str | None
    place: str | None
    lon: float | None
    lat: float | None
    valid: str | None
    known_at: str
    certainty: str
    quote: str
    title: str
    url: str | None
    target: str | None
    links: list[ClaimLink] = []


class Claims(Answer):
    """Claims, by the day they are about. `note` says what to do where the store holds none; `total` before the limit."""

    total: int
    claims: list[ClaimAnswer]
    note: str


class UnitAnswer(Answer):
    """One unit as a source marked it. `sidc`: 20-digit code of MIL-STD-2525D; `strength` in battalion groups."""

    side: SideKey
    unit: str
    echelon: str
    kind: str
    parent: str
    lon: float
    lat: float
    strength: float | None
    seen: str
    source: str
    sidc: str
    symbol: str


class Units(Answer):
    """The order of battle known at the end of a day; `seen`: when each side's was last, null where none is known."""

    date: str
    seen: dict[SideKey, str | None]
    units: list[UnitAnswer]
    note: str


# ---- what if and runs


class ScenarioSummary(Answer):
    """A question that ships: its name, what it asks, when it starts, for how long, and what it changes in words."""

    name: str
    title: str
    question: str
    init_time: str
    days: int
    variants: list[str]
    changes: list[str]


class Scenarios(Answer):
    """The questions that ship."""

    scenarios: list[ScenarioSummary]


class ScenarioText(ScenarioSummary):
    """A scenario with its file, to begin one's own from."""

    toml: str


class ScenarioUpload(BaseModel):
    """A scenario as TOML text."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    toml: str = Field(min_length=1, max_length=32_768)


class Checked(Answer):
    """Whether a scenario can be run, and all that is wrong with it."""

    fine: bool
    problems: list[Fault]


Where = Annotated[str, Field(min_length=1, max_length=100)] | tuple[float, float]
"""A place by name, or longitude and latitude."""
Name = Annotated[str, Field(min_length=1, max_length=120)]
IsoDay = Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")]


class MoveUnit(BaseModel):
    """Order a unit to a place on a day."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["move_unit"]
    side: SideKey
    unit: Name
    to: Where
    date: IsoDay


class DelayDelivery(BaseModel):
    """A delivery among the facts known then (by its name) comes on another day."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["delay_delivery"]
    delivery: Name
    date: IsoDay


class SetPolicy(BaseModel):
    """A side's effort of attack over a time, 1 as it was; or it stops to regenerate."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["set_policy"]
    side: SideKey
    start: IsoDay
    end: IsoDay
    effort: float = Field(default=1.0, ge=0, le=3)
    regenerate: bool = False


Change = Annotated[MoveUnit | DelayDelivery | SetPolicy, Field(discriminator="kind")]


class WhatIfRequest(BaseModel):
    """A question to run: a scenario that ships by name, one of one's own as TOML, or one change from a day on.

    Exactly one of `scenario`, `toml` and `change` is given. `init_time` and `days` go with `change`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    scenario: Name | None = None
    toml: str | None = Field(default=None, max_length=32_768)
    change: Change | None = None
    init_time: IsoDay | None = None
    days: int = Field(default=30, ge=1, le=180)
    members: int = Field(default=100, ge=20, le=5000)
    seed: int = Field(default=1, ge=0, le=2**32 - 1)


class Delivery(Answer):
    """A delivery that could be delayed: its name and day."""

    name: str
    side: SideKey
    date: str


class Changeable(Answer):
    """What a change can be about on a day: units by side and name, and deliveries known then."""

    date: str
    units: list[ChangeableUnit]
    deliveries: list[Delivery]


class ChangeableUnit(Answer):
    """A unit that can be moved; `presumed` where no order of battle is known."""

    side: SideKey
    unit: str
    echelon: str
    kind: str
    lon: float
    lat: float
    presumed: bool


RunState = Literal["queued", "running", "done", "failed", "cancelled"]


class Run(Answer):
    """A run: where it stands.

    Attributes:
        id: hexadecimal. kind: what is run. state: where it stands. asked: what was asked for.
        done, total: members. stage: what is being done, in words. ahead: runs before it in the queue.
        attempt: 1, and one more each time the service was stopped while it ran. note: what to know, such as that it was
            interrupted and runs again.
        problems: why it failed. result: the forecast's or what-if's path when done.
    """

    id: str
    kind: Literal["forecast", "whatif"]
    state: RunState
    title: str
    asked: dict[str, Any]
    submitted_at: str
    started_at: str | None
    ended_at: str | None
    stage: str
    done: int
    total: int
    ahead: int
    attempt: int
    note: str
    problems: list[Fault]
    result: str | None


class Runs(Answer):
    """Runs, newest first."""

    runs: list[Run]


class Difference(Answer):
    """One measure of both futures: means, the paired difference with its 90 % interval, shares of members in which the
    change lowers or raises it."""

    variant: str
    measure: str
    unit: str
    base: float | None
    changed: float | None
    difference: float | None
    low: float | None
    high: float | None
    p_lower: Probability
    p_higher: Probability
    members: int


class PlaceDifference(Answer):
    """A place whose chance of being held by b at the end differs."""

    variant: str
    name: str
    kind: str
    population: float | None
    lon: float
    lat: float
    p_b_base: Probability
    p_b_changed: Probability
    difference: float
    low: float | None
    high: float | None


class WhatIfAnswer(Answer):
    """A question answered: both futures and their paired difference. Conditional on the model, never scored."""

    id: str
    title: str
    question: str
    init_time: str
    days: int
    members: int
    seed: int
    leads: list[int]
    valid_dates: list[str]
    futures: list[str]
    differences: list[Difference]
    places: list[PlaceDifference]
    toml: str
    caution: str


# ---- how right


class ReliabilityBin(Answer):
    """Forecasts of a lead with chances from `low` to `high`, and how often they came true."""

    of: str
    lead_day: int
    low: Probability
    high: Probability
    forecasts: int
    starts: int
    mean_forecast: Probability
    came_true: Probability | None


class TrackRecordAnswer(Answer):
    """The track record that ships, as `frontcast verify` wrote it, with its reliability, and the ledger's scores."""

    record: dict[str, Any]
    reliability: list[ReliabilityBin]
    method_words: dict[str, str]
    ledger: list[dict[str, Any]]


class Health(Answer):
    """That the service is up: version, worker, runs waiting and running."""

    status: Literal["ok"]
    version: str
    worker: Literal["idle", "running", "starting", "stopped"]
    waiting: int
    default_forecast: str | None
