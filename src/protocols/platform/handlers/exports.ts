import { signExport } from '../../../domain/exports/access.ts';
import { exportManaged, findExport } from '../../../domain/exports/ask.ts';
import { mailedOf } from '../../../domain/exports/exports.ts';
import { exportUrl } from '../../kit/exports.ts';
import * as catalogue from '../catalogue/exports.ts';
import type { Bind } from '../handlers.ts';

export function handleExports(bind: Bind): void {
  bind(catalogue.createExport, async ({ chat, actor }, input) => ({
    exportId: (await exportManaged(chat, actor, input)).id,
  }));
  bind(catalogue.getExport, async ({ chat, actor }, { id }) => {
    const job = await findExport(chat, actor, id);
    return {
      exportId: job.id,
      state: job.state,
      progress: job.progress,
      url: job.file ? exportUrl(job.id, signExport(chat, job.id)) : null,
      error: job.error,
      mailed: mailedOf(job),
      expiresAt: job.expiresAt,
    };
  });
}
