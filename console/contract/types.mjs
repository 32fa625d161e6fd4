// Writes TypeScript types of OpenAPI documents beside themselves: node contract/types.mjs FOLDER
// tests/console/test_contract.py puts the services' documents there and lets the compiler judge contract.ts.
import { readdir, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import openapi, { astToString } from "openapi-typescript";

const folder = resolve(process.argv[2]);
for (const name of await readdir(folder)) {
  if (!name.endsWith(".json")) continue;
  const types = await openapi(pathToFileURL(join(folder, name)));
  await writeFile(join(folder, name.replace(".json", ".ts")), astToString(types));
}
