import type { MembershipAct } from './model.ts';

/**
 * What end users read, in Korean. Clients in other languages render their own from `meta.event` and the ids,
 * which are the keys of this table.
 */
export const TEXTS = {
  'room.created': () => '채팅방이 만들어졌습니다.',
  'member.joined': (_actor: string, people: string) => `${people} 들어왔습니다.`,
  'member.invited': (actor: string, people: string) => `${actor}님이 ${withObject(people)} 초대했습니다.`,
  'member.left': (_actor: string, people: string) => `${people} 나갔습니다.`,
  'member.kicked': (actor: string, people: string) => `${actor}님이 ${withObject(people)} 내보냈습니다.`,
  'member.banned': (actor: string, people: string) =>
    `${actor}님이 ${withObject(people)} 내보내고 다시 들어올 수 없게 했습니다.`,
  'member.removed': (_actor: string, people: string) => `${people} 채팅방에서 나가게 되었습니다.`,
} as const;

/** Who is erased and must not be named. */
export const NAMELESS = '알 수 없는 사용자';

/** Acts that somebody does to people; the others are what the people do. */
const NAMES_OBJECT: ReadonlySet<string> = new Set(['member.invited', 'member.kicked', 'member.banned']);

/** Names beyond this many are counted, not listed. */
const NAMES_SHOWN = 10;

/** The sentence of a joining, leaving or kick. `nameOf` gives the nick of a user id. */
export function actText(act: MembershipAct, nameOf: (userId: string) => string): string {
  const shown = act.userIds.slice(0, NAMES_SHOWN).map(id => `${nameOf(id)}님`);
  const more = act.userIds.length - shown.length;
  const people = shown.join(', ') + (more > 0 ? ` 외 ${more}명` : '');
  const actor = act.actorId === null ? '관리자' : nameOf(act.actorId);
  const asSubject = NAMES_OBJECT.has(act.event) ? people : `${people}이`;
  return TEXTS[act.event](actor, asSubject);
}

/** 님 and 명 both end in a consonant. */
const withObject = (people: string): string => `${people}을`;
