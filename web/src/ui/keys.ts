const STEPS: Record<string, (place: number, count: number) => number> = {
  ArrowUp: (place) => place - 1,
  ArrowDown: (place) => place + 1,
  Home: () => 0,
  End: (_, count) => count - 1,
};

/** Moves the focus among the elements of a list by arrow keys, Home and End. */
export function moveFocus(event: KeyboardEvent, selector: string): void {
  const step = STEPS[event.key];
  const list = event.currentTarget as HTMLElement;
  const here = (event.target as HTMLElement).closest(selector);
  const items = [...list.querySelectorAll<HTMLElement>(selector)];
  const place = items.indexOf(here as HTMLElement);
  if (step === undefined || place < 0) return;
  event.preventDefault();
  items[Math.min(items.length - 1, Math.max(0, step(place, items.length)))]?.focus();
}
