import { Chat3Client, TenantClient } from "@chat3/client";

const common = { address: process.env.CHAT3_ADDRESS ?? "", apiKey: "demo-key", tenant: "tnt_default" };
const chat = new Chat3Client({ ...common, user: "alice" });
const backEnd = new TenantClient(common);

const endless = (fragment: Promise<void>, place: string): Promise<void> => {
  const ended = fragment.then(() => {
    throw new Error(`${place} has ended`);
  });
  return Promise.race([ended, new Promise<void>((resolve) => setTimeout(resolve, 3000))]);
};

/* fragments */

process.exit(0);
