/** Hands the browser a GeoJSON file to save. */
export function saveGeoJson(content: unknown, name: string): void {
  const file = new Blob([JSON.stringify(content)], { type: "application/geo+json" });
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = `${name}.geojson`;
  link.click();
  URL.revokeObjectURL(link.href);
}
