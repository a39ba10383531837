/** What was missed, without a stream: for an app that is woken for a moment. */
import { create } from "@bufbuild/protobuf";
import type { CallOptions } from "@connectrpc/connect";

import { hasReason } from "../client/errors.js";
import type { ListUpdatesRequest, ListUpdatesResponse } from "../gen/chat3/user/v1/update_calls_pb.js";
import type { UpdateKind } from "../gen/chat3/user/v1/update_pb.js";
import { GapSchema, ReloadTarget } from "../gen/chat3/user/v1/update_stream_pb.js";
import type { ResumeStore } from "./resume_store.js";
import type { GapEvent, UpdateEvent } from "./update_stream.js";

export interface CatchUpOptions extends CallOptions {
  /** Where the resume token is kept: the same store that a stream takes. */
  readonly resume: ResumeStore;
  readonly kinds?: readonly UpdateKind[] | undefined;
  readonly dialogIds?: readonly string[] | undefined;
  /** How many updates one call returns at most: 100 if it is not set. */
  readonly pageSize?: number | undefined;
}

type ListUpdates = (
  request: Partial<Pick<ListUpdatesRequest, "resumeToken" | "pageSize" | "updateKinds" | "dialogIds">>,
  options?: CallOptions,
) => Promise<ListUpdatesResponse>;

/**
 * Returns the updates since the last token. On the first start there is no token: nothing is returned,
 * the token of the present is stored, and the app reads its dialogs after that. A token that the service
 * refuses becomes a gap of everything.
 */
export async function* catchUp(
  list: ListUpdates,
  { resume, kinds = [], dialogIds = [], pageSize = 0, ...options }: CatchUpOptions,
): AsyncGenerator<UpdateEvent | GapEvent, void, undefined> {
  const filters = { pageSize, updateKinds: [...kinds], dialogIds: [...dialogIds] };
  let hasMore = true;
  while (hasMore) {
    const resumeToken = await resume.load();
    let answer: ListUpdatesResponse;
    try {
      answer = await list({ ...filters, resumeToken }, options);
    } catch (error) {
      const refused = hasReason(
        error,
        "ERROR_REASON_RESUME_TOKEN_INVALID",
        "ERROR_REASON_RESUME_TOKEN_FOREIGN",
      );
      if (!refused || resumeToken === "") throw error;
      answer = await list({ ...filters, resumeToken: "" }, options);
      const reload = [ReloadTarget.DIALOGS, ReloadTarget.MESSAGES];
      answer = { ...answer, gap: create(GapSchema, { reload }) };
    }
    if (answer.gap) yield { type: "gap", gap: answer.gap };
    for (const update of answer.updates) yield { type: "update", update };
    await resume.save(answer.nextResumeToken);
    hasMore = answer.hasMore;
  }
}
