import type { Readable } from 'node:stream';

export interface Mail {
  /** One address, checked. */
  to: string;
  subject: string;
  text: string;
  attachment: MailAttachment | null;
}

export interface MailAttachment {
  name: string;
  mimeType: string;
  body: Readable;
}

/** The server will never take this mail (such an address is not there): trying again changes nothing. */
export class MailRefused extends Error {
  /** The server's answer, such as 550. */
  readonly status: number;

  constructor(status: number) {
    super(`the mail server refused with ${status}`);
    this.name = 'MailRefused';
    this.status = status;
  }
}

/** Sends mail. Resolves once a server has taken it; throws MailRefused, or anything else when it may be tried again. */
export interface Mailer {
  send(mail: Mail): Promise<void>;
  close(): void;
}
