/** Reads a bar code from a photo: with the browser's own detector where there is one, otherwise with ZXing. */

interface Detector {
  detect(image: ImageBitmap): Promise<{ rawValue: string }[]>;
}
declare global {
  var BarcodeDetector: (new () => Detector) | undefined;
}

const LONGEST_SIDE = 1400;

/** The text of the first code in the picture; null when none is found. */
export async function readBarcode(file: Blob): Promise<string | null> {
  const bitmap = await createImageBitmap(file, { imageOrientation: "from-image" });
  if (globalThis.BarcodeDetector !== undefined) {
    const found = await new globalThis.BarcodeDetector().detect(bitmap).catch(() => []);
    if (found[0] !== undefined) return found[0].rawValue;
  }
  const scale = Math.min(1, LONGEST_SIDE / Math.max(bitmap.width, bitmap.height));
  const [width, height] = [Math.round(bitmap.width * scale), Math.round(bitmap.height * scale)];
  const canvas = new OffscreenCanvas(width, height).getContext("2d");
  if (canvas === null) return null;
  canvas.drawImage(bitmap, 0, 0, width, height);
  const { decode } = await import("./zxing");
  return decode(canvas.getImageData(0, 0, width, height));
}
