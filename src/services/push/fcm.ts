import { readFileSync } from 'node:fs';
import type { Agent } from 'node:https';
import { cert, deleteApp, initializeApp, type Credential, type ServiceAccount } from 'firebase-admin/app';
import { getMessaging, type Message } from 'firebase-admin/messaging';
import type { PushMessage, PushOutcome, PushSender, PushTarget } from '../../domain/ports.ts';

export interface FcmOptions {
  /** `FIREBASE_CREDENTIALS`: the JSON of a service account, or the path of a file with it. */
  credentials?: string;
  /** For tests: instead of the service account. */
  projectId?: string;
  credential?: Credential;
  httpAgent?: Agent;
  /** HTTP/1.1, which is the only way that goes through an agent. */
  legacyTransport?: boolean;
}

/** More than about 200 at once end the library's HTTP/2 session. */
const MAX_BATCH = 100;
/** A message is no news after a day, in seconds. */
const TTL = 86_400;

/** It will never work again: the app was removed, or what was registered was never a token. */
const GONE = ['messaging/registration-token-not-registered', 'messaging/invalid-registration-token'];
/** The provider's trouble, or the network's. */
const LATER = [
  'messaging/internal-error',
  'messaging/server-unavailable',
  'messaging/unknown-error',
  'messaging/message-rate-exceeded',
  'messaging/device-message-rate-exceeded',
  'messaging/authentication-error',
];

let apps = 0;

/** Push over Firebase Cloud Messaging. Throws, without a word of the credentials, when these cannot be used. */
export function fcmSender(options: FcmOptions): PushSender {
  const account = options.credentials === undefined ? null : readAccount(options.credentials);
  const credential = options.credential ?? (account ? cert(account) : undefined);
  const projectId = options.projectId ?? account?.projectId;
  const app = initializeApp(
    {
      ...(credential ? { credential } : {}),
      ...(projectId === undefined ? {} : { projectId }),
      ...(options.httpAgent ? { httpAgent: options.httpAgent } : {}),
    },
    `madang-${++apps}`,
  );
  const messaging = getMessaging(app);
  // Its HTTP/2 ignores the agent.
  if (options.legacyTransport || options.httpAgent) messaging.enableLegacyHttpTransport();
  return {
    maxBatch: MAX_BATCH,
    async send(batch) {
      const { responses } = await messaging.sendEach(batch.map(fcmMessage));
      return responses.map(({ success, error }) => (success ? { kind: 'ok' } : outcomeOf(error)));
    },
    close: () => deleteApp(app),
  };
}

function readAccount(credentials: string): ServiceAccount {
  try {
    const json = credentials.trimStart().startsWith('{') ? credentials : readFileSync(credentials, 'utf8');
    const {
      project_id: projectId,
      client_email: clientEmail,
      private_key: privateKey,
    } = JSON.parse(json) as Record<string, string>;
    if (!projectId || !clientEmail || !privateKey) throw new Error('incomplete');
    return { projectId, clientEmail, privateKey };
  } catch {
    throw new Error(
      'FIREBASE_CREDENTIALS must be the JSON of a service account, or the path of a file with it',
    );
  }
}

function outcomeOf(error: { code: string; message: string } | undefined): PushOutcome {
  const reason = error?.code ?? 'messaging/unknown-error';
  // "Invalid argument" means a bad token or a message that is too big: only the former says so.
  const isBadToken = reason === 'messaging/invalid-argument' && /registration token/i.test(error!.message);
  if (GONE.includes(reason) || isBadToken) return { kind: 'gone', reason };
  return {
    kind:
      LATER.includes(reason) || reason.startsWith('messaging/app/') || reason.startsWith('app/')
        ? 'retry'
        : 'refused',
    reason,
  };
}

/** What a tap needs, as strings. */
const dataOf = ({ type, roomId, messageId, badge }: PushMessage) => ({
  type,
  roomId,
  messageId,
  badge: String(badge),
});

/**
 * One shown message per room: a newer one takes the place of the one before by its tag (Android, web) or collapse id
 * (APNs). No `collapse_key`: FCM keeps four of them per device, and which ones is up to it.
 */
export function fcmMessage({ token, message }: PushTarget): Message {
  const { roomId, badge } = message;
  const data = dataOf(message);
  if (message.type === 'RETRACT') {
    return {
      token,
      data,
      android: { priority: 'high', ttl: TTL * 1000 },
      apns: {
        headers: {
          'apns-push-type': 'background',
          'apns-priority': '5',
          'apns-collapse-id': roomId,
        },
        payload: { aps: { contentAvailable: true } },
      },
      webpush: { headers: { TTL: String(TTL), Urgency: 'normal' } },
    };
  }
  const { title, body } = message;
  return {
    token,
    data,
    notification: { title, body },
    android: {
      priority: 'high',
      ttl: TTL * 1000,
      notification: { tag: roomId, notificationCount: badge, sound: 'default' },
    },
    apns: {
      headers: { 'apns-push-type': 'alert', 'apns-priority': '10', 'apns-collapse-id': roomId },
      payload: { aps: { badge, sound: 'default', threadId: roomId } },
    },
    webpush: { headers: { TTL: String(TTL), Urgency: 'high' }, notification: { title, body, tag: roomId } },
  };
}
