// Builds the page into the folder that is named, or with --tests the unit tests into dist/tests.
import { copyFile, mkdir, readdir } from "node:fs/promises";
import { build } from "esbuild";

const [target] = process.argv.slice(2);
const shared = {
  bundle: true,
  charset: "utf8",
  format: "esm",
  jsx: "automatic",
  jsxImportSource: "preact",
  logLevel: "warning",
  target: "es2023",
};

if (target === "--tests") {
  const tests = (await readdir("tests")).filter((name) => name.endsWith(".test.ts"));
  const entryPoints = tests.map((name) => `tests/${name}`);
  await build({ ...shared, entryPoints, outdir: "dist/tests", platform: "node", sourcemap: "inline" });
} else {
  await mkdir(target, { recursive: true });
  const entryPoints = { page: "src/main.tsx" };
  await build({ ...shared, entryPoints, outdir: target, legalComments: "eof", minify: true });
  await build({ entryPoints: ["src/page.css"], logLevel: "warning", minify: true, outdir: target });
  for (const name of ["index.html", "icon.svg"]) await copyFile(`src/${name}`, `${target}/${name}`);
}
