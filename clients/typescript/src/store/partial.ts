/** The one rule of everything partial: what is present replaces what is known, what is absent leaves it. */

/** Takes the named fields of `partial` that are present. */
export function taken<T extends object, P extends object>(
  known: T,
  partial: P,
  ...names: (keyof T & keyof P)[]
): T {
  const next = { ...known };
  for (const name of names) {
    if (partial[name] !== undefined) Object.assign(next, { [name]: partial[name] });
  }
  return next;
}

/** Takes the named fields of `partial` together: those that are absent are known to be none. */
export function takenTogether<T extends object, P extends object>(
  known: T,
  partial: P,
  ...names: (keyof T & keyof P)[]
): T {
  return taken(without(known, ...names), partial, ...names);
}

export function without<T extends object>(known: T, ...names: (keyof T)[]): T {
  const next = { ...known };
  for (const name of names) delete next[name];
  return next;
}
