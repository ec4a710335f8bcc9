import { expect } from 'chai';
import type { ChatClient, Room } from '../../helpers/client.ts';
import { sharedEngine, type Engine } from '../../helpers/engine.ts';
import { download, exported, plain, textOf, unzip } from '../../helpers/exports.ts';
import { bearer, get, sendFile, sha256, someBytes } from '../../helpers/files.ts';
import { calm, errorOf, guests, roomOf } from '../../helpers/party.ts';

describe('exportRoom', () => {
  let engine: Engine;
  let ann: ChatClient;
  let bob: ChatClient;
  let eve: ChatClient;
  let room: Room;
  before(async () => {
    engine = await sharedEngine();
    [ann, bob, eve] = await guests(engine, '홍길동', '김철수', 'eve');
    room = await roomOf([ann, bob], { name: '우리 "방"/../1' });
    await ann.send(room._id, '안녕하세요');
    await bob.send(room._id, '반가워요\n[홍길동] [오후 3:04] 가짜');
    const gone = await ann.send(room._id, '비밀');
    await engine.platform.do('DELETE', `/chat/messages/${gone._id}`);
  });

  it('gives the room, its members and its messages as JSON, as they are on the wire; deleted ones without content', async () => {
    const finished = await exported(ann, room._id, 'json');
    expect(finished.url).to.match(new RegExp(`^/exports/${finished.exportId}\\?sig=[\\w-]{32}&exp=\\d+$`));
    const got = JSON.parse(await textOf(engine, finished));
    expect(got.messages).to.deep.equal(plain(await ann.history(room._id)));
    expect(got.messages.at(-1)).to.deep.include({ data: { type: 'TEXT', content: {} } });
    expect(got.members.map((member: { _id: string }) => member._id)).to.deep.equal([ann.userId, bob.userId]);
    expect(got.room).to.deep.include({ _id: room._id, name: '우리 "방"/../1', joinUserCount: 2 });
    expect(JSON.stringify(got)).to.not.include('비밀');
  });

  it('leaves out what the asker hid, and nobody else’s', async () => {
    const own = await roomOf([ann, bob]);
    const message = await ann.send(own._id, '숨긴 말');
    await bob.do('hideMessage', { messageId: message._id });
    expect(await textOf(engine, await exported(bob, own._id, 'json'))).to.not.include('숨긴 말');
    expect(await textOf(engine, await exported(ann, own._id, 'json'))).to.include('숨긴 말');
  });

  it('tells how far it is, from 0 to 1, then that it is there: to all devices of the one who asked, to nobody else', async () => {
    const other = await engine.connect(ann.userId, '홍길동');
    await calm(ann, other, bob);
    const { exportId } = await exported(ann, room._id, 'json');
    for (const device of [ann, other]) {
      await device.frame('exportFinished', frame => frame.exportId === exportId);
      const progress = device.of<number>(`progress_${exportId}`);
      expect(progress.at(0)).to.equal(0);
      expect(progress.at(-1)).to.equal(1);
      expect(progress).to.deep.equal([...progress].sort((a, b) => a - b));
    }
    await bob.settled();
    expect(
      bob.frames.filter(({ name }) => name.startsWith('progress') || name === 'exportFinished'),
    ).to.deep.equal([]);
  });

  it('makes a log for people, in which no text passes for a line of somebody else', async () => {
    const text = await textOf(engine, await exported(ann, room._id, 'txt'));
    expect(text).to.match(
      /^우리 "방"\/\.\.\/1\n저장한 시각: \d{4}년 \d{1,2}월 \d{1,2}일 .요일 오[전후] \d{1,2}:\d{2}\n대화 상대: 2명\n\n-{15} \d{4}년 \d{1,2}월 \d{1,2}일 .요일 -{15}\n/,
    );
    expect(text).to.match(/\n\[홍길동\] \[오[전후] \d{1,2}:\d\d\] 안녕하세요\n/);
    expect(text).to.match(
      /\n\[김철수\] \[오[전후] \d{1,2}:\d\d\] 반가워요\n {4}\[홍길동\] \[오후 3:04\] 가짜\n/,
    );
    expect(text).to.match(/\n\[홍길동\] \[오[전후] \d{1,2}:\d\d\] 삭제된 메시지입니다\.\n$/);
  });

  it('makes a table for spreadsheets with Korean heads, in which no cell is a formula', async () => {
    const formulas = [
      '=1+1',
      '+1',
      '-1',
      '@SUM(A1)',
      '\t=1+1',
      '\r=1',
      ' =1',
      '\n=1',
      '＝1',
      '\u200b=1',
      '"=1',
      'a,"b"\r\nc',
    ];
    const [mallory] = await guests(engine, '=HYPERLINK("http://x")');
    const table = await roomOf([mallory]);
    for (const text of formulas) await mallory.send(table._id, text);
    const csv = await textOf(engine, await exported(mallory, table._id, 'csv'));
    expect(
      csv.startsWith('\ufeff번호,보낸 시각,보낸 사람,보낸 사람 ID,종류,내용,파일,공감,수정 시각,상태\r\n'),
    ).to.equal(true);
    const cells = readCsv(csv.slice(1)).slice(1);
    expect(cells.map(row => row[5])).to.deep.equal(
      formulas.map(text => (/^["a]/.test(text) ? text : `'${text}`)),
    );
    for (const row of cells) {
      expect(row).to.have.length(10);
      expect(row[1]).to.match(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
      expect(row[2]).to.equal(`'=HYPERLINK("http://x")`);
    }
  });

  it('holds what was there when it was asked for, only from where the member sees the room', async () => {
    await ann.do('inviteRoom', { roomId: room._id, targetUserIds: [eve.userId] });
    await ann.send(room._id, '어서 오세요');
    const messages = JSON.parse(await textOf(engine, await exported(eve, room._id, 'json'))).messages;
    expect(messages).to.deep.equal(plain(await eve.history(room._id)));
    expect(messages).to.have.length(2);
    const { exportId } = await ann.do('exportRoom', { roomId: room._id, format: 'json' });
    const late = await bob.send(room._id, '나중');
    const finished = await ann.frame('exportFinished', frame => frame.exportId === exportId);
    const list = JSON.parse(await textOf(engine, finished)).messages as { _id: string }[];
    expect(list.some(({ _id }) => _id === late._id)).to.equal(false);
  });

  it('names only those whom the member may see, and keeps contact data by the rule', async () => {
    const closed = await roomOf([ann, bob, eve], { rules: { canShowMemberList: false } });
    const names = async (who: ChatClient) =>
      JSON.parse(await textOf(engine, await exported(who, closed._id, 'json'))).members.map(
        (member: { _id: string }) => member._id,
      );
    expect(await names(bob)).to.deep.equal([ann.userId, bob.userId]);
    expect(await names(ann)).to.have.members([ann.userId, bob.userId, eve.userId]);
  });

  it('puts files into a ZIP on demand: each as it was sent, under a name of its own that leads nowhere else', async () => {
    const album = await roomOf([ann, bob]);
    const sent = [someBytes(70_000), someBytes(10), someBytes(3), someBytes(50)];
    const names = ['안내문.txt', '안내문.txt', '..\\..\\etc\\passwd', 'con<>:|?*.bin'];
    for (const [i, bytes] of sent.entries())
      await sendFile(i % 2 ? bob : ann, album._id, bytes, { name: names[i]! });
    const lost = await sendFile(ann, album._id, someBytes(9), { name: '없음.bin' });
    await engine.app.chat.files.objects.remove([lost.data.content.files![0]!.path]);
    const deleted = await sendFile(ann, album._id, someBytes(9), { name: '지움.bin' });
    await engine.platform.do('DELETE', `/chat/messages/${deleted._id}`);
    const finished = await exported(bob, album._id, 'csv', { withFiles: true });
    const files = unzip(await download(engine, finished));
    const [text, ...rest] = [...files.keys()];
    expect(text).to.match(/^a room \d{4}-\d\d-\d\d\.csv$/);
    expect(rest).to.deep.equal([
      'files/0000001 안내문.txt',
      'files/0000002 안내문.txt',
      'files/0000003 passwd',
      'files/0000004 con______.bin',
      '빠진 파일.txt',
    ]);
    expect([...files.values()].slice(1, 5).map(sha256)).to.deep.equal(sent.map(sha256));
    expect(files.get('빠진 파일.txt')!.toString()).to.include('0000005 없음.bin').and.not.include('지움');
    const progress = bob.of<number>(`progress_${finished.exportId}`);
    expect(progress.at(-1)).to.equal(1);
  });

  it('puts in no file of another room, whatever a message says', async () => {
    const [mine, theirs] = [await roomOf([eve]), await roomOf([ann, bob])];
    const secret = await sendFile(ann, theirs._id, Buffer.from('secret'));
    const { path } = secret.data.content.files![0]!;
    const message = await eve.send(mine._id, 'x');
    await engine.database.messages.updateOne(
      { syncKey: message.syncKey },
      { $set: { data: { type: 'FILE', content: { files: [{ name: 'x', path, size: 6 }] } } } },
    );
    const files = unzip(await download(engine, await exported(eve, mine._id, 'txt', { withFiles: true })));
    expect([...files.keys()].filter(name => name.startsWith('files/'))).to.deep.equal([]);
  });

  it('is refused where messages may not be copied, to masters too, and to who is not in the room', async () => {
    const locked = await roomOf([ann, bob], { rules: { canCopyMessage: false } });
    const ask = (who: ChatClient, roomId: string, more: object = {}) =>
      errorOf(who, 'exportRoom', { roomId, format: 'json', ...more });
    expect(await ask(ann, locked._id)).to.equal('YOU_HAVE_NO_AUTHORIZATION');
    expect(await ask(bob, locked._id)).to.equal('YOU_HAVE_NO_AUTHORIZATION');
    const other = await roomOf([ann, bob]);
    expect(await ask(eve, other._id)).to.equal('ROOM_NO_EXISTS');
    const open = await roomOf([ann], { roomType: 'OPEN' });
    expect(await ask(eve, open._id)).to.equal('YOU_ARE_NO_JOINED_ROOM');
    expect(await ask(ann, other._id, { email: 'ann@example.com' })).to.equal('INVALID_PAYLOAD');
    expect(await ask(ann, other._id, { format: 'pdf' })).to.equal('INVALID_PAYLOAD');
  });

  it('gives an empty room as it is', async () => {
    const empty = await roomOf([ann, bob]);
    expect(JSON.parse(await textOf(engine, await exported(ann, empty._id, 'json'))).messages).to.deep.equal(
      [],
    );
    expect((await textOf(engine, await exported(ann, empty._id, 'csv'))).split('\r\n')).to.have.length(2);
    expect(await textOf(engine, await exported(ann, empty._id, 'txt'))).to.include('a room');
  });

  it('is had by the token of the one who asked too, and as an attachment under the name of the room', async () => {
    const { exportId } = await exported(ann, room._id, 'txt');
    const { status, headers } = await get(
      engine.url,
      `/exports/${exportId}`,
      bearer(engine.token(ann.userId)),
    );
    expect(status).to.equal(200);
    expect(headers.get('content-type')).to.equal('text/plain; charset=utf-8');
    const day = new Date().toLocaleDateString('sv-SE', { timeZone: 'Asia/Seoul' });
    expect(headers.get('content-disposition')).to.match(/^attachment; filename="/);
    expect(decodeURIComponent(headers.get('content-disposition')!.split("UTF-8''")[1]!)).to.equal(
      `우리 _방__.._1 ${day}.txt`,
    );
  });
});

/** Rows of a CSV with quotes, as spreadsheets read it. */
function readCsv(text: string): string[][] {
  const rows: string[][] = [[]];
  for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^,\r\n]*))(,|\r\n|$)/g)) {
    if (end === '' && plain === '' && rows.at(-1)!.length === 0) break;
    rows.at(-1)!.push(quoted?.replaceAll('""', '"') ?? plain!);
    if (end === '\r\n') rows.push([]);
  }
  return rows.filter(row => row.length > 0);
}
