import { gramsAsked, keyOf } from '../../src/domain/search/grams.ts';
import { END_OF_TIME } from '../../src/domain/search/hunt.ts';
import type { Population, Storage } from './seed.ts';

/** Each hot call of a store, and the index that its queries have to go by. */
type Case = [
  name: string,
  index: string | string[],
  call: (storage: Storage, all: Population) => Promise<unknown>,
];

const rangesOf = ({ rooms }: Population) => [0, 1].map(i => ({ roomId: rooms[i]!.id, after: 3, upTo: 50 }));

export const CASES: Case[] = [
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
      stores.log.uncounted(
        [
          { roomId: rooms[0]!.id, after: 3 },
          { roomId: rooms[1]!.id, after: 9 },
        ],
        1_001,
      ),
  ],
  [
    'log.mentions',
    'mentioned',
    ({ stores }, { rooms }) =>
      stores.log.mentions(
        [0, 1, 2].map(i => ({ roomId: rooms[i]!.id, after: i })),
        1_001,
      ),
  ],
  ['log.uncountedOf', 'uncounted', ({ stores }, all) => stores.log.uncountedOf('person-1', rangesOf(all))],
  [
    'log.mentionsOf',
    ['mentions', 'mentioned'],
    ({ stores }, all) => stores.log.mentionsOf('person-1', rangesOf(all)),
  ],
  [
    'log.ownOf',
    ['author_room_syncKey', 'room_seq'],
    ({ stores }, all) => stores.log.ownOf('person-1', rangesOf(all)),
  ],
  [
    'log.countingOf',
    '_id_',
    ({ stores }, { messages }) => stores.log.countingOf('person-1', [messages[3]!.id, messages[4]!.id]),
  ],
  ['log.byIds', '_id_', ({ stores }, { messages }) => stores.log.byIds([messages[3]!.id, messages[4]!.id])],
  [
    'hides.add',
    'user_message',
    ({ stores }, { rooms, messages }) =>
      stores.hides.add({
        userId: 'person-1',
        no: 1,
        roomId: rooms[0]!.id,
        messageId: messages[0]!.id,
        seq: 1,
        at: new Date(),
      }),
  ],
  [
    'hides.among',
    'user_message',
    ({ stores }, { messages }) =>
      stores.hides.among(['person-1', 'person-2'], [messages[0]!.id, messages[9]!.id]),
  ],
  ['hides.inRanges', 'room_user_seq', ({ stores }, all) => stores.hides.inRanges('person-1', rangesOf(all))],
  [
    'hides.since',
    ['user_at', 'room_user_seq'],
    ({ stores }, { rooms }) =>
      stores.hides.since('person-1', [rooms[0]!.id], new Date(Date.now() - 60_000), 0, 500),
  ],
  [
    'members.mark',
    ['room_user', 'user_room'],
    ({ stores }, { rooms }) => stores.members.mark(rooms[0]!.id, 'person-0', 3, new Date()),
  ],
  [
    'members.raiseHidden',
    ['room_user', 'user_room'],
    ({ stores }, { rooms }) => stores.members.raiseHidden(rooms[0]!.id, 'person-0', 3, new Date()),
  ],
  [
    'log.gallery of photos',
    'room_type_seq',
    ({ stores }, { rooms }) =>
      stores.log.gallery(rooms[3]!.id, 'PHOTO', { from: 5, before: Infinity, limit: 31 }),
  ],
  [
    'log.gallery of links',
    'linked',
    ({ stores }, { rooms }) => stores.log.gallery(rooms[3]!.id, 'LINK', { from: 5, before: 50, limit: 31 }),
  ],
  [
    'log.ranges',
    'room_seq',
    ({ stores }, { rooms }) =>
      stores.log.ranges(rooms.slice(0, 8).map(({ id }) => ({ roomId: id, from: 10, to: 40 }))),
  ],
  [
    'search.find',
    'keys',
    ({ stores }, { rooms }) =>
      stores.search.find(
        gramsAsked('text 1', { authorId: 'person-1' }).map(gram => rooms.map(({ id }) => keyOf(id, 0, gram))),
        END_OF_TIME,
        500,
      ),
  ],
  ['search.chain', 'chain', ({ stores }, { rooms }) => stores.search.chain(rooms[0]!.id, 0, 32)],
  ['search.holding', 'chain', ({ stores }, { rooms }) => stores.search.holding(rooms[0]!.id, 7)],
  ['search.addKeys', 'chain', ({ stores }, { rooms }) => stores.search.addKeys(rooms[0]!.id, 7, [1, 2])],
  ['search.marks', '_id_', ({ stores }, { rooms }) => stores.search.marks(rooms.map(({ id }) => id))],
  [
    'search.removeRoom',
    ['chain', '_id_'],
    ({ stores }, { rooms }) => stores.search.removeRoom(rooms[29]!.id),
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
          lastMentionSeq: 0,
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
    ['room_user', 'user_room', 'room_user_seq', 'user_message'],
    ({ stores }, { rooms }) => stores.members.remove(rooms[0]!.id, ['nobody']),
  ],
  ['members.pending', 'pending', ({ stores }) => stores.members.pending(new Date())],
  [
    'members.renameUser',
    'user_room',
    ({ stores }) =>
      stores.members.renameUser({ id: 'person-3', nickName: 'x', profileUrl: null, meta: null }),
  ],
  [
    'restrictions.of',
    ['room_user_kind', 'room_kind'],
    ({ stores }, { rooms }) => stores.restrictions.of(rooms[0]!.id, ['person-1', 'person-2'], new Date()),
  ],
  [
    'restrictions.list',
    ['room_kind', 'room_user_kind'],
    ({ stores }, { rooms }) =>
      stores.restrictions.list(rooms[0]!.id, 'ban', { before: null, limit: 10, now: new Date() }),
  ],
  [
    'blocks.blockersOf',
    ['target_user', 'user_target'],
    ({ stores }) => stores.blocks.blockersOf('person-1', ['person-2']),
  ],
  ['blocks.of', 'user_target', ({ stores }) => stores.blocks.of('person-1')],
  [
    'reports.find of a room',
    'room_reports',
    ({ stores }, { rooms }) =>
      stores.reports.find({ links: null, before: null, limit: 10, roomId: rooms[0]!.id }),
  ],
  [
    'audit.find of a room',
    'room_acts',
    ({ stores }, { rooms }) =>
      stores.audit.find({ links: null, before: null, limit: 10, roomId: rooms[0]!.id }),
  ],
  [
    'freezer.toFreeze',
    'link',
    ({ stores }) =>
      stores.freezer.toFreeze({
        linkSid: 'a link',
        frozen: true,
        reasonCode: 'X',
        after: null,
        limit: 10,
      }),
  ],
  ['imports.claim', 'state_held', ({ stores }) => stores.imports.claim('nobody', new Date(0), new Date(0))],
  ['importRooms.byKey', 'importKey', ({ stores }) => stores.importRooms.byKey({ scope: 'link:a', key: 'b' })],
  ['importRooms.inHand', 'importing', ({ stores }) => stores.importRooms.inHand('i', 'key')],
  ['importRooms.marked', 'importing', ({ stores }) => stores.importRooms.marked('i', null, 100)],
  ['importRooms.last', 'room_seq', ({ stores }, { rooms }) => stores.importRooms.last(rooms[3]!.id)],
  [
    'importRooms.byIds',
    '_id_',
    ({ stores }, { messages }) => stores.importRooms.byIds(messages.slice(0, 50).map(({ id }) => id)),
  ],
  [
    'importRooms.byKeys',
    'imported_key',
    ({ stores }, { rooms }) => stores.importRooms.byKeys(rooms[3]!.id, ['a', 'b']),
  ],
  ['claims.release', 'room', ({ stores }, { rooms }) => stores.claims.release(rooms[0]!.id)],
  ['users.byIds', '_id_', ({ stores }) => stores.users.byIds(['person-1', 'person-2'])],
  [
    'users.find by a part of the nick',
    'grams',
    ({ stores }) => stores.users.find({ keyword: 'person-1', among: null, skip: 0, limit: 20 }),
  ],
  ['events.after', 'event_no', ({ stores }) => stores.events.after(3, 200)],
  ['events.lastNo', ['event_no', '_id_'], ({ stores }) => stores.events.lastNo()],
  [
    'events.ofRoom',
    ['event_room_no', 'event_no'],
    ({ stores }, { rooms }) => stores.events.ofRoom(rooms[0]!.id, 0, 50),
  ],
  ['events.known', '_id_', ({ stores }) => stores.events.known(['a', 'b'])],
  ['events.firstSince', 'event_at', ({ stores }) => stores.events.firstSince(new Date())],
  ['events.eraseAuthor', 'event_author', ({ stores }) => stores.events.eraseAuthor('nobody')],
  [
    'events.changedMessages',
    'changed_anywhere',
    ({ stores }) => stores.events.changedMessages(new Date(Date.now() - 1_000), 0, 500),
  ],
  ['events.changedRooms', ['_id_', 'settings'], ({ stores }) => stores.events.changedRooms(new Date())],
  [
    'webhooks.deliveries',
    ['delivery_rank', 'delivery_status_rank'],
    ({ stores }) => stores.webhooks.deliveries({ webhookId: 'w', status: null, before: 9, limit: 50 }),
  ],
  [
    'webhooks.deliveries by status',
    'delivery_status_rank',
    ({ stores }) => stores.webhooks.deliveries({ webhookId: 'w', status: 'dead', before: null, limit: 50 }),
  ],
  [
    'broadcasts.roomIds of a link',
    ['link', '_id_'],
    ({ stores }) => stores.broadcasts.roomIds({ linkSid: 'a link' }, null, 'f'.repeat(24), 50),
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
