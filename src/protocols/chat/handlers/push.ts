import { registerPushToken, setDoNotDisturb, unregisterPushToken } from '../../../domain/push/tokens.ts';
import type { EventTable } from '../../kit/event.ts';
import * as catalogue from '../catalogue/push.ts';

const done = { result: true } as const;

export function handlePush(events: EventTable): void {
  events.add(catalogue.registerPushToken, async (chat, { actor }, input) => {
    await registerPushToken(chat, actor, input);
    return done;
  });
  events.add(catalogue.unregisterPushToken, async (chat, { actor }, { token }) => {
    await unregisterPushToken(chat, actor, token);
    return done;
  });
  events.add(catalogue.setDoNotDisturb, async (chat, { actor }, quiet) => {
    await setDoNotDisturb(chat, actor, quiet);
    return done;
  });
}
