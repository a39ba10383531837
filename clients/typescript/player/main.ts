/** Plays a scenario with the library: `main.js SCENARIO.json OUTCOME.json`. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { Playing, type Scenario } from "./playing.js";

const [scenarioFile = "", outcomeFile = ""] = process.argv.slice(2);
const { CHAT3_ADDRESS = "", CHAT3_TENANT = "", CHAT3_API_KEY = "" } = process.env;

const scenario = JSON.parse(await readFile(scenarioFile, "utf8")) as Scenario;
const folder = await mkdtemp(join(tmpdir(), "chat3-player-"));
try {
  const account = { address: CHAT3_ADDRESS, tenant: CHAT3_TENANT, apiKey: CHAT3_API_KEY };
  const outcome = await new Playing(scenario, account, folder).play();
  await writeFile(outcomeFile, JSON.stringify(outcome));
} finally {
  await rm(folder, { recursive: true });
}
