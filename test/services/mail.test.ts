import { expect } from 'chai';
import { createServer, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import { MailRefused, type Mail } from '../../src/domain/ports.ts';
import { createMailer } from '../../src/services/mail/index.ts';
import { smtpMailer } from '../../src/services/mail/smtp.ts';
import { partsOf, postOffice, quietPort } from '../helpers/exports.ts';

const aMail = (more: Partial<Mail> = {}): Mail => ({
  to: 'ann@example.com',
  subject: '[대화 내보내기] 우리 방',
  text: '안녕하세요',
  attachment: null,
  ...more,
});

const failureOf = (sending: Promise<void>): Promise<Error> =>
  sending.then(
    () => {
      throw new Error('it was sent');
    },
    (error: Error) => error,
  );

describe('mail over SMTP', () => {
  it('logs in and sends Korean text and a file as they are', async () => {
    const office = await postOffice();
    const mailer = smtpMailer({ url: office.url, from: '마당 <no-reply@madang.example>' });
    const bytes = Buffer.from('파일 내용'.repeat(50_000));
    const attachment = {
      name: '우리 방.txt',
      mimeType: 'text/plain; charset=utf-8',
      body: Readable.from([bytes]),
    };
    await mailer.send(aMail({ attachment }));
    const [letter] = office.letters as [(typeof office.letters)[number]];
    expect([letter.from, letter.to]).to.deep.equal(['no-reply@madang.example', ['ann@example.com']]);
    const subject = /^Subject: ((?:.*\r?\n[ \t])*.*)/m.exec(letter.raw)![1]!;
    const words = [...subject.matchAll(/=\?UTF-8\?B\?([^?]+)\?=/g)].map(([, word]) =>
      Buffer.from(word!, 'base64'),
    );
    expect(Buffer.concat(words).toString()).to.equal('[대화 내보내기] 우리 방');
    const parts = partsOf(letter);
    expect(parts.some(part => part.toString().trim() === '안녕하세요')).to.equal(true);
    expect(parts.some(part => part.equals(bytes))).to.equal(true);
    expect(attachment.body.destroyed).to.equal(true);
    mailer.close();
    await office.close();
  });

  it('sends to one address, whatever is written in it', async () => {
    const office = await postOffice();
    const mailer = smtpMailer({ url: office.url, from: 'no-reply@madang.example' });
    for (const to of ['ann@example.com, eve@example.com', 'ann@example.com\r\nBcc: eve@example.com'])
      await mailer.send(aMail({ to, subject: 'x\r\nBcc: eve@example.com' })).catch(() => undefined);
    for (const { to, raw } of office.letters) {
      expect(to).to.not.include('eve@example.com');
      expect(raw).to.not.match(/^Bcc:/im);
    }
    mailer.close();
    await office.close();
  });

  it('tells a refusal for good from what may pass', async () => {
    const refuse = (status: number) => (_address: unknown, _session: unknown, done: (error: Error) => void) =>
      done(Object.assign(new Error('no'), { responseCode: status }));
    for (const [status, isFinal] of [
      [550, true],
      [451, false],
    ] as const) {
      const office = await postOffice({ onRcptTo: refuse(status) });
      const mailer = smtpMailer({ url: office.url, from: 'no-reply@madang.example' });
      const body = Readable.from([Buffer.from('x')]);
      const error = await failureOf(
        mailer.send(aMail({ attachment: { name: 'x', mimeType: 'text/plain', body } })),
      );
      expect(error instanceof MailRefused, String(status)).to.equal(isFinal);
      expect(body.destroyed).to.equal(true);
      mailer.close();
      await office.close();
    }
  });

  it('takes a wrong login, and a server that is down, for something that may be tried again', async () => {
    const office = await postOffice();
    const mailer = smtpMailer({ url: office.url.replace('secret', 'wrong'), from: 'a@madang.example' });
    expect(await failureOf(mailer.send(aMail()))).to.not.be.instanceOf(MailRefused);
    mailer.close();
    await office.close();
    const absent = smtpMailer({ url: `smtp://127.0.0.1:${await quietPort()}`, from: 'a@madang.example' });
    expect(await failureOf(absent.send(aMail()))).to.not.be.instanceOf(MailRefused);
    absent.close();
  });

  it('does not wait for ever for a server that says nothing, or stops in the middle', async () => {
    const sockets: Socket[] = [];
    for (const greeting of ['', '220 hello\r\n']) {
      const server = createServer(socket => {
        sockets.push(socket.on('error', () => undefined));
        socket.write(greeting);
      });
      const port = await new Promise<number>(resolve =>
        server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port)),
      );
      const mailer = smtpMailer({ url: `smtp://127.0.0.1:${port}`, from: 'a@madang.example', timeout: 200 });
      expect(await failureOf(mailer.send(aMail()))).to.not.be.instanceOf(MailRefused);
      mailer.close();
      sockets.forEach(socket => socket.destroy());
      await new Promise(resolve => server.close(resolve));
    }
  });
});

describe('mail without a server', () => {
  it('is logged in development, with nothing of its text and half of its address', async () => {
    const lines: string[] = [];
    const mailer = createMailer({ smtpUrl: null, mailFrom: 'x', production: false }, line =>
      lines.push(line),
    )!;
    const body = Readable.from([Buffer.from('12345')]);
    await mailer.send(aMail({ attachment: { name: '비밀.txt', mimeType: 'text/plain', body } }));
    mailer.close();
    expect(lines).to.have.length(1);
    expect(lines[0]).to.include('a***@example.com').and.include('5 bytes');
    expect(lines[0]).to.not.match(/비밀|안녕|우리|ann/);
  });

  it('is not there in production', () => {
    expect(createMailer({ smtpUrl: null, mailFrom: 'x', production: true }, () => undefined)).to.equal(null);
  });
});
