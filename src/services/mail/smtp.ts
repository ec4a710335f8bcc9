import { createTransport } from 'nodemailer';
import { MailRefused, type Mailer } from '../../domain/ports.ts';

export interface SmtpOptions {
  /** `smtp://user:password@host:587`, or `smtps://…` */
  url: string;
  from: string;
  /** Patience with a server that does not answer, in milliseconds. */
  timeout?: number;
}

const TIMEOUT = 20_000;

/** Mail over SMTP: a connection per mail, each step of it in a time. */
export function smtpMailer({ url, from, timeout = TIMEOUT }: SmtpOptions): Mailer {
  const transport = createTransport({
    url,
    connectionTimeout: timeout,
    greetingTimeout: timeout,
    socketTimeout: timeout,
    dnsTimeout: timeout,
    // Nothing of a mail is ever taken from a path or an address.
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return {
    async send({ to, subject, text, attachment }) {
      const attachments = attachment
        ? [{ filename: attachment.name, contentType: attachment.mimeType, content: attachment.body }]
        : [];
      try {
        await transport.sendMail({ from, to: { name: '', address: to }, subject, text, attachments });
      } catch (error) {
        throw refusalOf(error) ?? error;
      } finally {
        // A server that never asked for it leaves its file open.
        attachment?.body.destroy();
      }
    },
    close: () => transport.close(),
  };
}

/** A 5xx to the address or to the mail is for good; one to the login is ours to put right. */
function refusalOf(error: unknown): MailRefused | null {
  const { code, responseCode } = error as { code?: unknown; responseCode?: unknown };
  const isAboutMail = code === 'EENVELOPE' || code === 'EMESSAGE';
  return isAboutMail && typeof responseCode === 'number' && responseCode >= 500
    ? new MailRefused(responseCode)
    : null;
}
