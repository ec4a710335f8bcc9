/** What the command line asks for; options of the real mongod that mean nothing here are accepted. */
export interface Arguments {
  mode: 'serve' | 'version' | 'prepare' | 'prepare-locked';
  port: number;
  dbPath: string;
  hosts: string[];
}

/** Options of mongod that take no value; every other option takes the word after it. */
const FLAGS = new Set([
  '--noauth',
  '--quiet',
  '--journal',
  '--nojournal',
  '--directoryperdb',
  '--ipv6',
  '--nounixsocket',
  '--verbose',
  '--noscripting',
  '--notablescan',
]);

const MODES: Record<string, Arguments['mode']> = {
  '--version': 'version',
  '--prepare': 'prepare',
  '--prepare-locked': 'prepare-locked',
};

/** Options that would change what callers may rely on: better refused than silently ignored. */
const REFUSED: Record<string, string> = {
  '--replSet': 'a replica set (only a standalone server is served)',
  '--auth': 'access control',
  '--configsvr': 'a config server',
  '--shardsvr': 'a shard',
  '--fork': 'going into the background',
};

export function parseArguments(words: readonly string[]): Arguments {
  const result: Arguments = { mode: 'serve', port: 27017, dbPath: '/data/db', hosts: ['127.0.0.1'] };
  for (let i = 0; i < words.length; i++) {
    const [option, inline] = splitWord(words[i] ?? '');
    const mode = MODES[option];
    if (mode) {
      result.mode = mode;
      continue;
    }
    if (REFUSED[option]) throw new Error(`${option}: ${REFUSED[option]} is not supported`);
    if (FLAGS.has(option) || !option.startsWith('--')) continue;
    const value = inline ?? words[++i];
    if (value === undefined) throw new Error(`${option} needs a value`);
    if (option === '--port') result.port = portOf(value);
    if (option === '--dbpath') result.dbPath = value;
    if (option === '--bind_ip') result.hosts = value.split(',').map(host => host.trim());
  }
  return result;
}

function splitWord(word: string): [string, string?] {
  const at = word.indexOf('=');
  return word.startsWith('--') && at > 0 ? [word.slice(0, at), word.slice(at + 1)] : [word];
}

function portOf(value: string): number {
  const port = Number(value);
  if (!Number.isInteger(port) || port < 0 || port > 65535) throw new Error(`--port: ${value} is no port`);
  return port;
}
