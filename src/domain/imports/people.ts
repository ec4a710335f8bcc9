import type { Chat } from '../chat.ts';
import { isReservedId } from '../model.ts';
import { ChatError, invalid } from '../errors.ts';
import type { UserProfile } from '../ports.ts';
import { putUsers } from '../users/manage.ts';
import type { LineMember } from './lines.ts';
import { SeenTexts } from './seen.ts';

type Named = Pick<UserProfile, 'nickName' | 'profileUrl'>;

/** The people of an import: those of the directory, and those that its lines enter. */
export class ImportPeople {
  readonly #chat: Chat;
  readonly #isDry: boolean;
  /** Without writing, this is all that is known of people of earlier lines. */
  readonly #seen = new SeenTexts();
  /** Of this page; null: unknown to the directory. */
  #page = new Map<string, Named | null>();
  #waiting: UserProfile[] = [];

  constructor(chat: Chat, isDry: boolean) {
    this.#chat = chat;
    this.#isDry = isDry;
  }

  /** What the directory knows of these before the page is written. */
  async begin(ids: ReadonlySet<string>): Promise<void> {
    this.#page = new Map([...ids].map(id => [id, null]));
    for (const user of ids.size > 0 ? await this.#chat.stores.users.byIds([...ids]) : [])
      this.#page.set(user.id, user);
  }

  /** A line enters or updates a person; written with the next `flush`. */
  enter(user: UserProfile): void {
    if (isReservedId(user.id)) throw invalid(`${user.id} cannot be a user`);
    this.#page.set(user.id, user);
    if (this.#isDry) this.#seen.add(user.id);
    else this.#waiting.push(user);
  }

  async flush(): Promise<void> {
    const people = this.#waiting;
    this.#waiting = [];
    if (people.length > 0) await putUsers(this.#chat, people);
  }

  /**
   * The members of a room as the directory has them; those it does not know enter it if the line names them.
   * Errors: USER_NO_EXISTS.
   */
  async members(members: readonly LineMember[]): Promise<LineMember[]> {
    const { users } = this.#chat.stores;
    const known = new Map((await users.byIds(members.map(({ id }) => id))).map(user => [user.id, user]));
    const stranger = members.find(
      ({ id, isNamed }) => !isNamed && !known.has(id) && !(this.#isDry && this.#seen.has(id)),
    );
    if (stranger) throw new ChatError('USER_NO_EXISTS', `The user ${stranger.id} is not known.`);
    const fresh = members.filter(({ id }) => !known.has(id));
    if (this.#isDry) for (const { id } of fresh) this.#seen.add(id);
    else await users.upsert(fresh, 'ifAbsent', new Date(this.#chat.clock.now()));
    for (const person of [...known.values(), ...fresh])
      this.#page.set(person.id, this.#page.get(person.id) ?? person);
    return members.map(member => {
      const user = known.get(member.id);
      return user
        ? { ...member, nickName: user.nickName, profileUrl: user.profileUrl, meta: user.meta }
        : member;
    });
  }

  /** Nick and picture of somebody; null for who is not known. */
  find(id: string): Named | null {
    const known = this.#page.get(id);
    if (known) return known;
    return this.#isDry && this.#seen.has(id) ? { nickName: '', profileUrl: null } : null;
  }
}
