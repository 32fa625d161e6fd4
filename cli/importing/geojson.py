"""GeoJSON (RFC 7946), read as the JSON it is: properties are the cells as they were written. Read as a whole.

A geographic library would guess: texts become times (those without an offset UTC ones), whole numbers beside a gap
fractions, and a broken geometry none at all.
"""

import json
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn

from cli.importing.features import Feature, Features, Point, no_point, point
from cli.importing.tables import Unusable

ToWgs84 = Callable[[float, float], Point]
SHAPES = ("LineString", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon", "GeometryCollection")
BROKEN = 'has a broken geometry: write {"type": "Point", "coordinates": [longitude, latitude]}, or null for no place'


def read_geojson(path: Path) -> Features:
    """The features of a FeatureCollection. Raises Unusable."""
    collection = _collection(path)
    to_wgs_84 = _to_wgs_84(path, collection)
    features = [_parts(path, number, feature) for number, feature in enumerate(collection["features"], start=1)]
    columns = tuple(dict.fromkeys(name for properties, _ in features for name in properties))

    def rows() -> Iterator[Feature]:
        for properties, geometry in features:
            place, fault = _place(geometry, to_wgs_84)
            yield [properties.get(name) for name in columns], place, fault

    return Features(columns, rows)


def _collection(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_bytes().decode("utf-8-sig"), parse_constant=_no_number)
    except OSError as error:
        raise Unusable(path, f"cannot be read ({error.strerror})") from None
    except json.JSONDecodeError as error:
        raise Unusable(path, f"is not JSON ({error.msg})", line=error.lineno) from None
    except UnicodeDecodeError:
        raise Unusable(path, "is not UTF-8: save it as UTF-8") from None
    except RecursionError:
        raise Unusable(path, "is nested too deeply for GeoJSON") from None
    except ValueError as error:
        raise Unusable(path, str(error)) from None
    if not isinstance(found, dict) or not isinstance(found.get("features"), list):
        raise Unusable(path, "is not GeoJSON: it holds no FeatureCollection with features")
    return found


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"holds {name}, which is no number of JSON: write null, or leave it out")


def _parts(path: Path, number: int, feature: Any) -> tuple[dict[str, Any], Any]:
    properties = (feature.get("properties") or {}) if isinstance(feature, dict) else None
    if not isinstance(properties, dict):
        raise Unusable(path, f"feature {number} is not one of GeoJSON: it has no properties")
    return properties, feature.get("geometry")


def _place(geometry: Any, to_wgs_84: ToWgs84) -> tuple[Point | None, str | None]:
    if geometry is None:
        return None, None
    if not isinstance(geometry, dict):
        return None, BROKEN
    shape, coordinates = geometry.get("type"), geometry.get("coordinates")
    if shape in SHAPES:
        return None, no_point(shape)
    if shape != "Point" or not isinstance(coordinates, list):
        return None, BROKEN
    if not coordinates:
        return None, None  # how an empty point is written
    if len(coordinates) < 2 or not all(_is_number(value) for value in coordinates[:2]):
        return None, BROKEN
    place = to_wgs_84(float(coordinates[0]), float(coordinates[1]))
    return (place, None) if all(map(math.isfinite, place)) else (None, BROKEN)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < math.inf


def _to_wgs_84(path: Path, collection: dict[str, Any]) -> ToWgs84:
    """From what the file names as its system, as GeoJSON did before RFC 7946; without a name it is WGS-84."""
    if "crs" not in collection:
        return point
    try:
        import pyproj
    except ImportError:
        raise Unusable(path, "names a coordinate system, which needs pyproj: run `make env`") from None
    try:
        name = collection["crs"]["properties"]["name"]
        transformer = pyproj.Transformer.from_crs(name, 4326, always_xy=True)
    except (TypeError, KeyError, pyproj.exceptions.ProjError):
        raise Unusable(path, "names no known coordinate system: leave crs out for WGS-84") from None
    return lambda lon, lat: point(*transformer.transform(lon, lat))
