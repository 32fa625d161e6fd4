/** Photos are made small on the phone: a type plate stays readable, a poor signal can carry it. */

const LONGEST_SIDE = 1600;
const QUALITY = 0.8;

/** A JPEG of at most 1600 pixels a side, upright. Throws when the file is no picture. */
export async function compressed(file: Blob): Promise<ArrayBuffer> {
  const bitmap = await createImageBitmap(file, { imageOrientation: "from-image" });
  const scale = Math.min(1, LONGEST_SIDE / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(bitmap.width * scale);
  canvas.height = Math.round(bitmap.height * scale);
  canvas.getContext("2d")?.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  return jpegOf(canvas);
}

export function jpegOf(canvas: HTMLCanvasElement): Promise<ArrayBuffer> {
  return new Promise((resolve, reject) => {
    canvas.toBlob(
      (blob) => (blob === null ? reject(new Error("no picture")) : resolve(blob.arrayBuffer())),
      "image/jpeg",
      QUALITY,
    );
  });
}
