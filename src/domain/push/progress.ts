import type { Chat } from '../chat.ts';

/**
 * Up to where the pushes of each room are sent: `pushedSeq`, which goes with the room's head into the store. It moves
 * when nothing of the room is under way any more, so that what a crash interrupts is pushed after it.
 */
export class Progress {
  readonly #chat: Chat;
  readonly #open = new Map<string, { count: number; top: number }>();

  constructor(chat: Chat) {
    this.#chat = chat;
  }

  isOpen(roomId: string): boolean {
    return this.#open.has(roomId);
  }

  /** Something of the room is under way, up to `seq`. */
  open(roomId: string, seq: number): void {
    const entry = this.#open.get(roomId) ?? { count: 0, top: 0 };
    this.#open.set(roomId, entry);
    entry.count++;
    entry.top = Math.max(entry.top, seq);
  }

  raise(roomId: string, seq: number): void {
    const entry = this.#open.get(roomId);
    if (entry) entry.top = Math.max(entry.top, seq);
  }

  close(roomId: string): void {
    const entry = this.#open.get(roomId);
    if (!entry || --entry.count > 0) return;
    this.#open.delete(roomId);
    this.#move(roomId, entry.top);
  }

  #move(roomId: string, seq: number): void {
    const live = this.#chat.registry.peek(roomId);
    if (!live) {
      this.#chat.stores.push
        .setPushed(roomId, seq)
        .catch((error: unknown) => this.#chat.reporter.problem('writing what was pushed', error));
      return;
    }
    if (seq <= live.pushedSeq) return;
    live.pushedSeq = seq;
    // The head of the message goes into the store a second after it, as a rule later than this.
    if (!live.unsavedHead) this.#chat.ledger.headMoved(live);
  }
}
