import type { Mailer } from '../../domain/ports.ts';
import { logMailer } from './log.ts';
import { smtpMailer } from './smtp.ts';

export interface MailOptions {
  smtpUrl: string | null;
  mailFrom: string;
  production: boolean;
}

/** SMTP where there is a server; else mail is only logged, and in production there is none at all: nobody waits for it. */
export function createMailer(options: MailOptions, tell: (what: string) => void): Mailer | null {
  if (options.smtpUrl !== null) return smtpMailer({ url: options.smtpUrl, from: options.mailFrom });
  return options.production ? null : logMailer(tell);
}
