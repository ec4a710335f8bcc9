import type { Chat } from '../chat.ts';
import { ChatError, invalid } from '../errors.ts';
import type { PlatformActor } from '../model.ts';
import type { BannedWord } from '../ports.ts';
import { cleanText } from '../messages/content.ts';
import { keyOf, WordMatcher, type WordMode } from './words/matcher.ts';

/** Words of the list. */
export const MAX_WORDS = 100_000;
/** Words in one call. */
export const MAX_WORDS_AT_ONCE = 10_000;
/** Characters. */
export const MAX_WORD = 50;
/** How often a list that somebody changed in the database is looked for, in milliseconds. */
const LOOK_EVERY = 10_000;

/** The list of banned words on this node, ready to be looked for. */
export class BannedWords {
  readonly #chat: Pick<Chat, 'stores' | 'reporter'>;
  #matcher = new WordMatcher([]);
  /** What the list in force was read at; null: it is another one by now. */
  #stamp: string | null = null;
  #loading: Promise<void> | null = null;
  #isStale = false;
  #timer: NodeJS.Timeout | null = null;

  constructor(chat: Pick<Chat, 'stores' | 'reporter'>) {
    this.#chat = chat;
  }

  get matcher(): WordMatcher {
    return this.#matcher;
  }

  /** Resolves when the list is there. */
  async start(): Promise<void> {
    await this.refresh();
    this.#timer = setInterval(() => this.#look(), LOOK_EVERY);
    this.#timer.unref();
  }

  stop(): void {
    if (this.#timer) clearInterval(this.#timer);
    this.#timer = null;
  }

  /** Somebody changed the list. */
  changed(): void {
    this.#stamp = null;
    this.#look();
  }

  #look(): void {
    void this.refresh().catch((error: unknown) =>
      this.#chat.reporter.problem('reading the banned words', error),
    );
  }

  /** Resolves when the list that was stored at the call is in force. */
  async refresh(): Promise<void> {
    this.#isStale = true;
    while (this.#isStale) await (this.#loading ??= this.#load().finally(() => (this.#loading = null)));
  }

  async #load(): Promise<void> {
    this.#isStale = false;
    const { words } = this.#chat.stores;
    const stamp = await words.stamp();
    if (stamp === this.#stamp) return;
    // Of a change that comes while the list is read, the next round tells.
    this.#stamp = stamp;
    try {
      this.#matcher = new WordMatcher(await words.all());
    } catch (error) {
      this.#stamp = null;
      throw error;
    }
  }
}

/**
 * Enters words; one that is there already gets the new mode. Every node has them when this resolves, or a moment
 * later. Errors: YOU_HAVE_NO_AUTHORIZATION (a key that is bound to links), INVALID_PAYLOAD (nothing to look for in a
 * word, too many).
 */
export async function addWords(
  chat: Chat,
  actor: PlatformActor,
  input: { words: readonly string[]; mode: WordMode },
): Promise<number> {
  requireUnbound(actor);
  const at = new Date(chat.clock.now());
  const entries = new Map<string, BannedWord>();
  for (const given of input.words) {
    const word = cleanText(given, MAX_WORD, 'words').trim();
    const key = keyOf(word);
    if (key === '') throw invalid('words must have letters or digits in them');
    entries.set(key, { key, word, mode: input.mode, at });
  }
  const { words } = chat.stores;
  if ((await words.count()) + entries.size > MAX_WORDS)
    throw invalid(`there cannot be more than ${MAX_WORDS} words`);
  await words.put([...entries.values()]);
  await told(chat, actor, 'bannedWords.add', { count: entries.size, mode: input.mode });
  return entries.size;
}

/** Takes words off the list, in whatever spelling. Returns how many there were. Errors: YOU_HAVE_NO_AUTHORIZATION. */
export async function removeWords(
  chat: Chat,
  actor: PlatformActor,
  given: readonly string[],
): Promise<number> {
  requireUnbound(actor);
  const removed = await chat.stores.words.remove([...new Set(given.map(keyOf))]);
  await told(chat, actor, 'bannedWords.remove', { count: removed });
  return removed;
}

async function told(chat: Chat, actor: PlatformActor, act: string, details: Record<string, unknown>) {
  chat.audit.note(actor, act, { details });
  chat.bus.publish({ type: 'words.changed' });
  await chat.words.refresh();
}

/** The list is everybody's. */
function requireUnbound({ links }: PlatformActor): void {
  if (links !== null)
    throw new ChatError('YOU_HAVE_NO_AUTHORIZATION', 'This chat-api-key is bound to some links.');
}
