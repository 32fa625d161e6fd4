/**
 * The icon as PNG, which home screens ask for (iOS takes nothing else): drawn from icon.svg when the app is built. It is
 * a few round strokes on a ground, so it is drawn by each pixel's distance to them; a renderer of all of SVG would be
 * megabytes for that.
 */

import { readFile } from "node:fs/promises";
import { crc32, deflateSync } from "node:zlib";
import type { Plugin } from "vite";

const APPLE = 180;
/** What Chromium asks of an app that can be installed. */
export const INSTALLED = [192, 512];

type Point = readonly [number, number];
interface Stroke {
  colour: number[];
  width: number;
  segments: (readonly [Point, Point])[];
}

export function icons(svg: string): Plugin {
  return {
    name: "icons",
    apply: "build",
    async generateBundle() {
      const drawn = await readFile(svg, "utf8");
      for (const size of [APPLE, ...INSTALLED]) {
        this.emitFile({ type: "asset", fileName: `icon-${size}.png`, source: iconPng(drawn, size) });
      }
    },
  };
}

/** `svg` on a square of its ground's colour: home screens round the corners themselves. */
export function iconPng(svg: string, size: number): Uint8Array {
  const unit = Number(attribute(svg, "viewBox").split(" ")[2]) / size;
  const ground = rgb(attribute(svg, "fill"));
  const strokes = [...svg.matchAll(/<path[^>]*>/g)].map(([path]) => strokeOf(path));
  const rows = Buffer.alloc(size * (1 + 3 * size)); // each row begins with its filter, none
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const at = [(x + 0.5) * unit, (y + 0.5) * unit] as const;
      rows.set(strokes.reduce((under, stroke) => over(under, stroke, at, unit), ground), y * (1 + 3 * size) + 1 + 3 * x);
    }
  }
  const header = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 8, 2, 0, 0, 0]); // 8 bits each of red, green and blue
  header.writeUInt32BE(size, 0);
  header.writeUInt32BE(size, 4);
  const signature = Buffer.from("\x89PNG\r\n\x1a\n", "latin1");
  return Buffer.concat([signature, chunk("IHDR", header), chunk("IDAT", deflateSync(rows)), chunk("IEND", Buffer.alloc(0))]);
}

/** The colour under `at` with the stroke over it; edges are soft over one pixel (`unit` wide). */
function over(under: number[], stroke: Stroke, at: Point, unit: number): number[] {
  const distance = Math.min(...stroke.segments.map(([from, to]) => distanceTo(at, from, to)));
  const share = Math.min(1, Math.max(0, (stroke.width / 2 - distance) / unit + 0.5));
  return under.map((value, i) => Math.round(value + ((stroke.colour[i] ?? 0) - value) * share));
}

function distanceTo([x, y]: Point, [x0, y0]: Point, [x1, y1]: Point): number {
  const [dx, dy] = [x1 - x0, y1 - y0];
  const along = Math.min(1, Math.max(0, ((x - x0) * dx + (y - y0) * dy) / (dx * dx + dy * dy)));
  return Math.hypot(x - x0 - along * dx, y - y0 - along * dy);
}

/** Paths of straight lines: M (further pairs are lines), h, v and l. */
function strokeOf(path: string): Stroke {
  const segments: Stroke["segments"] = [];
  let at: Point = [0, 0];
  for (const [, command, numbers] of attribute(path, "d").matchAll(/([A-Za-z])([^A-Za-z]*)/g)) {
    const values = (numbers ?? "").trim().split(/[ ,]+/).map(Number);
    const steps = command === "h" || command === "v" ? values.map((v) => (command === "h" ? [v, 0] : [0, v])) : pairs(values);
    steps.forEach(([x = 0, y = 0], i) => {
      const to: Point = command === "M" ? [x, y] : [at[0] + x, at[1] + y];
      if (command !== "M" || i > 0) segments.push([at, to]);
      at = to;
    });
  }
  return { colour: rgb(attribute(path, "stroke")), width: Number(attribute(path, "stroke-width")), segments };
}

function pairs(values: number[]): number[][] {
  return Array.from({ length: values.length / 2 }, (_, i) => values.slice(2 * i, 2 * i + 2));
}

function attribute(tag: string, name: string): string {
  return new RegExp(` ${name}="([^"]*)"`).exec(tag)?.[1] ?? "";
}

function rgb(colour: string): number[] {
  const hex = colour.length === 4 ? colour.replace(/[^#]/g, "$&$&") : colour;
  return [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));
}

function chunk(name: string, content: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(name, "latin1"), content]);
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(content.length);
  check.writeUInt32BE(crc32(named));
  return Buffer.concat([length, named, check]);
}
