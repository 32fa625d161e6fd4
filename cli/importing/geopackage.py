"""GeoPackage by geopandas: points, brought to WGS-84. Read as a whole."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cli.importing.features import Feature, Features, Point, no_point, point
from cli.importing.tables import Unusable

WGS_84 = 4326


def read_geopackage(path: Path, layer: str) -> Features:
    """The layer named as the kind, else the only one. Raises Unusable, also when geopandas is not installed."""
    frame = _frame(path, layer)
    columns = [name for name in frame.columns if name != frame.geometry.name]

    def rows() -> Iterator[Feature]:
        values = frame[columns].astype(object).itertuples(index=False, name=None)
        for cells, shape in zip(values, frame.geometry, strict=True):
            place, fault = _place(shape)
            yield [cell.tolist() if hasattr(cell, "tolist") else cell for cell in cells], place, fault

    return Features(tuple(map(str, columns)), rows)


def _frame(path: Path, layer: str) -> Any:
    try:
        import geopandas
        import pyogrio
    except ImportError:
        raise Unusable(path, "needs geopandas: run `make env`, or bring it as CSV") from None
    try:
        layers = [str(name) for name in pyogrio.list_layers(path)[:, 0]]
        if layer not in layers and len(layers) != 1:
            raise Unusable(path, f"has the layers {', '.join(layers) or 'none'}: name one of them {layer}")
        # Times as text: in a column of times some with and some without an offset would all become UTC.
        frame = geopandas.read_file(path, layer=layer if layer in layers else layers[0], datetime_as_string=True)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, OSError) as error:
        raise Unusable(path, f"is not a readable geographic file ({error})") from None
    if not isinstance(frame, geopandas.GeoDataFrame):
        raise Unusable(path, "has no geometry: bring it as CSV or Excel")
    if frame.crs is None:
        raise Unusable(path, "does not say its coordinate system: set it in the file, EPSG:4326 for WGS-84")
    return frame.to_crs(WGS_84)


def _place(shape: Any) -> tuple[Point | None, str | None]:
    if shape is None or shape.is_empty:
        return None, None
    if shape.geom_type != "Point":
        return None, no_point(shape.geom_type)
    return point(shape.x, shape.y), None
