import type { Request, Response } from 'express';
import type { Chat } from '../../domain/chat.ts';
import { ChatError } from '../../domain/errors.ts';
import { exportFor, exportSigned } from '../../domain/exports/access.ts';
import type { Actor } from '../../domain/model.ts';
import type { ExportFile } from '../../domain/ports.ts';
import type { RouteDef } from '../kit/route.ts';
import { redirectToStored, sendStored } from '../kit/stored.ts';
import * as catalogue from './catalogue.ts';
import { exportDisposition, exportHeaders } from './present.ts';

/** A request, and who it is from (null: nobody with a token or a key). */
export interface Call {
  chat: Chat;
  actor: Actor | null;
  request: Request;
  response: Response;
}

/** Binds a use-case to a route; they answer by themselves. */
export type Bind = <I, O>(def: RouteDef<I, O>, handle: (call: Call, input: I) => Promise<void>) => void;

export function handleExports(bind: Bind): void {
  bind(catalogue.getExport, async (call, { id, sig, exp }) => {
    const isSigned = sig !== undefined && exp !== undefined;
    if (!isSigned && !call.actor) throw new ChatError('TOKEN_INVALID');
    await give(
      call,
      isSigned
        ? await exportSigned(call.chat, id, { sig, exp })
        : await exportFor(call.chat, call.actor!, id),
    );
  });
}

async function give({ chat, request, response }: Call, file: ExportFile): Promise<void> {
  const { objects } = chat.files;
  const shown = { mimeType: file.mimeType, disposition: exportDisposition(file) };
  if (await redirectToStored(response, objects, file.key, shown)) return;
  const stream = request.method === 'HEAD' ? null : await objects.read(file.key);
  if (request.method !== 'HEAD' && !stream) throw new ChatError('NOT_FOUND');
  response.set(exportHeaders(file)).set('content-length', String(file.size));
  if (stream) await sendStored(response, stream);
  else response.end();
}
