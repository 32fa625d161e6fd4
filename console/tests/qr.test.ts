import { BinaryBitmap, HybridBinarizer, QRCodeReader, RGBLuminanceSource } from "@zxing/library";
import { expect, it } from "vitest";
import { qrPath } from "../src/machines/qr";

const SCALE = 4;

/** The drawn path as a grey picture, `SCALE` pixels a module. */
function picture(size: number, path: string): RGBLuminanceSource {
  const side = size * SCALE;
  const grey = new Uint8ClampedArray(side * side).fill(255);
  for (const [, x, y] of path.matchAll(/M(\d+) (\d+)h1v1h-1z/g)) {
    for (let dy = 0; dy < SCALE; dy++) {
      const begin = (Number(y) * SCALE + dy) * side + Number(x) * SCALE;
      grey.fill(0, begin, begin + SCALE);
    }
  }
  return new RGBLuminanceSource(grey, side, side);
}

it.each(["https://roadcall.example/help/HCT7-000123.0123456789abcdef0123456789abcdef", "鲁A12345", "x"])(
  "the code of %s reads back",
  async (text) => {
    const { size, path } = await qrPath(text);
    const read = new QRCodeReader().decode(new BinaryBitmap(new HybridBinarizer(picture(size, path))));
    expect(read.getText()).toBe(text);
  },
);
