/**
 * A key that nobody else has: 128 random bits. `crypto.randomUUID` is missing where a page comes by
 * plain HTTP from another machine, as it does on a phone in the same network.
 */
export function newKey(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))]
    .map((byte) => byte.toString(16).padStart(2, "0"))
    .join("");
}
