import { invalid } from '../../../domain/errors.ts';
import { getImport, receiveImport } from '../../../domain/imports/receive.ts';
import { requireScope } from '../../kit/keys.ts';
import { isDryRun } from '../dry-run.ts';
import * as catalogue from '../catalogue.ts';
import type { Bind } from '../handlers.ts';
import { presentImport } from '../present.ts';

export function handleImports(bind: Bind): void {
  bind(catalogue.startImport, async ({ chat, actor, key, request }, { validate }) => {
    requireScope(key, 'rooms:write');
    requireScope(key, 'users:write');
    const encoding = request.get('content-encoding') ?? 'identity';
    if (encoding !== 'identity') throw invalid('the body must not be encoded');
    const isDry = validate === true || isDryRun(catalogue.startImport, request);
    const { id } = await receiveImport(chat, actor, { body: request, validate: isDry });
    return { importId: id };
  });
  bind(catalogue.getImport, async ({ chat, actor }, { id }) =>
    presentImport(await getImport(chat, actor, id)),
  );
}
