import { signFiles } from '../../../domain/files/access.ts';
import { cancelUpload, resumeUpload, sendSlice } from '../../../domain/files/slices.ts';
import type { EventTable } from '../../kit/event.ts';
import { signedPath } from '../../kit/files.ts';
import * as catalogue from '../catalogue/files.ts';
import { presentSeen } from '../present.ts';

const done = { result: true } as const;
const NOTHING = Buffer.alloc(0);

export function handleFiles(events: EventTable): void {
  events.add(catalogue.sendFileMessage, async (chat, { actor, connectionId }, { data, ...input }) => {
    const outcome = await sendSlice(chat, actor, { ...input, bytes: data ?? NOTHING, connectionId });
    if ('message' in outcome) return { ...done, message: await presentSeen(chat, actor, outcome.message) };
    return { slice: outcome.slice, progress: outcome.progress };
  });
  events.add(catalogue.cancelFileMessage, async (chat, { actor }, input) => {
    await cancelUpload(chat, actor, input);
    return done;
  });
  events.add(catalogue.resumeFileMessage, (chat, { actor, connectionId }, input) =>
    resumeUpload(chat, actor, { ...input, connectionId }),
  );
  events.add(catalogue.getFileUrls, async (chat, { actor }, { paths }) => {
    const signed = await signFiles(chat, actor, paths);
    return { urls: Object.fromEntries([...signed].map(([path, sig]) => [path, signedPath(path, sig)])) };
  });
}
