import { io, type Socket } from 'socket.io-client';
import { readOptions } from './arguments.ts';

/** Two people in a room that a partner makes: what the README promises, against a running development server. */

const { url = 'http://127.0.0.1:3000' } = readOptions('npm run hello -- [--url http://127.0.0.1:3000]', [
  'url',
]);
const API_KEY = 'madang-development-key';

async function post<T>(path: string, body: unknown): Promise<T> {
  const response = await fetch(url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'chat-api-key': API_KEY },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
  return (await response.json()) as T;
}

async function connect(id: string, nickName: string): Promise<Socket> {
  const { token } = await post<{ token: string }>('/dev/token', { id, nickName });
  const socket = io(`${url}/chat`, { transports: ['websocket'], auth: { token } });
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('connect_error', reject);
  });
  return socket;
}

interface Shown {
  seq: number;
  author: { nickName: string };
  data: { content: { text: string } };
}

try {
  const { room } = await post<{ room: { _id: string; name: string } }>('/chat/upsertRoom', {
    name: '첫 마당',
    roomType: 'GROUP',
    link: { sid: 'hello', name: 'hello' },
    joinUsers: [
      { _id: 'ann', nickName: '앤', master: true },
      { _id: 'bob', nickName: '밥' },
    ],
  });
  console.log(`the partner made the room "${room.name}" (${room._id})`);
  const [ann, bob] = await Promise.all([connect('ann', '앤'), connect('bob', '밥')]);
  await bob.emitWithAck('joinRoom', room._id);
  const heard = new Promise<Shown>(resolve => bob.once(`listenMessage_${room._id}`, resolve));
  await ann.emitWithAck('sendMessage', {
    syncKey: String(Date.now()),
    roomId: room._id,
    data: { type: 'TEXT', content: '안녕하세요!' },
  });
  const { seq, author, data } = await heard;
  console.log(`밥 hears, as message ${seq}: ${author.nickName}: ${data.content.text}`);
  ann.close();
  bob.close();
} catch (error) {
  console.error(
    `${(error as Error).message}\nIs a development server running at ${url}? Start it with: npm start`,
  );
  process.exitCode = 1;
}
