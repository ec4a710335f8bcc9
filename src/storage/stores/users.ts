import type { User } from '../../domain/model.ts';
import type { UserProfile, UserStore } from '../../domain/ports.ts';
import { gramsWanted, patternOf } from '../../domain/users/fold.ts';
import type { Database } from '../database.ts';
import { docToUser, nickFields } from '../convert.ts';

const profile = ({ nickName, profileUrl, meta }: UserProfile) => ({
  ...nickFields(nickName),
  profileUrl,
  ...(meta ? { meta } : {}),
});

export function userStore(database: Database): UserStore {
  const { users } = database;
  const write = async (people: readonly UserProfile[], update: (person: UserProfile) => object) => {
    if (people.length === 0) return;
    const writes = people.map(person => ({
      updateOne: { filter: { _id: person.id }, update: update(person), upsert: true },
    }));
    await users.bulkWrite(writes, { ordered: false });
  };
  /** Who was erased and comes back is a new person. */
  const revive = async (people: readonly UserProfile[]) => {
    const writes = people.map(person => ({
      updateOne: {
        filter: { _id: person.id, deletedAt: { $exists: true } },
        update: { $set: profile(person), $unset: { deletedAt: 1 as const } },
      },
    }));
    await users.bulkWrite(writes, { ordered: false });
  };

  return {
    async byIds(ids, erased = 'without') {
      const present = erased === 'with' ? {} : { deletedAt: { $exists: false } };
      return (
        await users.find({ _id: { $in: [...ids] }, ...present }, { batchSize: ids.length + 1 }).toArray()
      ).map(docToUser);
    },

    async upsert(people, mode, at) {
      const fresh = { lastSeenAt: null, tokensValidFrom: null, createdAt: at };
      if (mode === 'overwrite') {
        await write(people, person => ({
          $set: profile(person),
          $unset: { deletedAt: 1 },
          $setOnInsert: fresh,
        }));
      } else if (people.length > 0) {
        await revive(people);
        await write(people, person => ({ $setOnInsert: { ...profile(person), ...fresh } }));
      }
    },

    async seen(people, at) {
      await write(people, person => ({
        $set: { ...profile(person), lastSeenAt: at },
        $unset: { deletedAt: 1 },
        $setOnInsert: { tokensValidFrom: null, createdAt: at },
      }));
    },

    async touch(userIds, at) {
      if (userIds.length === 0) return;
      await users.updateMany(
        { _id: { $in: [...userIds] }, deletedAt: { $exists: false } },
        { $max: { lastSeenAt: at } },
      );
    },

    async revokeTokens(userId, at) {
      await users.updateOne(
        { _id: userId },
        {
          $set: { tokensValidFrom: at },
          $setOnInsert: { ...nickFields(userId), profileUrl: null, lastSeenAt: null, createdAt: at },
        },
        { upsert: true },
      );
    },

    async erase(userId, at) {
      await users.updateOne(
        { _id: userId },
        {
          $set: { ...nickFields(''), profileUrl: null, lastSeenAt: null, tokensValidFrom: at, deletedAt: at },
          $unset: { meta: 1, doNotDisturb: 1 },
          $setOnInsert: { createdAt: at },
        },
        { upsert: true },
      );
    },

    find: query => findUsers(database, query),
  };
}

/** People by a part of their nick, in the order of nicks. */
async function findUsers({ users }: Database, query: Parameters<UserStore['find']>[0]): Promise<User[]> {
  const { keyword, among, skip, limit } = query;
  const grams = gramsWanted(keyword);
  const found = await users
    .find({
      deletedAt: { $exists: false },
      ...(among ? { _id: { $in: [...among] } } : {}),
      // The index finds the pieces, the pattern keeps those in which they stand together.
      ...(grams.length > 0 ? { grams: { $all: grams }, nickKey: patternOf(keyword) } : {}),
    })
    .sort({ nickKey: 1, _id: 1 })
    .skip(skip)
    .limit(limit)
    .toArray();
  return found.map(docToUser);
}
