/** QR codes as one SVG path. The encoder is loaded where one is drawn. */

const QUIET = 4; // modules of white around it, as ISO/IEC 18004 asks

export async function qrPath(text: string): Promise<{ size: number; path: string }> {
  const { QRCodeEncoder, QRCodeDecoderErrorCorrectionLevel } = await import("@zxing/library");
  const matrix = QRCodeEncoder.encode(text, QRCodeDecoderErrorCorrectionLevel.M).getMatrix();
  const side = matrix.getWidth();
  let path = "";
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      if (matrix.get(x, y) === 1) path += `M${x + QUIET} ${y + QUIET}h1v1h-1z`;
    }
  }
  return { size: side + 2 * QUIET, path };
}
