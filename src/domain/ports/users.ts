import type { Contact, User } from '../model.ts';

export interface UserProfile {
  id: string;
  nickName: string;
  profileUrl: string | null;
  meta: Contact | null;
}

export interface UserStore {
  /** `with` erased users: they hold the mark that their old tokens are refused. */
  byIds(ids: readonly string[], erased?: 'with' | 'without'): Promise<User[]>;
  /** Inserts or updates; `ifAbsent` leaves known users as they are. */
  upsert(users: readonly UserProfile[], mode: 'overwrite' | 'ifAbsent', at: Date): Promise<void>;
  /** Who connected: nick, profile and last seen. */
  seen(users: readonly UserProfile[], at: Date): Promise<void>;
  /** These people, known ones alone, were there at `at`. */
  touch(userIds: readonly string[], at: Date): Promise<void>;
  /** Tokens issued before `at` are refused from now on. Creates the entry if there is none. */
  revokeTokens(userId: string, at: Date): Promise<void>;
  /** Erases the personal data, keeps the mark that old tokens are refused. */
  erase(userId: string, at: Date): Promise<void>;
  /** People whose nick contains the keyword (a single consonant stands for any syllable that begins with it), by nick. */
  find(query: {
    keyword: string;
    among: readonly string[] | null;
    skip: number;
    limit: number;
  }): Promise<User[]>;
}
