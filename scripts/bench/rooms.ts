import type { RoomBody, WireRoom } from './shapes.ts';
import { pooled } from './stats.ts';
import { API_KEY, type User } from './tokens.ts';

/** A room to be made: its first member is its master. */
export interface RoomPlan {
  name: string;
  members: User[];
  /** A first message of the master, so that the others have something unread. */
  firstText?: string;
}

/** The platform API takes bodies of a limited size; the rest of a large room is invited. */
const MEMBERS_PER_CALL = 500;
const ROOMS_AT_ONCE = 8;

/** Makes rooms through the platform API, which bare and naive have too; the ids in the order of the plans. */
export async function createRooms(url: string, plans: RoomPlan[]): Promise<string[]> {
  const ids: string[] = [];
  await pooled(plans, ROOMS_AT_ONCE, async (plan, index) => {
    ids[index] = await createRoom(url, plan);
  });
  return ids;
}

async function createRoom(url: string, plan: RoomPlan): Promise<string> {
  const master = plan.members[0];
  if (!master) throw new Error('a room needs a member');
  const joinUsers = plan.members.map(user => ({ ...user, master: user === master }));
  const body: RoomBody = {
    name: plan.name,
    roomType: 'GROUP',
    // A sid of its own: rooms of the same sid and the same members are the same room to the platform.
    link: { sid: `bench-${plan.name}`, name: plan.name },
    joinUsers: joinUsers.slice(0, MEMBERS_PER_CALL),
  };
  if (plan.firstText) {
    const author = { authorId: master._id, nickName: master.nickName };
    body.message = { author, data: { type: 'TEXT', content: { text: plan.firstText } } };
  }
  const room = await post<WireRoom>(`${url}/chat/room`, body);
  for (let from = MEMBERS_PER_CALL; from < joinUsers.length; from += MEMBERS_PER_CALL) {
    const more = joinUsers.slice(from, from + MEMBERS_PER_CALL);
    await post(`${url}/chat/inviteUsers`, { roomId: room._id, inviterId: master._id, joinUsers: more });
  }
  return room._id;
}

/** Posts JSON with the platform's key; throws with the answer when it is not a success. */
export async function post<T>(url: string, body: unknown): Promise<T> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'chat-api-key': API_KEY },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(60_000),
  });
  const text = await response.text();
  if (!response.ok)
    throw new Error(`POST ${new URL(url).pathname}: ${response.status} ${text.slice(0, 300)}`);
  return JSON.parse(text) as T;
}
