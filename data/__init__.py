"""Small data files shipped with Roadcall; README.md names licence, attribution and script of each."""

from pathlib import Path

ROADS_CN = Path(__file__).with_name("roads_cn.npz")
"""The road graph of China; arrays and units are described in make_roads.py."""

BASEMAP_CN = Path(__file__).with_name("basemap_cn.json")
"""Main roads and city names for the console's map without tiles; described in make_basemap.py."""

PLACES_CN = Path(__file__).with_name("places_cn.csv")
"""Names of the populated places of China with their points; described in make_places.py."""
