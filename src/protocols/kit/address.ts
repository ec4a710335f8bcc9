import type { IncomingMessage } from 'node:http';
import proxyAddr from 'proxy-addr';

/** Tells who is at the other end; `X-Forwarded-For` counts only from the trusted proxies. */
export type AddressOf = (request: IncomingMessage) => string;

export function addressReader(trustedProxies: readonly string[]): AddressOf {
  const trust = proxyAddr.compile([...trustedProxies]);
  return request => proxyAddr(request, trust) ?? '';
}

/** Whether a browser page of this origin may connect; no Origin at all (native apps) always may. */
export function originChecker(allowed: readonly string[] | 'any'): (origin: string | undefined) => boolean {
  if (allowed === 'any') return origin => origin !== 'null';
  const set = new Set(allowed);
  return origin => origin === undefined || set.has(origin);
}
