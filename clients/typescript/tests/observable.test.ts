import assert from "node:assert/strict";
import { test } from "node:test";

import { Observable } from "../src/store/observable.js";

test("a listener that throws keeps neither the others nor the setter from the value", (t) => {
  const reported = t.mock.method(console, "error", () => undefined);
  const observable = new Observable(0);
  const heard: number[] = [];
  observable.subscribe(() => {
    throw new Error("a component has failed");
  });
  observable.subscribe((value) => heard.push(value));
  observable.set(1);
  assert.deepEqual(heard, [1]);
  assert.equal(observable.value, 1);
  assert.match(String(reported.mock.calls[0]?.arguments[0]), /a component has failed/);
});

test("a listener that sets the value leaves nobody with an older one", () => {
  const observable = new Observable(0);
  const heard: number[] = [];
  observable.subscribe((value) => {
    if (value === 1) observable.set(2);
  });
  observable.subscribe((value) => heard.push(value));
  observable.set(1);
  assert.deepEqual(heard, [2]);
});

test("a listener that another one has unsubscribed is not told any more", () => {
  const observable = new Observable(0);
  const heard: number[] = [];
  const end: (() => void)[] = [];
  observable.subscribe(() => end[0]?.());
  end.push(observable.subscribe((value) => heard.push(value)));
  observable.set(1);
  assert.deepEqual(heard, []);
});

test("one function can be subscribed twice, and subscribing needs no object", () => {
  const observable = new Observable(0);
  const { subscribe } = observable;
  let heard = 0;
  const listener = (): void => {
    heard += 1;
  };
  const end = subscribe(listener);
  subscribe(listener);
  end();
  observable.set(1);
  assert.equal(heard, 1);
});
