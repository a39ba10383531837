/**
 * Has the `return` of a generator call `end` first. A generator's own `return` waits until the `next`
 * before it is done, and that one waits for the service.
 */
export function endedBy<T>(
  events: AsyncGenerator<T, void, undefined>,
  end: () => void,
): AsyncGenerator<T, void, undefined> {
  const finish = events.return.bind(events);
  events.return = (value) => {
    end();
    return finish(value);
  };
  return events;
}
