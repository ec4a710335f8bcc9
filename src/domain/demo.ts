import type { Chat } from './chat.ts';
import type { Link, PlatformActor, Room } from './model.ts';
import type { UserProfile } from './ports.ts';
import { putUsers } from './users/manage.ts';
import { sendManaged, upsertRoom, type ManagedRoom } from './rooms/managed.ts';

const NICKS: Record<string, string> = {
  1: '홍길동',
  2: '김철수',
  3: '이영희',
  4: '박민수',
  5: '최지우',
  6: '정우성',
  7: '한가인',
  8: '오세훈',
  9: '윤아름',
  123: '강하늘',
  456: '서지혜',
  789: '문태일',
};

const person = (id: string): UserProfile => ({
  id,
  nickName: NICKS[id] ?? id,
  profileUrl: null,
  meta: { email: `user${id}@example.com` },
});

const LINK: Link = { sid: 'demo', name: 'Madang' };

/** Rooms 1 to 3, in this order, so that the samples of the seeds run as they are printed. */
const ROOMS: (Omit<ManagedRoom, 'joinUsers'> & {
  members: string[];
  master: string | null;
  talk: [string, string][];
})[] = [
  {
    name: '마당 모임',
    roomType: 'GROUP',
    link: LINK,
    members: ['1', '2', '3', '4', '5', '123'],
    master: '1',
    talk: [
      ['1', '안녕하세요, 마당에 오신 것을 환영합니다!'],
      ['2', '반갑습니다 :)'],
      ['123', '여기서 이야기하면 되나요?'],
    ],
  },
  {
    name: '',
    roomType: 'DIRECT',
    members: ['1', '2'],
    master: null,
    talk: [
      ['1', '내일 시간 괜찮으세요?'],
      ['2', '네, 오후에 봬요.'],
    ],
  },
  {
    name: '열린 마당',
    roomType: 'OPEN',
    link: LINK,
    members: ['1', '3'],
    master: '1',
    talk: [['3', '누구나 들어올 수 있는 방입니다.']],
  },
];

/** When the demo data was complete. */
const MARK = 'demo-data';

/** Rooms of the demo data: those that were there when nothing else was. */
export async function isDemo(chat: Chat, room: Room): Promise<boolean> {
  const filledAt = await chat.stores.marks.read(MARK);
  return filledAt !== null && room.createdAt <= filledAt;
}

/** Fills an empty development database with people, rooms and a few messages. Returns false when it was not empty. */
export async function fillDemo(chat: Chat): Promise<boolean> {
  const actor: PlatformActor = { kind: 'platform', keyId: 'demo', links: null };
  const some = await chat.stores.rooms.find({ links: null, after: null, limit: 1 });
  if (some.length > 0) return false;
  await putUsers(chat, Object.keys(NICKS).map(person));
  for (const { members, master, talk, ...room } of ROOMS) {
    const joinUsers = members.map(id => ({ ...person(id), master: id === master }));
    const { live } = await upsertRoom(chat, actor, { ...room, joinUsers }, 'write');
    for (const [authorId, text] of talk) {
      await sendManaged(chat, actor, live.id, { authorId, content: { type: 'TEXT', text } });
    }
  }
  await chat.stores.marks.write(MARK, new Date(chat.clock.now()));
  return true;
}
