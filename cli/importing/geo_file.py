"""GeoJSON and GeoPackage by geopandas: points, their place brought to WGS-84. Read as a whole."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cli.importing.tables import SheetRow, Table, Unusable

WGS_84 = 4326


def open_geo(path: Path, layer: str, point: tuple[str, str] | None) -> Table:
    """The layer named as the kind, else the only one. `point` names the columns that the geometry fills when the
    file does not have them. Raises Unusable, also when geopandas is not installed."""
    if point is None:
        raise Unusable(path, "this kind has no place: bring it as CSV or Excel")
    frame = _frame(path, layer)
    columns = [str(name) for name in frame.columns if name != frame.geometry.name]
    filled = [name for name in (*point, "datum") if name not in columns]

    def rows() -> Iterator[SheetRow]:
        values = frame[columns].astype(object).itertuples(index=False, name=None)
        for number, (cells, shape) in enumerate(zip(values, frame.geometry, strict=True), start=1):
            place, fault = _place(shape)
            given = dict(zip((*point, "datum"), place, strict=True))
            cells_known = [_plain(cell) for cell in cells]
            yield SheetRow(number, [*cells_known, *(given[name] for name in filled)], fault)

    return Table(path, (*columns, *filled), rows)


def _frame(path: Path, layer: str) -> Any:
    try:
        import geopandas
        import pyogrio
    except ImportError:
        raise Unusable(path, "needs geopandas: pip install 'roadcall[import]', or bring it as CSV") from None
    try:
        layers = [str(name) for name in pyogrio.list_layers(path)[:, 0]]
        if layer not in layers and len(layers) != 1:
            raise Unusable(path, f"has the layers {', '.join(layers) or 'none'}: name one of them {layer}")
        frame = geopandas.read_file(path, layer=layer if layer in layers else layers[0])
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, OSError) as error:
        raise Unusable(path, f"is not a readable geographic file ({error})") from None
    if not isinstance(frame, geopandas.GeoDataFrame):
        raise Unusable(path, "has no geometry: bring it as CSV or Excel")
    if frame.crs is None:
        raise Unusable(path, "does not say its coordinate system: set it in the file, EPSG:4326 for WGS-84")
    return frame.to_crs(WGS_84)


def _place(shape: Any) -> tuple[tuple[float | None, float | None, str | None], str | None]:
    if shape is None or shape.is_empty:
        return (None, None, None), None
    if shape.geom_type != "Point":
        return (None, None, None), f"has a {shape.geom_type} where a point is expected"
    return (round(shape.x, 7), round(shape.y, 7), "WGS-84"), None


def _plain(cell: Any) -> Any:
    """Values of data frames as Python's own; what is missing becomes None."""
    if cell is None or type(cell).__name__ in ("NaTType", "NAType"):
        return None
    if hasattr(cell, "to_pydatetime"):
        return cell.to_pydatetime()
    return cell.item() if hasattr(cell, "item") and getattr(cell, "ndim", 0) == 0 else cell
