import { expect } from 'chai';
import fc from 'fast-check';
import { newestOfTwo, Waiting } from '../../src/domain/push/waiting.ts';
import { isQuiet, isTimezone } from '../../src/domain/push/quiet.ts';
import { pushTexts } from '../../src/domain/push/texts.ts';
import type { Message } from '../../src/domain/model.ts';
import { aMessage, aRoom } from './fakes.ts';

const by = (authorId: string, seq: number, roomId = 'r'): Message =>
  aMessage(roomId, seq, { author: { authorId, nickName: authorId, profileUrl: null } });
const idle = () => false;

describe('what waits to be pushed', () => {
  it('is the newest message of a room, and for its author the newest of somebody else', () => {
    const authors = fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(authors, fc.nat(), (list, seed) => {
        const messages = list.map((author, i) => by(author, i + 1));
        const waiting = new Waiting(() => expect.fail('nothing is given up'));
        // In whatever pieces they come.
        for (let i = 0; i < messages.length;) {
          const size = 1 + ((seed + i) % 3);
          waiting.add('r', messages.slice(i, i + size), 0);
          i += size;
        }
        const [job] = waiting.take(0, 10, idle);
        for (const receiver of ['a', 'b', 'c', 'd']) {
          const theirs = (all: readonly Message[]) =>
            all.findLast(({ author }) => author.authorId !== receiver);
          const kept = theirs(job!.messages.toSorted((x, y) => x.seq - y.seq));
          expect(kept?.seq).to.equal(theirs(messages)?.seq);
        }
      }),
    );
  });

  it('is one entry per room, the oldest first, and has a bound', () => {
    const given: string[] = [];
    const waiting = new Waiting(job => given.push(job.roomId), 3);
    for (const room of ['a', 'b', 'a', 'c', 'd', 'a']) waiting.add(room, [by('x', 1, room)], 0);
    expect(given, 'the oldest').to.deep.equal(['a', 'b']);
    expect(waiting.size).to.equal(3);
    expect(waiting.take(0, 2, idle).map(job => job.roomId)).to.deep.equal(['c', 'd']);
  });

  it('is taken when it is due and its room is not busy', () => {
    const waiting = new Waiting(() => undefined);
    waiting.add('later', [by('x', 1)], 100);
    waiting.add('busy', [by('x', 1)], 0);
    const isBusy = (roomId: string) => roomId === 'busy';
    expect(waiting.take(50, 10, isBusy)).to.deep.equal([]);
    expect(waiting.nextAt(isBusy)).to.equal(100);
    expect(waiting.nextAt(idle)).to.equal(0);
    expect(waiting.take(100, 10, isBusy).map(job => job.roomId)).to.deep.equal(['later']);
    expect(waiting.take(100, 10, idle).map(job => job.roomId)).to.deep.equal(['busy']);
  });

  it('is as it was edited meanwhile', () => {
    const waiting = new Waiting(() => undefined);
    const message = by('x', 1);
    waiting.add('r', [message], 0);
    waiting.replace({ ...message, deleted: true });
    expect(waiting.take(0, 1, idle)[0]!.messages[0]!.deleted).to.equal(true);
    expect(newestOfTwo([message])).to.deep.equal([message]);
  });
});

describe('quiet hours', () => {
  const clock = fc.record({ hour: fc.nat({ max: 23 }), minute: fc.nat({ max: 59 }) });
  const text = ({ hour, minute }: { hour: number; minute: number }) =>
    `${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`;
  const zone = fc.constantFrom('Asia/Seoul', 'Europe/London', 'America/St_Johns', 'Asia/Kathmandu', 'UTC');

  it('and the hours of the rest of the day are the whole day, never both', () => {
    fc.assert(
      fc.property(clock, clock, zone, fc.date({ noInvalidDate: true }), (a, b, timezone, at) => {
        const [from, to] = [text(a), text(b)];
        fc.pre(from !== to);
        const moment = at.getTime();
        expect(isQuiet({ from, to, timezone }, moment)).to.equal(
          !isQuiet({ from: to, to: from, timezone }, moment),
        );
      }),
    );
  });

  it('follow the clock of the zone over the change to summer time', () => {
    const night = { from: '02:30', to: '03:30', timezone: 'America/New_York' };
    // On the night of 8 March 2026 it is never 02:30 there: 01:59 is followed by 03:00.
    expect(isQuiet(night, Date.parse('2026-03-08T06:59:00Z'))).to.equal(false);
    expect(isQuiet(night, Date.parse('2026-03-08T07:00:00Z'))).to.equal(true);
    expect(isQuiet(night, Date.parse('2026-03-08T07:30:00Z'))).to.equal(false);
  });

  it('know the names of time zones', () => {
    expect(['Asia/Seoul', 'UTC', 'Asia/Nowhere', '', 'x'].map(isTimezone)).to.deep.equal([
      true,
      true,
      false,
      false,
      false,
    ]);
  });
});

describe('the texts of a push', () => {
  const room = aRoom({ name: '점심' });
  const told = (data: Message['data'], nickName = '앤') =>
    pushTexts(room, aMessage(room.id, 1, { data, author: { authorId: 'a', nickName, profileUrl: null } }))
      .body;

  it('say what was sent, by type', () => {
    const file = { name: '보고서.pdf', path: 'p', size: 1 };
    expect(told({ type: 'TEXT', content: { text: '안녕' } })).to.equal('앤: 안녕');
    expect(told({ type: 'PHOTO', content: { files: [file] } })).to.equal('앤: 사진을 보냈습니다.');
    expect(told({ type: 'VIDEO', content: { files: [file] } })).to.equal('앤: 동영상을 보냈습니다.');
    expect(told({ type: 'FILE', content: { files: [file] } })).to.equal('앤: 보고서.pdf');
    expect(told({ type: 'CARD', content: { rawData: { cardType: 'x' } } })).to.equal(
      '앤: 카드를 보냈습니다.',
    );
  });

  it('name nobody who was erased', () => {
    expect(told({ type: 'TEXT', content: { text: '안녕' } }, '')).to.equal('알 수 없는 사용자: 안녕');
  });
});
