import { requireMember } from '../access.ts';
import type { Chat } from '../chat.ts';
import type { Message, UserActor } from '../model.ts';
import type { GalleryKind } from '../ports.ts';
import { holding } from '../rooms/live.ts';
import { isFindable, notHidden } from './scope.ts';

/**
 * The photos, videos, files or texts with links of a room that the member may see, newest first. The cursor is the
 * `seq` of the last one. Errors: ROOM_NO_EXISTS, YOU_ARE_NO_JOINED_ROOM.
 */
export async function listGallery(
  chat: Chat,
  actor: UserActor,
  input: { roomId: string; kind: GalleryKind; cursor?: string | null; count: number },
): Promise<{ list: Message[]; nextCursor: string | null }> {
  const { live, member } = await requireMember(chat, actor, input.roomId);
  return holding(live, async () => {
    await chat.sequencer.ensureHead(live);
    const scope = { roomId: live.id, floor: live.hiddenUpTo(member), head: live.room.lastSeq, me: member };
    const list: Message[] = [];
    let before = input.cursor ? Number(input.cursor) : Infinity;
    // One more than asked tells whether there is more; what the member does not see does not shorten the page.
    while (list.length <= input.count) {
      const range = { from: scope.floor, before, limit: input.count + 1 - list.length };
      const found = await chat.stores.log.gallery(live.id, input.kind, range);
      const visible = found.filter(message => isFindable(chat, actor, scope, message));
      list.push(...(await notHidden(chat, actor, () => scope, visible)));
      before = found.at(-1)?.seq ?? before;
      if (found.length < range.limit) break;
    }
    const page = list.slice(0, input.count);
    return { list: page, nextCursor: list.length > page.length ? String(page.at(-1)!.seq) : null };
  });
}
