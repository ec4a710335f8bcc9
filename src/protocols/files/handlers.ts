import type { Request, Response } from 'express';
import type { Chat } from '../../domain/chat.ts';
import { fileFor, fileSigned, type OpenFile } from '../../domain/files/access.ts';
import { dispositionOf } from '../../domain/files/names.ts';
import { completeUpload, linkForUpload, uploadWhole } from '../../domain/files/whole.ts';
import { ChatError, invalid } from '../../domain/errors.ts';
import type { UserActor } from '../../domain/model.ts';
import { presentMessage } from '../kit/present.ts';
import type { RouteDef } from '../kit/route.ts';
import { redirectToStored, sendStored } from '../kit/stored.ts';
import { bodyOf } from './body.ts';
import * as catalogue from './catalogue.ts';
import { fileHeaders, presentUploadLink } from './present.ts';

/** A request, and who it is from (null: nobody with a token). */
export interface Call {
  chat: Chat;
  actor: UserActor | null;
  request: Request;
  response: Response;
}

/** Binds a use-case to a route; who answers by themselves return nothing. */
export type Bind = <I, O>(
  def: RouteDef<I, O>,
  handle: (call: Call, input: I) => Promise<O | undefined>,
) => void;

const userOf = ({ actor }: Call): UserActor => {
  if (!actor) throw new ChatError('TOKEN_INVALID');
  return actor;
};

export function handleFiles(bind: Bind): void {
  bind(catalogue.uploadFile, async (call, { name, ...announced }) => {
    const actor = userOf(call);
    const body = await bodyOf(call.request);
    const shown = name ?? body.name;
    if (!shown) throw invalid('name is required');
    const message = await uploadWhole(call.chat, actor, {
      ...announced,
      name: shown,
      size: body.size,
      body: body.stream,
    });
    return { message: presentMessage(message) };
  });
  bind(catalogue.presignFile, async (call, input) =>
    presentUploadLink(await linkForUpload(call.chat, userOf(call), input)),
  );
  bind(catalogue.completeFile, async (call, { uploadId }) => ({
    message: presentMessage(await completeUpload(call.chat, userOf(call), uploadId)),
  }));
  bind(catalogue.getFile, async (call, { path: parts, sig, exp }) => {
    const path = parts.join('/');
    const file =
      sig !== undefined && exp !== undefined
        ? await fileSigned(call.chat, path, { sig, exp })
        : await fileFor(call.chat, userOf(call), path);
    await give(call, file);
    return undefined;
  });
}

/** Answers with the file: a redirect where it is elsewhere, else its bytes or those that were asked for. */
async function give({ chat, request, response }: Call, file: OpenFile): Promise<void> {
  const { objects } = chat.files;
  const shown = { mimeType: file.mimeType, disposition: dispositionOf(file) };
  if (await redirectToStored(response, objects, file.key, shown)) return;
  const stat = await objects.stat(file.key);
  if (!stat) throw new ChatError('NOT_FOUND');
  response
    .set(fileHeaders(file))
    .set({ etag: `"${stat.etag}"`, 'last-modified': stat.modifiedAt.toUTCString() });
  if (request.fresh) {
    response.status(304).end();
    return;
  }
  const range = rangeOf(request, stat);
  if (range === 'none') {
    response.status(416).set('content-range', `bytes */${stat.size}`).end();
    return;
  }
  const length = range ? range.end - range.start + 1 : stat.size;
  response.set('content-length', String(length));
  if (range) response.status(206).set('content-range', `bytes ${range.start}-${range.end}/${stat.size}`);
  if (request.method === 'HEAD' || length === 0) {
    response.end();
    return;
  }
  const stream = await objects.read(file.key, range ?? undefined);
  if (!stream) throw new ChatError('NOT_FOUND');
  await sendStored(response, stream);
}

/** The one range that was asked for; null: the whole file; 'none': there are no such bytes. */
function rangeOf(
  request: Request,
  stat: { size: number; etag: string; modifiedAt: Date },
): { start: number; end: number } | 'none' | null {
  const condition = request.get('if-range');
  if (condition !== undefined && condition !== `"${stat.etag}"`) return null;
  const ranges = request.range(stat.size, { combine: true });
  if (ranges === undefined || ranges === -2) return null;
  if (ranges === -1) return 'none';
  const [only] = ranges;
  return ranges.type === 'bytes' && ranges.length === 1 && only ? only : null;
}
