import { expect } from 'chai';
import { openStorage, populate, type Population, type Storage } from './seed.ts';

interface Plan {
  stage: string;
  indexName?: string;
  inputStage?: Plan;
  inputStages?: Plan[];
}

/** Each hot call of a store, and the index that its queries have to go by. */
type Case = [
  name: string,
  index: string | string[],
  call: (storage: Storage, all: Population) => Promise<unknown>,
];

const CASES: Case[] = [
  ['log.range', 'room_seq', ({ stores }, { rooms }) => stores.log.range(rooms[3]!.id, 10, 20)],
  ['log.after', 'room_seq', ({ stores }, { rooms }) => stores.log.after(rooms[3]!.id, 50, 500)],
  [
    'log.ofType',
    'room_type_seq',
    ({ stores }, { rooms }) =>
      stores.log.ofType(rooms[3]!.id, 'TEXT', { from: 5, to: Infinity, order: 'newest', limit: 11 }),
  ],
  ['log.byId', '_id_', ({ stores }, { messages }) => stores.log.byId(messages[77]!.id)],
  [
    'log.bySyncKey',
    'author_room_syncKey',
    ({ stores }, { messages }) =>
      stores.log.bySyncKey(messages[7]!.roomId, messages[7]!.author.authorId, messages[7]!.syncKey),
  ],
  [
    'log.uncounted',
    'uncounted',
    ({ stores }, { rooms }) =>
      stores.log.uncounted([
        { roomId: rooms[0]!.id, after: 3 },
        { roomId: rooms[1]!.id, after: 9 },
      ]),
  ],
  ['log.headsSince', '_id_', ({ stores }, { messages }) => stores.log.headsSince(messages.at(-20)!.id)],
  [
    'changes.edit',
    '_id_',
    ({ stores }, { messages: [message] }) =>
      stores.changes.edit(message!, { data: message!.data, links: [], editedAt: new Date() }),
  ],
  [
    'changes.delete',
    '_id_',
    ({ stores }, { messages }) => stores.changes.delete(messages[1]!.id, new Date()),
  ],
  [
    'changes.touchReplies',
    'replies',
    ({ stores }, { rooms, messages }) =>
      stores.changes.touchReplies(rooms[0]!.id, messages[3]!.id, new Date(), 9),
  ],
  [
    'changes.eraseReactions',
    'reactions_user',
    ({ stores }) => stores.changes.eraseReactions('person-3', new Date()),
  ],
  ['edits.of', 'message_at', ({ stores }, { messages }) => stores.edits.of(messages[0]!.id)],
  ['edits.removeRoom', 'room', ({ stores }, { rooms }) => stores.edits.removeRoom(rooms[0]!.id)],
  ['edits.removeAuthor', 'author', ({ stores }) => stores.edits.removeAuthor('person-3')],
  [
    'announcements.newest',
    'room_createdAt',
    ({ stores }, { rooms }) => stores.announcements.newest(rooms[0]!.id, 1),
  ],
  [
    'announcements.setContent',
    'message',
    ({ stores }, { messages }) => stores.announcements.setContent(messages[0]!.id, 'x'),
  ],
  [
    'announcements.removeOf',
    'message',
    ({ stores }, { messages }) => stores.announcements.removeOf(messages[0]!.id),
  ],
  ['announcements.eraseAuthor', 'author', ({ stores }) => stores.announcements.eraseAuthor('person-3')],
  [
    'rooms.moveHeads',
    '_id_',
    ({ stores }, { rooms: [room] }) =>
      stores.rooms.moveHeads([
        {
          roomId: room!.id,
          lastSeq: 60,
          lastMessage: null,
          lastUncountedSeq: 0,
          memberCount: 10,
          membersKey: 'key-0',
          at: new Date(),
        },
      ]),
  ],
  [
    'log.changedSince',
    'changed',
    ({ stores }, { rooms }) =>
      stores.log.changedSince([{ roomId: rooms[0]!.id, after: 0 }], new Date(Date.now() - 60_000), 0, 500),
  ],
  ['log.eraseAuthor', 'author_room_syncKey', ({ stores }) => stores.log.eraseAuthor('person-39')],
  [
    'rooms.byIds',
    '_id_',
    ({ stores }, { rooms }) => stores.rooms.byIds(rooms.slice(0, 5).map(room => room.id)),
  ],
  ['rooms.withMembers', 'members_type', ({ stores }) => stores.rooms.withMembers('key-3', 'GROUP')],
  ['rooms.unfinished', 'making', ({ stores }) => stores.rooms.unfinished(new Date())],
  [
    'rooms.find of a link',
    'link',
    ({ stores }) => stores.rooms.find({ links: null, linkSid: 'a link', after: null, limit: 10 }),
  ],
  ['members.ofUsers', 'user_room', ({ stores }) => stores.members.ofUsers(['person-1', 'person-2'])],
  [
    'members.ofRooms',
    'room_user',
    ({ stores }, { rooms }) => stores.members.ofRooms(rooms.slice(0, 3).map(room => room.id)),
  ],
  [
    'members.mastersOf',
    ['masters', 'room_user'],
    ({ stores }, { rooms }) => stores.members.mastersOf(rooms.map(room => room.id)),
  ],
  ['members.countOf', 'user_room', ({ stores }) => stores.members.countOf(['person-1'])],
  [
    'members.moveReads',
    ['room_user', 'user_room'],
    ({ stores }, { rooms }) =>
      stores.members.moveReads([
        { roomId: rooms[0]!.id, userIds: ['person-0'], seq: 1, messageId: null, at: new Date() },
      ]),
  ],
  [
    'members.markLeaving',
    ['room_user', 'user_room'],
    ({ stores }, { rooms }) => stores.members.markLeaving(rooms[0]!.id, ['person-9'], 'key'),
  ],
  [
    'members.remove',
    ['room_user', 'user_room'],
    ({ stores }, { rooms }) => stores.members.remove(rooms[0]!.id, ['nobody']),
  ],
  ['members.pending', 'pending', ({ stores }) => stores.members.pending(new Date())],
  [
    'members.renameUser',
    'user_room',
    ({ stores }) =>
      stores.members.renameUser({ id: 'person-3', nickName: 'x', profileUrl: null, meta: null }),
  ],
  ['claims.release', 'room', ({ stores }, { rooms }) => stores.claims.release(rooms[0]!.id)],
  ['users.byIds', '_id_', ({ stores }) => stores.users.byIds(['person-1', 'person-2'])],
  [
    'users.find by a part of the nick',
    'grams',
    ({ stores }) => stores.users.find({ keyword: 'person-1', among: null, skip: 0, limit: 20 }),
  ],
  [
    'members.among',
    ['room_user', 'user_room'],
    ({ stores }, { rooms }) => stores.members.among([rooms[0]!.id, rooms[1]!.id], ['person-0', 'person-1']),
  ],
  ['users.touch', '_id_', ({ stores }) => stores.users.touch(['person-1'], new Date())],
  ['push.tokensOf', 'user_at', ({ stores }) => stores.push.tokensOf(['person-1', 'person-2'])],
  ['push.quietOf', '_id_', ({ stores }) => stores.push.quietOf(['person-1', 'person-2'])],
  [
    'push.shown to people in rooms',
    ['user_shown', 'room_shown'],
    ({ stores }, { rooms }) => stores.push.shown({ roomIds: [rooms[0]!.id], userIds: ['person-1'] }),
  ],
  [
    'push.shown of a message',
    'room_shown',
    ({ stores }, { rooms, messages }) =>
      stores.push.shown({ roomIds: [rooms[0]!.id], messageId: messages[0]!.id }),
  ],
  [
    'push.take',
    ['user_shown', 'room_shown'],
    ({ stores }, { rooms, messages }) =>
      stores.push.take([{ userId: 'person-1', roomId: rooms[0]!.id, messageId: messages[0]!.id, seq: 1 }]),
  ],
  ['push.logOf', 'message_at', ({ stores }, { messages }) => stores.push.logOf(messages[0]!.id, 'person-1')],
  ['push.pushedSeqs', '_id_', ({ stores }, { rooms }) => stores.push.pushedSeqs([rooms[0]!.id])],
];

/** The filters of a command, each as a query that can be explained. */
function queriesOf(name: string, command: Record<string, any>): Record<string, unknown>[] {
  if (name === 'update')
    return command['updates'].map(({ q }: { q: unknown }) => ({ find: command['update'], filter: q }));
  if (name === 'findAndModify') return [{ find: command['findAndModify'], filter: command['query'] }];
  if (name === 'delete')
    return command['deletes'].map(({ q }: { q: unknown }) => ({ find: command['delete'], filter: q }));
  if (name === 'find') {
    const { find, filter, sort, limit, projection } = command;
    return [
      {
        find,
        filter,
        ...(sort ? { sort } : {}),
        ...(limit ? { limit } : {}),
        ...(projection ? { projection } : {}),
      },
    ];
  }
  if (name === 'aggregate')
    return [{ aggregate: command['aggregate'], pipeline: command['pipeline'], cursor: {} }];
  return [];
}

const scansOf = (plan: Plan): Plan[] => {
  const inner = [...(plan.inputStages ?? []), ...(plan.inputStage ? [plan.inputStage] : [])].flatMap(scansOf);
  return plan.stage.endsWith('SCAN') || plan.stage.startsWith('IDHACK') ? [plan, ...inner] : inner;
};

function planOf(explained: any): Plan {
  const planner = explained.queryPlanner ?? explained.stages?.[0]?.$cursor?.queryPlanner;
  return planner.winningPlan.queryPlan ?? planner.winningPlan;
}

describe('the planner', () => {
  let storage: Storage;
  let all: Population;
  before(async function () {
    this.timeout(60_000);
    storage = await openStorage();
    all = await populate(storage);
  });
  after(() => storage.database.close());

  for (const [name, index, call] of CASES) {
    it(`goes by ${[index].flat().join(' or ')} for ${name}`, async () => {
      storage.commands.length = 0;
      await call(storage, all);
      const queries = storage.commands
        .splice(0)
        .flatMap(({ name: command, command: body }) => queriesOf(command, body));
      expect(queries).to.not.deep.equal([]);
      for (const query of queries) {
        const explained = await storage.database.connection.db!.command({
          explain: query,
          verbosity: 'queryPlanner',
        });
        const scans = scansOf(planOf(explained));
        expect(scans, JSON.stringify(explained.queryPlanner?.winningPlan)).to.not.deep.equal([]);
        for (const scan of scans)
          expect(scan.indexName ?? scan.stage, JSON.stringify(query)).to.be.oneOf([index, 'IDHACK'].flat());
      }
    });
  }
});
