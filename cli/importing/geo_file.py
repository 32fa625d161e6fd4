"""GeoJSON and GeoPackage: features whose geometry gives the place of the row, in WGS-84."""

from collections.abc import Iterator
from pathlib import Path

from cli.importing.cells import is_empty
from cli.importing.features import Features
from cli.importing.geojson import read_geojson
from cli.importing.geopackage import read_geopackage
from cli.importing.kinds import Kind
from cli.importing.tables import SheetRow, Table, Unusable

ELSEWHERE = "has its place in the geometry, but others of the file in columns: fill the columns, or remove them"


def open_geo(path: Path, kind: Kind) -> Table:
    """The features as rows. The geometry fills the columns of the kind's point, and the datum, where the file has no
    such columns. Raises Unusable."""
    if kind.point is None:
        raise Unusable(path, "this kind has no place: bring it as CSV or Excel")
    found = read_geopackage(path, kind.name) if path.suffix.lower() == ".gpkg" else read_geojson(path)
    filled = _filled(path, found, kind.point)
    at = [found.columns.index(name) for name in kind.point if name in found.columns]

    def rows() -> Iterator[SheetRow]:
        for number, (cells, point, fault) in enumerate(found.rows(), start=1):
            if at:
                nowhere = (point or fault) and all(is_empty(cells[column]) for column in at)
                yield SheetRow(number, cells, ELSEWHERE if nowhere else None)
            else:
                filling = (*(point or (None, None)), "WGS-84" if point else None)
                yield SheetRow(number, [*cells, *filling[: len(filled)]], fault)

    return Table(path, (*found.columns, *filled), rows)


def _filled(path: Path, found: Features, point: tuple[str, str]) -> tuple[str, ...]:
    """The columns that the geometry fills. What the datum of coordinates in columns is, only the file can say."""
    in_columns = [name for name in found.columns if name.endswith(("lon", "lat"))]
    if in_columns and "datum" not in found.columns:
        raise Unusable(
            path, f"has coordinates in {', '.join(in_columns)}: say in a column datum whether they are WGS-84"
        )
    if any(name in found.columns for name in point):
        return ()
    return point if "datum" in found.columns else (*point, "datum")
