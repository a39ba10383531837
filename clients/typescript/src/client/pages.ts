/** Lists as async iterators: pages are read as they are wanted. */
import type { CallOptions } from "@connectrpc/connect";

interface PageRequest {
  pageToken?: string;
}

interface Page {
  readonly nextPageToken: string;
}

/** A method that lists, as a client has it. */
export type Listing<Request extends PageRequest, Response extends Page> = (
  request: Request,
  options?: CallOptions,
) => Promise<Response>;

/** Reads page after page, beginning where `request.pageToken` says. */
export async function* pagesOf<Request extends PageRequest, Response extends Page>(
  list: Listing<Request, Response>,
  request: Request,
  options?: CallOptions,
): AsyncGenerator<Response, void, undefined> {
  let pageToken = request.pageToken ?? "";
  do {
    const page = await list({ ...request, pageToken }, options);
    yield page;
    pageToken = page.nextPageToken;
  } while (pageToken !== "");
}

/**
 * Reads the items of all pages. A list that changes while it is read can give an item twice: where
 * `idOf` is given, the second one is left out.
 */
export async function* itemsOf<Request extends PageRequest, Response extends Page, Item>(
  list: Listing<Request, Response>,
  request: Request,
  take: (page: Response) => readonly Item[],
  { idOf, ...options }: CallOptions & { readonly idOf?: (item: Item) => string } = {},
): AsyncGenerator<Item, void, undefined> {
  const seen = new Set<string>();
  for await (const page of pagesOf(list, request, options)) {
    for (const item of take(page)) {
      const id = idOf?.(item);
      if (id !== undefined && seen.has(id)) continue;
      if (id !== undefined) seen.add(id);
      yield item;
    }
  }
}

/** All items of an async iterable: `Array.fromAsync`, which Node 20 does not have. */
export async function toArray<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
