import { readConfig } from '../src/config.ts';
import { makeToken } from '../src/protocols/kit/dev.ts';
import { readOptions } from './arguments.ts';

const USAGE = `Prints a user token, signed with JWT_SECRET (or with the built-in secret where DEV is on).

  npm run token -- --id u1 [--nick Ann] [--hours 24]`;

const { id, nick, hours } = readOptions(USAGE, ['id', 'nick', 'hours']);
const { tokenKey } = readConfig(process.env);
const lifetime = Number(hours ?? 24) * 3_600;
if (!id || !(lifetime > 0)) {
  console.error(USAGE);
  process.exit(2);
}
if (!('secret' in tokenKey)) {
  console.error('Tokens for JWT_PUBLIC_KEY are signed by whoever has the private key.');
  process.exit(1);
}
const user = { id, ...(nick === undefined ? {} : { nickName: nick }) };
console.log(makeToken(tokenKey.secret, user, Math.floor(lifetime)));
