import type { Observable } from "@chat3/client/web";
import { useEffect, useState } from "preact/hooks";

/** The present value; renders again with every later one. */
export function useObservable<T>(observable: Observable<T>): T {
  const [, setValue] = useState(observable.value);
  useEffect(() => {
    setValue(() => observable.value);
    return observable.subscribe((value) => setValue(() => value));
  }, [observable]);
  return observable.value;
}

/** The dialog that the page's address names: `#dlg_…`. */
export function useShownDialog(): string | undefined {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const changed = (): void => setHash(location.hash);
    addEventListener("hashchange", changed);
    return () => removeEventListener("hashchange", changed);
  }, []);
  return hash.startsWith("#dlg_") ? hash.slice(1) : undefined;
}

/** Whether the page can be seen at all. */
export function useVisible(): boolean {
  const [visible, setVisible] = useState(document.visibilityState === "visible");
  useEffect(() => {
    const changed = (): void => setVisible(document.visibilityState === "visible");
    document.addEventListener("visibilitychange", changed);
    return () => document.removeEventListener("visibilitychange", changed);
  }, []);
  return visible;
}
