"""Plane and sphere for whole arrays of places."""

import numpy as np
import numpy.typing as npt

from kit.geo import EARTH_RADIUS_M

Floats = npt.NDArray[np.float64]


def mercator(lonlat: npt.ArrayLike) -> Floats:
    """Degrees lon, lat [..., 2] on a conformal plane: what is nearest there is nearest on the ground."""
    lonlat = np.asarray(lonlat, float)
    y = np.degrees(np.arcsinh(np.tan(np.radians(lonlat[..., 1]))))
    return np.stack([lonlat[..., 0], y], axis=-1)


def metres_between(a: Floats, b: Floats) -> Floats:
    """Great-circle metres between degrees lon, lat [..., 2], by the haversine formula; shapes broadcast."""
    (lon_a, lat_a), (lon_b, lat_b) = np.moveaxis(np.radians(a), -1, 0), np.moveaxis(np.radians(b), -1, 0)
    half = np.sin((lat_a - lat_b) / 2) ** 2
    half = half + np.cos(lat_a) * np.cos(lat_b) * np.sin((lon_a - lon_b) / 2) ** 2
    metres: Floats = 2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(half))
    return metres
