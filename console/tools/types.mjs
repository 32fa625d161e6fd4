// Writes the types of the served APIs to src/api/served/, to compare src/api/wire.ts with: npm run types
// Needs a running Roadcall; ROADCALL_ORIGIN says where (http://127.0.0.1:8000 when unset).
import { mkdir, writeFile } from "node:fs/promises";
import openapi, { astToString } from "openapi-typescript";

const origin = process.env.ROADCALL_ORIGIN ?? "http://127.0.0.1:8000";
const folder = new URL("../src/api/served/", import.meta.url);

await mkdir(folder, { recursive: true });
for (const service of ["accounts", "orders", "parts", "stations", "dispatch"]) {
  const types = await openapi(new URL(`/${service}/v1/openapi.json`, origin));
  await writeFile(new URL(`${service}.ts`, folder), astToString(types));
  console.log(`src/api/served/${service}.ts`);
}
