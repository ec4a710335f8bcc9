import { explainPush } from '../../../domain/push/explain.ts';
import * as catalogue from '../catalogue/push.ts';
import type { Bind } from '../handlers.ts';

/** A device is named by the beginning of a hash of its token. */
const SHOWN = 12;

export function handlePush(bind: Bind): void {
  bind(catalogue.explainPush, async ({ chat, actor }, input) => {
    const { attempts, ...rest } = await explainPush(chat, actor, input);
    return {
      ...rest,
      attempts: attempts.map(({ at, tokenId, platform, outcome, reason }) => ({
        at,
        device: tokenId && tokenId.slice(0, SHOWN),
        platform,
        outcome,
        answer: reason,
      })),
    };
  });
}
