import type { Chat } from '../chat.ts';
import { ChatError, invalid } from '../errors.ts';
import type { Message, MessageType, UserActor } from '../model.ts';
import type { FoundSegment, IndexMark, Place } from '../ports.ts';
import { gramsAsked } from './grams.ts';
import { END_OF_TIME, Hunt, NO_ID } from './hunt.ts';
import { isFindable, notHidden, scopesOf, type Scope } from './scope.ts';
import { compareTo, placeOf } from './segments.ts';
import { foldText, spansOf, textsOf, type Span } from './text.ts';

export interface SearchInput {
  keyword: string;
  /** Absent: all rooms of the user. */
  roomId?: string | null;
  authorId?: string | null;
  messageType?: MessageType | null;
  /** Both included. */
  from?: Date | null;
  to?: Date | null;
  cursor?: string | null;
}

export interface Hit {
  message: Message;
  /** Where the keyword stands; `field` is a place in `data.content`, such as `text` or `files.0.name`. */
  highlights: ({ field: string } & Span)[];
}

/** Hits in one page. */
const PAGE = 30;
/** Characters of a keyword, once folded. */
const MAX_KEYWORD = 100;
/** Messages that are not indexed yet and that a search reads itself. */
const MAX_TAIL = 1_000;
/** How long a search waits for messages to be indexed, in milliseconds. */
const PATIENCE = 3_000;

/**
 * Messages whose text, file name or card text contains the keyword, newest first, without regard to spaces, case and
 * width. A page may be short, even empty, and yet have a next one: each looks at a bounded number of messages.
 * Errors: INVALID_PAYLOAD (nothing is left of the keyword), ROOM_NO_EXISTS, YOU_ARE_NO_JOINED_ROOM,
 * TEMPORARILY_UNAVAILABLE (a room is being indexed, as after an import).
 */
export async function searchMessages(
  chat: Chat,
  actor: UserActor,
  input: SearchInput,
): Promise<{ list: Hit[]; nextCursor: string | null }> {
  const wanted = foldText(input.keyword.toWellFormed());
  if (wanted === '') throw invalid('keyword must not be empty');
  if ([...wanted].length > MAX_KEYWORD)
    throw invalid(`keyword must not have more than ${MAX_KEYWORD} characters`);
  const scopes = await scopesOf(chat, actor, input.roomId ?? null);
  const byRoom = new Map(scopes.map(scope => [scope.roomId, scope]));
  const marks = await indexed(chat, scopes);
  const isHit = (message: Message) =>
    isAsked(input, message) &&
    isFindable(chat, actor, byRoom.get(message.roomId)!, message) &&
    textsOf(message).some(({ text }) => foldText(text).includes(wanted));
  const mine = (hits: Message[]) => notHidden(chat, actor, roomId => byRoom.get(roomId), hits);
  const tail = await chat.stores.log.ranges(tailsOf(scopes, marks));
  const hunt = new Hunt(
    {
      search: chat.stores.search,
      read: async segments => {
        const messages = await chat.stores.log.ranges(rangesOf(segments, byRoom));
        return { hits: await mine(messages.filter(isHit)), examined: messages.length };
      },
      scopes,
      marks,
      grams: gramsAsked(wanted, input),
      upTo: startOf(input),
      from: input.from ?? null,
    },
    tail,
  );
  hunt.add(await mine(tail.filter(isHit)));
  const bound = await hunt.run(PAGE + 1);
  return pageOf(chat, actor, { hunt, bound, byRoom, wanted });
}

function pageOf(
  chat: Chat,
  actor: UserActor,
  found: { hunt: Hunt; bound: Place | null; byRoom: ReadonlyMap<string, Scope>; wanted: string },
): { list: Hit[]; nextCursor: string | null } {
  const { hunt, bound, byRoom, wanted } = found;
  const sure = [...hunt.hits.values()]
    .filter(message => !bound || compareTo(placeOf(message), bound) > 0)
    .sort((a, b) => compareTo(placeOf(b), placeOf(a)));
  const next = sure[PAGE] ? placeOf(sure[PAGE]) : bound;
  const list = sure
    .slice(0, PAGE)
    .filter(message => isFindable(chat, actor, byRoom.get(message.roomId)!, message))
    .map(message => ({ message, highlights: highlightsOf(message, wanted) }));
  return { list, nextCursor: next && `${next.at.getTime()}-${next.id}` };
}

const highlightsOf = (message: Message, wanted: string): Hit['highlights'] =>
  textsOf(message).flatMap(({ field, text }) => spansOf(text, wanted).map(span => ({ field, ...span })));

function isAsked({ authorId, messageType, from, to }: SearchInput, message: Message): boolean {
  if (authorId && message.author.authorId !== authorId) return false;
  if (messageType && message.data.type !== messageType) return false;
  return (!from || message.createdAt >= from) && (!to || message.createdAt <= to);
}

/** Where the page begins: a cursor names the first message that it may hold. */
function startOf({ to, cursor }: SearchInput): Place {
  const latest = to ? { at: to, id: NO_ID } : END_OF_TIME;
  if (!cursor) return latest;
  const [time, id] = cursor.split('-') as [string, string];
  const start = { at: new Date(Math.min(Number(time), END_OF_TIME.at.getTime())), id };
  return compareTo(start, latest) < 0 ? start : latest;
}

/** How far these rooms are indexed; waits where that is too far behind for the log to be read instead. */
async function indexed(chat: Chat, scopes: readonly Scope[]): Promise<ReadonlyMap<string, IndexMark>> {
  const ids = scopes.map(({ roomId }) => roomId);
  const marks = await chat.stores.search.marks(ids);
  if (sizeOf(tailsOf(scopes, marks)) <= MAX_TAIL) return marks;
  for (const { roomId, to } of tailsOf(scopes, marks)) chat.indexer.want(roomId, to);
  await within(PATIENCE, chat.indexer.flush());
  const later = await chat.stores.search.marks(ids);
  if (sizeOf(tailsOf(scopes, later)) <= MAX_TAIL) return later;
  throw new ChatError('TEMPORARILY_UNAVAILABLE', 'The room is being indexed: try again.');
}

interface Range {
  roomId: string;
  from: number;
  to: number;
}

/** What of these rooms is in the log only. */
const tailsOf = (scopes: readonly Scope[], marks: ReadonlyMap<string, IndexMark>): Range[] =>
  scopes
    .map(({ roomId, floor, head }) => ({
      roomId,
      from: Math.max(marks.get(roomId)?.seq ?? 0, floor),
      to: head,
    }))
    .filter(({ from, to }) => from < to);

const sizeOf = (ranges: readonly Range[]): number => ranges.reduce((sum, { from, to }) => sum + to - from, 0);

const rangesOf = (segments: readonly FoundSegment[], byRoom: ReadonlyMap<string, Scope>): Range[] =>
  segments
    .map(({ roomId, from, to }) => {
      const { floor, head } = byRoom.get(roomId)!;
      return { roomId, from: Math.max(from, floor), to: Math.min(to, head) };
    })
    .filter(({ from, to }) => from < to);

/** Waits for what goes on in any case; its failure is shown by what it did not do. */
async function within(milliseconds: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>(resolve => {
    timer = setTimeout(resolve, milliseconds);
  });
  await Promise.race([work.catch(() => undefined), late]);
  clearTimeout(timer);
}
