import type { Message, Room } from './client.ts';

export interface Response<T = any> {
  status: number;
  body: T;
  headers: Headers;
}

export interface Person {
  _id: string;
  nickName: string;
  master?: boolean;
}

let rooms = 0;

/** The platform API as a partner uses it. */
export class Platform {
  readonly #url: string;
  readonly #key: string | null;

  constructor(url: string, key: string | null) {
    this.#url = url;
    this.#key = key;
  }

  /** The same API with another key. */
  as(key: string | null): Platform {
    return new Platform(this.#url, key);
  }

  async call<T = any>(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Response<T>> {
    const response = await fetch(`${this.#url}${path}`, {
      method,
      headers: {
        ...(this.#key === null ? {} : { 'chat-api-key': this.#key }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: (text === '' ? null : JSON.parse(text)) as T,
    };
  }

  async do<T = any>(method: string, path: string, body?: unknown): Promise<T> {
    const { status, body: answer } = await this.call<T>(method, path, body);
    if (status !== 200) throw new Error(`${method} ${path}: ${status} ${JSON.stringify(answer)}`);
    return answer;
  }

  /** A room of these people; the first is its master. Fields can be overridden. */
  async room(userIds: readonly string[], more: Record<string, unknown> = {}): Promise<Room> {
    const joinUsers = userIds.map((_id, i) => ({ _id, nickName: `nick ${_id}`, master: i === 0 }));
    return this.do('POST', '/chat/room', {
      name: `room ${++rooms}`,
      roomType: 'GROUP',
      link: { sid: `link-${process.pid}-${rooms}`, name: 'a link' },
      joinUsers,
      ...more,
    });
  }

  async people(...userIds: string[]): Promise<void> {
    await this.do('PUT', '/chat/users', { users: userIds.map(_id => ({ _id, nickName: `nick ${_id}` })) });
  }

  async write(roomId: string, text: string, authorId = 'ADMIN'): Promise<Message> {
    return this.do('POST', `/chat/rooms/${roomId}/messages`, {
      author: { authorId },
      data: { type: 'TEXT', content: { text } },
    });
  }

  async messages(roomId: string): Promise<Message[]> {
    const { list } = await this.do<{ list: Message[] }>('GET', `/chat/rooms/${roomId}/messages?limit=500`);
    return list.reverse();
  }
}
