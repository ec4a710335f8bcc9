import { ChatError } from '../errors.ts';
import type { Chat } from '../chat.ts';
import type { User } from '../model.ts';
import type { UserProfile } from '../ports.ts';
import { Gathered } from '../gathered.ts';

/** Who connected, as their token says: nick, profile, contact, and when the token was made (seconds). */
export interface Identity extends UserProfile {
  issuedAt: number;
}

/** People: those who connected, and those whom partners provisioned. */
export class Directory {
  readonly #chat: Chat;
  readonly #connects: Gathered<Identity, User>;

  constructor(chat: Chat) {
    this.#chat = chat;
    this.#connects = new Gathered(identities => this.#connectAll(identities));
  }

  /**
   * Enters a connecting user into the directory; a thousand who come at once cost one query and one write.
   * Errors: TOKEN_INVALID when the token was made before the user's tokens were revoked or the user deleted.
   */
  async connect(identity: Identity): Promise<User> {
    const user = await this.#connects.add(identity);
    if (isRevoked(user, identity.issuedAt)) throw new ChatError('TOKEN_INVALID', 'This token was revoked.');
    return user;
  }

  /** The token is not older than the last revocation of this user's tokens. */
  async requireValid(userId: string, issuedAt: number): Promise<void> {
    const [user] = await this.#chat.stores.users.byIds([userId], 'with');
    if (user && isRevoked(user, issuedAt)) throw new ChatError('TOKEN_INVALID', 'This token was revoked.');
  }

  async #connectAll(identities: readonly Identity[]): Promise<User[]> {
    const { users, members } = this.#chat.stores;
    const at = new Date(this.#chat.clock.now());
    const known = new Map(
      (
        await users.byIds(
          identities.map(({ id }) => id),
          'with',
        )
      ).map(user => [user.id, user]),
    );
    const valid = identities.filter(({ id, issuedAt }) => !isRevoked(known.get(id), issuedAt));
    const fresh = [
      ...new Map(valid.map(identity => [identity.id, merge(identity, known.get(identity.id))])).values(),
    ];
    const due = fresh.filter(identity => isDue(known.get(identity.id), identity, at));
    if (due.length > 0) await users.seen(due, at);
    const renamed = due.filter(identity => isRenamed(known.get(identity.id), identity));
    for (const identity of renamed) {
      await members.renameUser(identity);
      await this.tellChanged(identity);
    }
    return identities.map(identity => known.get(identity.id) ?? newUser(identity, at));
  }

  /** Rooms show the new nick and picture of this user. */
  async tellChanged(user: UserProfile): Promise<void> {
    const { id, nickName, profileUrl, meta } = user;
    const roomIds = (await this.#chat.stores.members.ofUsers([id])).map(member => member.roomId);
    if (roomIds.length === 0) return;
    const at = new Date(this.#chat.clock.now());
    await this.#chat.stores.rooms.touch(roomIds, at);
    this.#chat.bus.publish({ type: 'user.changed', user: { id, nickName, profileUrl, meta }, roomIds, at });
  }
}

/** "Last seen" is written once a minute at most: a flapping connection is not a write each time. */
const SEEN_EVERY = 60_000;

const isDue = (known: User | undefined, identity: Identity, at: Date): boolean =>
  !known?.lastSeenAt || isRenamed(known, identity) || at.getTime() - known.lastSeenAt.getTime() > SEEN_EVERY;

const isRenamed = (known: User | undefined, identity: Identity): boolean =>
  known !== undefined &&
  (known.nickName !== identity.nickName ||
    known.profileUrl !== identity.profileUrl ||
    known.meta?.email !== identity.meta?.email ||
    known.meta?.phone !== identity.meta?.phone);

/** A token that says nothing of e-mail or phone does not erase what is known. */
const merge = (identity: Identity, known: User | undefined): Identity =>
  known?.meta ? { ...identity, meta: { ...known.meta, ...identity.meta } } : identity;

const isRevoked = (user: User | undefined, issuedAt: number): boolean =>
  user?.tokensValidFrom != null && issuedAt * 1000 < user.tokensValidFrom.getTime();

const newUser = ({ id, nickName, profileUrl, meta }: Identity, at: Date): User => ({
  id,
  nickName,
  profileUrl,
  meta,
  lastSeenAt: at,
  tokensValidFrom: null,
});
