// Builds the page into the folder that is named, or with --tests the unit tests into dist/tests.
import { copyFile, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
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

/** Names what is in the bundle besides this project's own code, with the licences that say so. */
async function notices(inputs) {
  const paths = Object.keys(inputs).filter(
    (path) => path.startsWith("node_modules/") && !path.startsWith("node_modules/@chat3/"),
  );
  const names = paths.map((path) => /^node_modules\/((@[^/]+\/)?[^/]+)\//.exec(path)?.[1]);
  const parts = [...new Set(names)].sort().map(async (name) => {
    const { version, license } = JSON.parse(await readFile(`node_modules/${name}/package.json`, "utf8"));
    const text = await readFile(`node_modules/${name}/LICENSE`, "utf8").catch(() => "");
    return `${name} ${version}: ${license}\n${text && `\n${text}`}`;
  });
  // Files with a licence of their own have it at their beginning.
  const own = paths.map(async (path) => {
    const comments = (await readFile(path, "utf8")).match(/^(\/\/.*\n)+/gm) ?? [];
    return comments.filter((comment) => comment.includes("Redistribution and use")).join("");
  });
  const texts = [...(await Promise.all(parts)), ...new Set(await Promise.all(own))];
  return texts.filter(Boolean).join("\n");
}

if (target === "--tests") {
  const tests = (await readdir("tests")).filter((name) => name.endsWith(".test.ts"));
  const entryPoints = tests.map((name) => `tests/${name}`);
  await build({ ...shared, entryPoints, outdir: "dist/tests", platform: "node", sourcemap: "inline" });
} else {
  await mkdir(target, { recursive: true });
  const entryPoints = { page: "src/main.tsx" };
  const script = { entryPoints, legalComments: "eof", metafile: true, minify: true, outdir: target };
  const { metafile } = await build({ ...shared, ...script });
  await build({ entryPoints: ["src/page.css"], logLevel: "warning", minify: true, outdir: target });
  for (const name of ["index.html", "icon.svg"]) await copyFile(`src/${name}`, `${target}/${name}`);
  await writeFile(`${target}/notices.txt`, await notices(metafile.inputs));
}
