/** The application's own callbacks: what they throw is reported, and nothing here ends for it. */

/** Calls back. Nothing is thrown, and no promise is left rejected. */
export function tell(callback: () => unknown): void {
  try {
    Promise.resolve(callback()).catch(report);
  } catch (error) {
    report(error);
  }
}

/** As an error that nobody caught, where the platform has such a way; to the console on Node. */
export function report(error: unknown): void {
  if (typeof reportError === "function") reportError(error);
  else console.error(error);
}
